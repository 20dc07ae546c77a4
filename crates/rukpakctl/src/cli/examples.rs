//! Examples that stand below the flags in `--help`.

pub(super) const EXAMPLES: &str = "\
Examples:
  rukpakctl render ./bundle | kubectl apply --server-side -f -
  rukpakctl validate --strict ./bundle
  rukpakctl inspect docker://quay.io/operatorhubio/grafana-operator:v5.24.0
  rukpakctl apply grafana docker://quay.io/operatorhubio/grafana-operator:v5.24.0 --wait
  rukpakctl tree grafana

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

pub(super) const DIFF_EXAMPLES: &str = "\
Examples:
  # What would this version change?
  rukpakctl diff grafana docker://quay.io/operatorhubio/grafana-operator:v5.24.0

  # In a script
  rukpakctl diff -o json grafana ./bundle || test $? -eq 1

Exit codes:
  0  nothing would change
  1  something would
  2  wrong usage
  3  failed";

pub(super) const APPLY_EXAMPLES: &str = "\
Examples:
  # Install, and wait until everything is healthy
  rukpakctl apply grafana docker://quay.io/operatorhubio/grafana-operator:v5.24.0 --wait

  # Upgrade, and accept that a field of a definition goes
  rukpakctl apply grafana ./bundle \\
      --waive grafanas.grafana.integreatly.org:existingFieldRemoval:^.spec.old

  # Without writing anything
  rukpakctl apply grafana ./bundle --dry-run";

pub(super) const DELETE_EXAMPLES: &str = "\
Examples:
  rukpakctl delete grafana

  # The definitions, and what users made of them, stay
  rukpakctl delete grafana --deletion-policy KeepCRDs";

pub(super) const GET_EXAMPLES: &str = "\
Examples:
  rukpakctl get
  rukpakctl get grafana -o json

  # Where there are a BundleDeployment and an inventory of this name
  rukpakctl get bundledeployment/grafana";

pub(super) const TREE_EXAMPLES: &str = "\
Examples:
  rukpakctl tree grafana";

pub(super) const EVENTS_EXAMPLES: &str = "\
Examples:
  rukpakctl events grafana";

pub(super) const WAIT_EXAMPLES: &str = "\
Examples:
  rukpakctl wait grafana --timeout 10m

  # Until a BundleDeployment and all that it owns are gone
  kubectl delete bundledeployment grafana --wait=false
  rukpakctl wait grafana --for deleted";

pub(super) const CONTENT_EXAMPLES: &str = "\
Examples:
  rukpakctl content grafana
  rukpakctl content grafana --to ./bundle --service-account rukpak-system/reader
  rukpakctl content grafana --to - --url https://localhost:8443/bundles/grafana.tgz | tar tz";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  # Try a bundle that you are working on
  rukpakctl run grafana ./bundle

  # The same by way of a registry that the cluster can reach
  rukpakctl run grafana ./bundle --push registry.example.com/bundles/grafana:dev

  # A plain bundle says itself where it goes only in part
  rukpakctl run web examples/bundles/plain-web --install-namespace web

  # What would be handed over
  rukpakctl run grafana docker://quay.io/operatorhubio/grafana-operator:v5.24.0 --dry-run";

#[cfg(test)]
mod tests {
    use clap::Command;

    use crate::cli::{Cli, WIDTH};

    /// What is broken by whoever prints it cannot be pasted into a shell.
    #[test]
    fn no_example_is_wider_than_help_is() {
        let flags = Cli::flags();
        let examples = |command: &Command| command.get_after_help().map(ToString::to_string);
        let all: Vec<_> = flags.get_subcommands().chain([&flags]).filter_map(examples).collect();
        assert!(all.len() > 10);
        let wide: Vec<_> =
            all.iter().flat_map(|text| text.lines()).filter(|line| line.len() > WIDTH).collect();
        assert_eq!(wide, Vec::<&str>::new());
    }
}
