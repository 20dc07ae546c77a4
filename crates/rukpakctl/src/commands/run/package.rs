//! From SOURCE to what is handed over: an image that is there, one that is to be pushed, or files.
//!
//! ```text
//! source ──fetch──▶ files ──read──▶ bundle ──▶ class, warnings
//!       (network)          (pure)      └─▶ image, or ConfigMaps
//! ```

use std::fs;

use anyhow::{Context as _, bail};
use rukpak_api::{BundleSource, ImageSource, names};
use rukpak_bundle::{Bundle, Capabilities, FOLDERS, Format};
use rukpak_certificates::Certificates;
use rukpak_manifest::name::Namespace;
use rukpak_oci::Reference;
use rukpak_tree::{FileTree, ShownPath};
use rukpak_unpacker::{Pinned, Source, Transfer};
use serde_json::Value;

use super::desired::configuration;
use super::maps::{self, Map};
use crate::cli::{AccessFlags, Run};
use crate::commands::expect_bundle;
use crate::conversion::{Converted, Prepared};
use crate::fetch::Fetcher;
use crate::{image, report};

/// What is handed over.
pub(super) struct Package {
    pub(super) class: String,
    pub(super) config: Option<Value>,
    pub(super) source: BundleSource,
    pub(super) handed: Handed,
    /// What an image of a registry was when it was read.
    pub(super) seen: Option<Reference>,
}

/// What has to be where the provisioner can read it.
pub(super) enum Handed {
    /// Nothing: an image is there.
    Nothing,
    /// An image, in a registry.
    Image(Box<(Fetcher, Transfer)>),
    /// Files, in the cluster.
    Maps(Vec<Map>),
}

impl Package {
    /// Reads the source, and checks the bundle as the provisioner will.
    pub(super) async fn of(
        args: &Run,
        namespace: Option<&Namespace>,
        capabilities: Capabilities,
        quiet: bool,
    ) -> anyhow::Result<Self> {
        let source = args.bundle.source.source()?;
        let (folders, access) =
            (if args.push.is_some() { &image::FOLDERS[..] } else { &FOLDERS }, &args.bundle.access);
        if let (Source::Image(_), Some(_)) = (&source, &args.push) {
            bail!(
                "the source is in a registry already; leave out --push, or `rukpakctl pull` it to a layout first"
            );
        }
        let needs_registry = args.push.is_some() || matches!(source, Source::Image(_));
        let fetcher = if needs_registry {
            Fetcher::new(access, folders, quiet)?
        } else {
            Fetcher::for_source(&source, access, folders, quiet)?
        };
        let format = format(args);
        // An image of which is said what it is may be where only the cluster can read it.
        if let (Source::Image(reference), Some(class)) = (&source, class(args, format)) {
            let (source, config) = (of_image(args, reference)?, configuration(&args.conversion)?);
            return Ok(Self { class: class.to_owned(), config, source, handed: Handed::Nothing, seen: None });
        }
        let Fetcher { unpacker, access, progress } = &fetcher;
        let files = unpacker.fetch(&source, access, progress).await?; // network
        let tree = files.tree();
        let seen = match files.pinned() {
            Pinned::Image(reference) => Some(reference.clone()),
            _ => None,
        };
        expect_bundle(tree)?;
        let (is_plain, config) = check(args, tree, format, namespace, capabilities, quiet)?; // pure
        let found = if is_plain { Format::Plain } else { Format::RegistryV1 };
        let class = class(args, found).unwrap_or_default().to_owned();
        let (source, handed) = match (&source, &args.push) {
            (Source::Image(reference), _) => (of_image(args, reference)?, Handed::Nothing),
            (source, Some(reference)) => {
                let image = match Transfer::of(unpacker, source, access).await? {
                    Some(image) => image,
                    None => image::of(tree)?,
                };
                let pinned = reference.pinned(image.digest().clone());
                (of_image(args, &pinned)?, Handed::Image(Box::new((fetcher, image))))
            }
            (_, None) => {
                let maps = maps::of(tree, &args.name)?;
                let sources = maps.iter().map(Map::source).collect();
                (source_of("configMaps", None, Some(sources)), Handed::Maps(maps))
            }
        };
        Ok(Self { class, config, source, handed, seen })
    }
}

/// Whether it is a plain bundle, and what `spec.config` is to say; an error where the provisioner would refuse it.
fn check(
    args: &Run,
    tree: &FileTree,
    format: Format,
    namespace: Option<&Namespace>,
    capabilities: Capabilities,
    quiet: bool,
) -> anyhow::Result<(bool, Option<Value>)> {
    let (bundle, findings) = rukpak_bundle::read_for(tree, format, Some(&capabilities))?;
    if !quiet {
        report::told(&findings);
    }
    let is_plain = matches!(bundle, Bundle::Plain(_));
    if is_plain && namespace.is_none() {
        bail!("a plain bundle does not say which namespace it goes into; --install-namespace is needed");
    }
    let Converted { manifests: _, warnings } =
        Prepared::of(bundle, &args.conversion, namespace, capabilities)?.convert(Certificates::default())?;
    if !is_plain {
        // Its warnings are about certificates, which the provisioner issues.
        return Ok((false, configuration(&args.conversion)?));
    }
    if !quiet {
        warnings.iter().for_each(report::warning);
    }
    Ok((true, None))
}

/// The format to read the bundle as: that of the class, where one is given that has one.
fn format(args: &Run) -> Format {
    match (args.conversion.format, args.class.as_deref()) {
        (Format::Auto, Some(names::REGISTRY_CLASS)) => Format::RegistryV1,
        (Format::Auto, Some(names::PLAIN_CLASS)) => Format::Plain,
        (format, _) => format,
    }
}

/// The class: the one that is given, else that of a format, where one is known.
fn class(args: &Run, format: Format) -> Option<&str> {
    args.class.as_deref().or(match format {
        Format::Auto => None,
        Format::RegistryV1 => Some(names::REGISTRY_CLASS),
        Format::Plain => Some(names::PLAIN_CLASS),
    })
}

/// An image, which the provisioner trusts as far as we are told to.
fn of_image(args: &Run, reference: &Reference) -> anyhow::Result<BundleSource> {
    let AccessFlags { authfile: _, ca_file, insecure_skip_tls_verify, plain_http: _ } = &args.bundle.access;
    let read =
        |path| fs::read_to_string(path).with_context(|| format!("cannot read {}", ShownPath::of_host(path)));
    let image = ImageSource {
        reference: reference.to_string(),
        pull_secret: args.pull_secret.clone(),
        insecure_skip_tls_verify: insecure_skip_tls_verify.then_some(true),
        certificate_data: ca_file.as_ref().map(read).transpose()?,
    };
    Ok(source_of("image", Some(image), None))
}

fn source_of(
    kind: &str,
    image: Option<ImageSource>,
    config_maps: Option<Vec<rukpak_api::ConfigMapSource>>,
) -> BundleSource {
    BundleSource { kind: kind.into(), image, git: None, config_maps, http: None, poll_interval_minutes: None }
}
