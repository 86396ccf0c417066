#!/bin/sh
# Stands for docker, terraform, git and node, by the name it is called under. What they know is in files of $FAKE_WORLD.
world=$FAKE_WORLD
name=$(basename "$0")
echo "$name $*" >>"$world/asked"

# The run that asked for this is killed, as by a crash; this goes on, as Terraform does.
die() {
  [ "$(cat "$world/kill" 2>/dev/null)" = "$1" ] || return 0
  rm "$world/kill"
  kill -9 "$PPID"
}

sample() {
  echo "{\"data\":{\"result\":[{\"value\":[0,\"$(cat "$world/sample-$1")\"]}]}}"
}

prometheus() {
  case $1 in
    *status*) sample failedRequests ;;
    *http_requests_total*) sample requests ;;
    *quantile*) sample p99Seconds ;;
    *process_start*) sample restarts ;;
    *oldest_waiting*) sample oldestJobSeconds ;;
    *) sample jobs ;;
  esac
}

inside() {
  case "$*" in
    *"db migrations"*) cat "$world/told" ;;
    *"apikey create"*) echo sk_abcdefghijkl_secret ;;
    *wget*) eval "prometheus \"\${$#}\"" ;;
  esac
}

case "$name $*" in
  "terraform apply"*)
    stack=$(basename "$PWD")
    die "$stack"
    if [ "$(cat "$world/failing" 2>/dev/null)" = "$stack" ] && grep -q "$(cat "$world/broken")" cdk.tf.json; then
      echo "Error: the container ended with status 1"
      exit 1
    fi
    echo "$stack" $(grep -o '"name":"app:[a-z-]*"' cdk.tf.json) >>"$world/applied"
    ;;
  "terraform version"*) echo '{"terraform_version":"1.14.0"}' ;;
  "docker version"* | "docker --version"*) echo 28.0.1 ;;
  "docker start"*) echo "$@" >>"$world/started" ;;
  "docker info"*SystemTime*) date -u +%Y-%m-%dT%H:%M:%SZ ;;
  "docker info"*)
    echo "{\"ServerVersion\":\"28.0.1\",\"OSType\":\"$(cat "$world/system")\",\"DockerRootDir\":\"/nowhere\"}"
    ;;
  "docker ps"*) printf 'stock-analysis-gateway\t127.0.0.1:%s->8080/tcp\n' "$(cat "$world/port")" ;;
  "docker image ls"*) printf 'app:%s\n' first second third ;;
  "docker exec"*) inside "$@" ;;
  "docker container inspect --format"*) echo sha256:1 ;;
  "docker image inspect"*RepoDigests*) cat "$world/digests" ;;
  "docker container inspect"*)
    shift 2
    printf '['
    for each; do
      grep -qx "$each" "$world/missing" 2>/dev/null && echo "No such container: $each" >&2 && continue
      printf '%s{"Name":"/%s","Config":{"Image":"one"},"RestartCount":0,"State":{"Status":"running"}}' "$comma" "$each"
      comma=,
    done
    printf ']'
    ;;
  "git rev-parse"*) echo 0123456789abcdef0123456789abcdef01234567 ;;
  "git status"*) cat "$world/uncommitted" 2>/dev/null ;;
  *main.ts) [ "$CDKTF_OUTDIR" = "$PWD/cdktf.out" ] || cp -R cdktf.out/. "$CDKTF_OUTDIR" ;;
  *compare-plans*) cat "$world/plans" ;;
  *write-plans*)
    [ ! -e "$world/unplannable" ] || {
      echo "no plans" >&2
      exit 1
    }
    ;;
esac
exit 0
