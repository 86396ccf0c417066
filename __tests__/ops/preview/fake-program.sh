#!/bin/sh
# Stands for kubectl, terraform, git, node and docker, by the name it is called under. The cluster is files of $FAKE_WORLD.
world=$FAKE_WORLD
name=${0##*/}
echo "$name $*" >>"$world/asked"

# One writer at a time, as with the API server.
put() {
  until mkdir "$world/writing" 2>/dev/null; do :; done
  trap 'rmdir "$world/writing"' EXIT
  cat >"$world/given"
  map=$world/maps/$(sed -n 's/^{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\([^"]*\)".*/\1/p' "$world/given")
  read_version=$(sed -n 's/.*"resourceVersion":"\([0-9]*\)"},"data".*/\1/p' "$world/given")
  if [ "$1" = create ] && [ -f "$map" ]; then
    echo 'Error from server (AlreadyExists)' >&2
    exit 1
  fi
  if [ "$1" = replace ] && ! grep -qs "\"resourceVersion\":\"$read_version\"},\"data\"" "$map"; then
    echo 'Error from server (Conflict)' >&2
    exit 1
  fi
  version=$(($(cat "$world/version" 2>/dev/null || echo 0) + 1))
  echo $version >"$world/version"
  sed "s/,\"resourceVersion\":\"[0-9]*\"},\"data\"/},\"data\"/; s/},\"data\"/,\"resourceVersion\":\"$version\"},\"data\"/" "$world/given" >"$map"
}

# All files that have a text, as the items of a list.
items() {
  printf '{"items":['
  for each in $(grep -sl -- "$1" "$2"/*); do
    printf '%s' "$comma"
    cat "$each"
    comma=,
  done
  printf ']}'
}

label() {
  printf '"stockanalysis.com/preview":"%s"' "${1#*=}"
}

kubectl() {
  [ "$1" != --kubeconfig ] || shift 2
  case "$*" in
    "create configmap stockops-clock"*) cat "$world/clock" ;;
    "create -f -" | "replace -f -") put "$1" ;;
    "get configmap "*) cat "$world/maps/$3" 2>/dev/null ;;
    "get configmaps -n state -l stockanalysis.com/environment,"*) items stockops "$world/maps" ;;
    "get configmaps -n state -l stockanalysis.com/environment="*) items "\"stockanalysis.com/environment\":\"${6#*=}\"" "$world/maps" ;;
    "delete configmap "*)
      shift 2
      for each; do rm -f "$world/maps/$each"; done
      ;;
    "get namespaces -l stockanalysis.com/preview -o json") items '"stockanalysis.com/preview"' "$world/namespaces" ;;
    "get namespaces -l "*) items "$(label "$4")" "$world/namespaces" ;;
    "get namespace "*" -o json") cat "$world/namespaces/$3" 2>/dev/null ;;
    "get namespace "*" -o name") [ ! -f "$world/namespaces/$3" ] || echo "namespace/$3" ;;
    "get namespace,clusterrole,"*)
      for each in $(grep -sl -- "$(label "$4")" "$world"/namespaces/*); do echo "namespace/${each##*/}"; done
      ;;
    "delete namespace/"*) rm "$world/namespaces/${2#namespace/}" ;;
    "get deployment "*) cat "$world/deployments" ;;
    "port-forward"*)
      echo "Forwarding from 127.0.0.1:$(cat "$world/port") -> 8080"
      exec sleep 60
      ;;
    *"apikey create"*) echo sk_abcdefghijkl_secret ;;
  esac
}

terraform() {
  [ "$1" = apply ] || [ "$1" = destroy ] || return 0
  stack=${PWD##*/}
  if [ "$(cat "$world/failing" 2>/dev/null)" = "$1 $stack" ]; then
    echo "Error: the cluster refused it"
    exit 1
  fi
  echo "$1 $stack" >>"$world/did"
  [ "${stack##*-}" = platform ] || return 0
  if [ "$1" = apply ]; then
    cp "$world/described/${stack%-platform}/namespace" "$world/namespaces/stock-analysis-${stack%-platform}"
  else
    rm -f "$world/namespaces/stock-analysis-${stack%-platform}"
  fi
}

synthesize() {
  echo "$PREVIEW $APPLICATION_IMAGE" >>"$world/synthesized"
  described=$world/described/$ENVIRONMENT
  if [ ! -d "$described" ]; then
    echo "there is no environment '$ENVIRONMENT'" >&2
    exit 1
  fi
  until=$(echo "$PREVIEW" | sed -n 's/.*"until":"\([^"]*\)".*/\1/p')
  printf '{"metadata":{"name":"stock-analysis-%s","labels":{%s},"annotations":{"janitor/expires":"%s"}}}' \
    "$ENVIRONMENT" "$(label "$ENVIRONMENT")" "$until" >"$described/namespace"
  mkdir -p "$CDKTF_OUTDIR"
  cp -r "$described/." "$CDKTF_OUTDIR"
}

case $name in
  kubectl) kubectl "$@" ;;
  terraform) terraform "$@" ;;
  node) synthesize ;;
  git) echo 0123456789abcdef0123456789abcdef01234567 ;;
esac
exit 0
