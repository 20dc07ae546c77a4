#!/usr/bin/env bash
# Installs an example on a cluster, upgrades it and removes it again, and shows each command before it runs.
#
#   examples/tour.sh [RUKPAKCTL]
#
# The cluster is that of $KUBECONFIG; `make tour` starts one for it.
set -euo pipefail
cd "$(dirname "$0")/.."
rukpakctl=$(realpath "${1:-target/release/rukpakctl}")

show() {
  printf '\n$ rukpakctl %s\n' "$*" >&2
  "$rukpakctl" "$@"
}

show apply hello examples/bundles/hello-operator --wait
show tree hello
# It exits with 1, since there are differences.
show diff hello examples/bundles/hello-operator-v0.2.0 || [ $? -eq 1 ]
show apply hello examples/bundles/hello-operator-v0.2.0 --wait
show get
show delete hello
