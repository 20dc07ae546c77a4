#!/usr/bin/env bash
# Runs both provisioners on a cluster, as processes of this host with the rights of the shipped manifests; installs two examples by
# BundleDeployments, waits until they are healthy, and shows them.
#
#   examples/run.sh FOLDER_OF_BINARIES FOLDER_OF_TOOLS
#
# The cluster is that of $KUBECONFIG; `make run` starts one where none is set. On a terminal it stays until ^C.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(realpath "$1")
tools=$(realpath "$2")
state=$(mktemp -d "${TMPDIR:-/tmp}/rukpak-run.XXXXXX")
port=${REGISTRY_PORT:-5000}
started=()

# What was started here ends with it, and nothing else does.
end() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$state"
}
trap end EXIT
trap 'exit 130' INT TERM

step() { printf '\n==> %s\n' "$*" >&2; }
show() {
  printf '\n$ %s\n' "$*" >&2
  PATH="$programs:$tools:$PATH" "$@"
}
quiet() { PATH="$programs:$tools:$PATH" "$@" >/dev/null; }

# start NAME COMMAND...: in the background, its output in a file of its own
start() {
  local name=$1
  shift
  setpriv --pdeathsig KILL "$@" >"$state/$name.log" 2>&1 &
  started+=($!)
}

# failed NAME: why something that was started did not come up
failed() {
  printf 'the %s does not come up; it says:\n' "$1" >&2
  tail -n 20 "$state/$1.log" >&2
  exit 1
}

# Another one that listens there would be taken for ours.
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  echo "something listens on 127.0.0.1:$port already; \$REGISTRY_PORT names another port for the registry" >&2
  exit 1
fi

# Provisioners that work there would be scaled away, and their rights be others: whoever tries this out does not mean that.
for name in provisioner-registry-v1 provisioner-plain; do
  there=$(PATH="$tools:$PATH" kubectl get deployments --all-namespaces --field-selector "metadata.name=$name" \
    -o jsonpath='{range .items[?(@.spec.replicas>0)]}{.metadata.namespace}{"\n"}{end}' | head -n 1)
  if [ -n "$there" ]; then
    cat >&2 <<EOF
the cluster of \$KUBECONFIG has provisioners already (Deployment $name in the namespace $there); nothing was changed. Use those:

  rukpakctl run hello examples/bundles/hello-operator --system-namespace $there

or unset KUBECONFIG, for a control plane of its own. To let processes of this host take their place, with the rights of
manifests/overlays/cluster-wide, scale both Deployments to 0 first.
EOF
    exit 1
  fi
done

step "installing the definition, the rights and the Deployments of manifests/overlays/cluster-wide"
quiet kubectl apply --server-side --force-conflicts -k manifests/overlays/cluster-wide
quiet kubectl wait --for=condition=Established crd/bundledeployments.core.rukpak.io --timeout=60s
# The processes of this host do the work of the Pods.
quiet kubectl scale --replicas=0 -n rukpak-system deployment/provisioner-registry-v1 deployment/provisioner-plain

step "starting a registry on 127.0.0.1:$port"
cat >"$state/registry.yml" <<EOF
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $state/registry}}
http: {addr: 127.0.0.1:$port}
EOF
start registry "$tools/registry" serve "$state/registry.yml"
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 "${started[-1]}" 2>/dev/null || failed registry
  sleep 0.1
done

step "starting both provisioners, with the rights of their ServiceAccounts"
server=$(PATH="$tools:$PATH" kubectl config view --minify -o jsonpath={.clusters[0].cluster.server})
for name in provisioner-registry-v1 provisioner-plain; do
  kubeconfig="$state/$name.kubeconfig"
  (
    umask 077
    PATH="$tools:$PATH" kubectl config view --raw --minify --flatten >"$kubeconfig"
    token=$(PATH="$tools:$PATH" kubectl create token "$name" -n rukpak-system --duration=24h)
    export KUBECONFIG=$kubeconfig PATH="$tools:$PATH"
    kubectl config set-credentials "$name" --token="$token" >/dev/null
    kubectl config set-context --current --user="$name" >/dev/null
  )
  start "$name" "$programs/$name" --kubeconfig "$kubeconfig" --cache-dir "$state/cache" --http-bind-address 127.0.0.1:0
done

step "pushing two bundles"
show rukpakctl push examples/bundles/hello-operator "127.0.0.1:$port/hello-operator:v0.1.0"
show rukpakctl push examples/bundles/plain-web "127.0.0.1:$port/plain-web:v1"

step "installing them on $server"
for example in hello web; do
  sed "s|127.0.0.1:5000|127.0.0.1:$port|" "examples/deployments/$example.yaml" >"$state/$example.yaml"
  printf '\n$ kubectl apply -f examples/deployments/%s.yaml\n' "$example" >&2
  PATH="$tools:$PATH" kubectl apply -f "$state/$example.yaml"
done
for example in hello web; do
  show rukpakctl wait "$example" || { for name in provisioner-registry-v1 provisioner-plain; do tail -n 20 "$state/$name.log" >&2; done; exit 1; }
done
show kubectl get bundledeployments -o wide
show rukpakctl tree hello

clean_up() {
  cat >&2 <<EOF

  A control plane of its own goes with all that is in it. In a cluster of yours it stays. While the provisioners run, which give back
  what they have installed:

  kubectl delete bd hello web

  and after that

  kubectl delete -k manifests/overlays/cluster-wide
EOF
}

[ -t 0 ] || { clean_up; step "done; on a terminal, or with \`make run </dev/tty\`, it would stay"; exit 0; }
cat >&2 <<EOF

==> It stays until you press ^C. In another terminal:

  export KUBECONFIG=${KUBECONFIG:-$HOME/.kube/config} PATH=$programs:$tools:\$PATH
  kubectl get bd -o wide
  rukpakctl tree web
  kubectl delete deployment -n hello-system --all        # it comes back
  rukpakctl push examples/bundles/hello-operator-v0.2.0 127.0.0.1:$port/hello-operator:v0.2.0
  kubectl patch bd hello --type merge -p '{"spec":{"source":{"image":{"ref":"127.0.0.1:$port/hello-operator:v0.2.0"}}}}'
  kubectl delete bd hello

  The provisioners' logs are in $state
EOF
clean_up
wait "${started[@]}"
