//! A plain bundle, which is printed as it is: nothing that only an operator has can be chosen.

use rukpak_bundle::Plain;
use rukpak_manifest::ManifestSet;

use super::{Rendered, config};
use crate::cli::Render;

pub(super) fn render(Plain { objects, .. }: Plain, args: &Render) -> anyhow::Result<Rendered> {
    let mut warnings: Vec<_> =
        unused(args).map(|flag| format!("{flag} has no effect on a plain bundle")).collect();
    if let Some(path) = &args.config {
        let fields = config::fields(path)?.into_iter();
        warnings.extend(
            fields.map(|field| format!("{field} of the configuration has no effect on a plain bundle")),
        );
    }
    // That several objects have one identity was found when the bundle was read.
    let (manifests, _) = ManifestSet::new(objects);
    Ok(Rendered { manifests, warnings })
}

/// The flags that were given and are not used.
fn unused(args: &Render) -> impl Iterator<Item = &'static str> {
    let given = [
        ("--install-namespace", args.install_namespace.is_some()),
        ("--watch-namespace", !args.watch_namespaces.is_empty()),
        ("--cert-provider", args.cert_provider.is_some()),
        ("--generate-certificates", args.generate_certificates),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag)
}
