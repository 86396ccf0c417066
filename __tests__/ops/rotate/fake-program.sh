#!/bin/sh
# Stands for docker, terraform, git and node, by the name it is called under, and within a container for psql. What they know is in
# files of $FAKE_WORLD.
world=$FAKE_WORLD
name=$(basename "$0")
echo "$name $*" >>"$world/asked"

revision() {
  sed -n 's/.*app: \([0-9]*\).*/\1/p' config/environments/local.ts | grep . || echo 1
}

# Stacks as they are described at the revision of the environment's file.
synthesize() {
  now=$(revision)
  for each in "$world"/stacks/*; do
    sed "s/@REVISION@/$now/g" "$each" >"$CDKTF_OUTDIR/stacks/local-$(basename "$each")/cdk.tf.json"
  done
}

# Odd revisions have the first folder, even ones the second.
write_secrets() {
  now=$(revision)
  suffix=-second
  [ $((now % 2)) = 0 ] || suffix=
  folder=.local/secrets/local/postgres-app$suffix
  mkdir -p "$folder"
  [ -s "$folder/password" ] && [ "$(cat "$world/made" 2>/dev/null)" = "$now" ] && return
  printf 'text-of-%s' "$now" >"$folder/password"
  echo "$now" >"$world/made"
}

# What runs in a container has its memory, and the programs that are there.
in_container() {
  shift 3
  shell=$1
  script=$(printf '%s' "$3" | sed "s#/dev/shm#$world/shm#g")
  shift 3
  exec "$shell" -c "$script" "$@"
}

case "$name $*" in
  *"main.ts") synthesize ;;
  *write-secret-files*) write_secrets ;;
  *compare-plans*) cat "$world/plans" ;;
  *write-plans*) revision >>"$world/planned" ;;
  "terraform apply"*) echo "$(basename "$PWD") $(grep -o 'app@[0-9]*' cdk.tf.json)" >>"$world/applied" ;;
  "docker version"*) echo 28 ;;
  "docker exec -i"*) in_container "$@" ;;
  "docker exec"*"sh -c"*) in_container exec "$@" ;;
  "docker exec"*" rm -f "*) rm -f "$world/shm/stockops-rotated" ;;
  "docker container inspect"*)
    shift 2
    printf '['
    for each; do
      printf '%s{"Name":"/%s","State":{"Status":"running"}}' "$comma" "$each"
      comma=,
    done
    printf ']'
    ;;
  "psql "*)
    suffix=-second
    [ "$5" = stock_app_2 ] || suffix=
    [ "$(cut -d: -f5 "$PGPASSFILE")" = "$(cat "$FAKE_ROOT/.local/secrets/local/postgres-app$suffix/password")" ] && echo yes
    ;;
  "git rev-parse"*) cat "$world/commit" ;;
  "git diff"*) exit "$(cat "$world/dirty" 2>/dev/null || echo 0)" ;;
esac
exit 0
