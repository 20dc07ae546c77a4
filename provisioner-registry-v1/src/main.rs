//! `provisioner-registry-v1`: installs operators as `BundleDeployments` of the class `core-rukpak-io-registry` say.

#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

mod registry_v1;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use rukpak_convert::CertificateProvider;
use rukpak_provisioner::Flags;

use registry_v1::RegistryV1Format;

/// Installs registry+v1 bundles: operators as they are on OperatorHub
///
/// It works on the BundleDeployments of the class core-rukpak-io-registry: fetches what their sources name, turns it into plain manifests,
/// applies them, keeps them so, and gives them back when the BundleDeployments are deleted.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 120, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    flags: Flags,

    /// Who issues the certificates of webhooks where a BundleDeployment does not say it
    #[arg(long, value_name = "PROVIDER", env = "RUKPAK_DEFAULT_CERT_PROVIDER", default_value = "self-signed", value_parser = providers())]
    default_cert_provider: CertificateProvider,
}

const EXAMPLES: &str = "\
Examples:
  provisioner-registry-v1                                    in a pod
  provisioner-registry-v1 --cache-dir /tmp/rukpak --http-bind-address 127.0.0.1:8443
                                                             on this machine, on the cluster of $KUBECONFIG";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { flags, default_cert_provider } = rukpak_provisioner::flags::parse();
    rukpak_provisioner::run(RegistryV1Format { default_provider: default_cert_provider }, &flags).await
}

fn providers() -> impl clap::builder::TypedValueParser<Value = CertificateProvider> {
    let names = CertificateProvider::ALL.map(CertificateProvider::as_str);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<CertificateProvider>())
}
