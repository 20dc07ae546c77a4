//! `provisioner-plain`: installs plain+v0 bundles as `BundleDeployments` of the class `core-rukpak-io-plain` say.

#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

mod plain;

use clap::Parser;
use rukpak_provisioner::Flags;

use plain::PlainFormat;

/// Installs plain+v0 bundles: plain manifests, applied as they are
///
/// It works on the BundleDeployments of the class core-rukpak-io-plain: fetches what their sources name, applies it, keeps it so, and
/// gives it back when they are deleted.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 120, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
}

const EXAMPLES: &str = "\
Examples:
  provisioner-plain                                          in a pod
  provisioner-plain --cache-dir /tmp/rukpak --http-bind-address 127.0.0.1:8443
                                                             on this machine, on the cluster of $KUBECONFIG";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { flags } = rukpak_provisioner::flags::parse();
    rukpak_provisioner::run(PlainFormat, &flags).await
}
