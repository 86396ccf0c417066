#!/bin/sh
# Stands for docker and for terraform, by the name it is called under. What they know is in files of $FAKE_WORLD, lists a line for each.
world=$FAKE_WORLD
name=${0##*/}
echo "$name $*" >>"$world/asked"

read_all() {
  cat "$world/$1" 2>/dev/null
}

fail() {
  printf '%s' "$1" >&2
  exit 1
}

# The names in a text of Terraform, one a line.
names() {
  grep -o '"name":"[^"]*"' | cut -d '"' -f 4
}

add() {
  sort -u "$world/$1" - -o "$world/$1"
}

apply() {
  stack=${PWD##*/}
  [ "$(read_all failing)" = "$stack" ] && fail 'Error: the registry does not answer'
  sed 's/"docker_volume".*//' cdk.tf.json | names | add containers
  sed -n 's/.*"docker_volume"//p' cdk.tf.json | names | add volumes
  echo "$stack" >>"$world/applied"
}

# What `stockops` in the workload of backups says, after whether it is well.
answer() {
  echo "{\"schemaVersion\":1,\"ok\":$1,$2}"
  [ "$1" = true ]
}

list_copies() {
  moment=$(read_all moment)
  sed "s/.*/{\"id\":\"&\",\"state\":\"verified\"${moment:+,\"snapshotAt\":\"$moment\"}}/" "$world/copies" | paste -sd , -
}

compare() {
  rows=$(read_all rows)
  case "$rows $*" in
    "42 "* | *--tables*) ok=true ;;
    *) ok=false ;;
  esac
  answer $ok "\"tables\":$((rows > 0)),\"rows\":$rows"
}

restore() {
  if [ "$1" = --time ]; then
    printf '%s' "$2" >"$world/moment"
    echo 20261126T033000Z-0f0f0f >>"$world/copies"
  fi
  echo 42 >"$world/rows"
  echo $(($(read_all restored) + 1)) >"$world/restored"
  answer true '"seconds":0.1'
}

stockops() {
  case "$*" in
    "backup list"*) answer true "\"copies\":[$(list_copies)]" ;;
    "backup receive-points"*)
      tar --list --file - >"$world/received"
      answer true "\"files\":$(wc -l <"$world/received")"
      ;;
    "backup receive "*)
      cat >/dev/null
      echo "$3" >>"$world/copies"
      answer true '"state":"verified"'
      ;;
    "restore compare"*) compare "$@" ;;
    "restore forget"*) answer true '"dropped":["stock_before_a_day"]' ;;
    *)
      shift
      restore "$@"
      ;;
  esac
}

inspect() {
  separator=
  printf '['
  for each; do
    grep -qx "$each" "$world/containers" || continue
    printf '%s{"Name":"/%s","State":{"Status":"running"}}' "$separator" "$each"
    separator=,
  done
  printf ']'
}

inside() {
  case "$*" in
    "stockops "*)
      shift
      stockops "$@"
      ;;
    *create*) echo sk_abcdefghijkl_secret ;;
  esac
}

case "$name $*" in
  "terraform apply"*) apply ;;
  "docker version"*)
    [ -e "$world/away" ] && fail 'Cannot connect'
    echo 28
    ;;
  "docker container ls"*) read_all containers ;;
  "docker volume"*) read_all volumes ;;
  "docker container inspect"*)
    shift 2
    inspect "$@"
    ;;
  "docker exec -i"*)
    shift 3
    inside "$@"
    ;;
  "docker exec"*)
    shift 2
    inside "$@"
    ;;
esac
