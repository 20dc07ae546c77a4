//! Examples that stand below the flags in `--help`.

pub(super) const EXAMPLES: &str = "\
Examples:
  rukpakctl render ./bundle | kubectl apply --server-side -f -
  rukpakctl validate --strict ./bundle
  rukpakctl inspect docker://quay.io/operatorhubio/grafana-operator:v5.24.0

Exit codes:
  0  done
  1  failed
  2  wrong usage";

pub(super) const RENDER_EXAMPLES: &str = "\
Examples:
  # Install into the namespace that the bundle suggests, and watch all namespaces
  rukpakctl render ./bundle

  # Watch two namespaces, and let cert-manager issue the certificates of webhooks
  rukpakctl render ./bundle --watch-namespace team-a --watch-namespace team-b \\
      --cert-provider cert-manager

  # A bundle image, the names of its objects alone
  rukpakctl render docker://registry.example.com/bundle:v1 -o name";

pub(super) const VALIDATE_EXAMPLES: &str = "\
Examples:
  rukpakctl validate ./bundle
  rukpakctl validate --strict -o json bundle.tgz
  tar -cz -C bundle . | rukpakctl validate -";

pub(super) const INSPECT_EXAMPLES: &str = "\
Examples:
  rukpakctl inspect ./bundle
  rukpakctl inspect -o json oci-archive:bundle.tar";

pub(super) const COMPLETION_EXAMPLES: &str = "\
Examples:
  source <(rukpakctl completion bash)
  rukpakctl completion fish > ~/.config/fish/completions/rukpakctl.fish";

pub(super) const UNPACK_EXAMPLES: &str = "\
Examples:
  rukpakctl unpack docker://registry.example.com/bundle:v1 --to ./bundle
  rukpakctl unpack docker-archive:saved.tar --to ./bundle";

pub(super) const PULL_EXAMPLES: &str = "\
Examples:
  # The image as it is, with all its layers, for a place without a network
  rukpakctl pull docker://registry.example.com/bundle:v1 --to oci-archive:bundle.tar

  # Into a layout that holds several images, under a name
  rukpakctl pull docker://registry.example.com/bundle:v1 --to oci:images:v1

  # The bundle's files alone, as `unpack` does
  rukpakctl pull docker://registry.example.com/bundle:v1 --to ./bundle";

pub(super) const PUSH_EXAMPLES: &str = "\
Examples:
  # Build a bundle image, the same bytes each time, and print its name by digest
  rukpakctl push ./bundle registry.example.com/bundle:v1

  # Copy an image as it is
  rukpakctl push oci-archive:bundle.tar registry.example.com/bundle:v1";
