//! `rukpakctl run`: hand a bundle to the controller, and follow it until it is healthy.

mod desired;
mod hand_over;
mod maps;
mod package;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use rukpak_api::BundleDeployment;
use rukpak_bundle::Capabilities;
use rukpak_manifest::name::Namespace;
use rukpak_manifest::yaml;

use crate::cli::Run;
use crate::cluster::Connection;
use crate::deployment::follow::follow;
use crate::deployment::verdict::Goal;
use crate::printable::Printable;
use crate::{fetch, image, output};
use package::{Handed, Package};

pub(crate) fn run(args: &Run, quiet: bool) -> anyhow::Result<ExitCode> {
    fetch::block_on(async {
        if args.dry_run { dry_run(args, quiet).await } else { Box::pin(hand_over(args, quiet)).await }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn dry_run(args: &Run, quiet: bool) -> anyhow::Result<()> {
    let namespace = args.conversion.install_namespace.as_ref();
    let Package { class, config, source, handed: _ } =
        Package::of(args, namespace, Capabilities::default(), quiet).await?;
    let wanted = desired::of(args, &class, &source, namespace, config).value()?;
    output::data(|out| yaml::write(&wanted, out))
}

async fn hand_over(args: &Run, quiet: bool) -> anyhow::Result<()> {
    let name = &args.name;
    let connection = Connection::open(&args.cluster, quiet).await?; // cluster
    ensure!(
        connection.has_deployments(),
        "the cluster does not serve BundleDeployments (core.rukpak.io/v1alpha2); install their definition and a provisioner, \
         or use `rukpakctl apply`, which needs neither"
    );
    if !name.contains('.') && connection.find_inventory(name).await?.is_some() {
        bail!("there is an installation {name} of `rukpakctl apply`; choose another name, or delete it");
    }
    let before = connection.deployment(name).await?; // cluster
    let namespace = install_namespace(args, before.as_ref())?;
    let package = Package::of(args, namespace.as_ref(), connection.capabilities(), quiet).await?; // network
    let Package { class, config, source, handed } = package;
    let wanted = desired::of(args, &class, &source, namespace.as_ref(), config).value()?; // pure
    let maps = match handed {
        Handed::Nothing => Vec::new(),
        Handed::Maps(maps) => maps,
        Handed::Image(pushed) => {
            let (fetcher, transfer) = *pushed;
            let reference = args.push.as_ref().context("nowhere to push to")?;
            image::push(&fetcher, transfer, reference).await?; // network
            Vec::new()
        }
    };
    hand_over::keep(&connection, &maps, name, before.as_ref()).await?; // cluster
    let after = hand_over::apply(&connection, name, &wanted, args.force_conflicts).await?; // cluster
    if before.as_ref().is_none_or(|before| before.metadata.uid != after.metadata.uid) {
        hand_over::keep(&connection, &maps, name, Some(&after)).await?; // cluster
    }
    let done = done(before.as_ref(), &after);
    if !args.wait {
        tell(quiet, &format!("BundleDeployment {name}: {done}"));
        return Ok(());
    }
    tell(quiet, &format!("BundleDeployment {name}: {done}; waiting until it is healthy"));
    follow(&connection, name, Goal::Healthy, args.timeout, quiet).await?; // cluster
    let discarded = hand_over::discard(&connection, &maps, name).await?; // cluster
    let discarded = match discarded {
        0 => String::new(),
        1 => "; 1 ConfigMap of the content before deleted".to_owned(),
        more => format!("; {more} ConfigMaps of the content before deleted"),
    };
    tell(quiet, &format!("BundleDeployment {name}: healthy{discarded}"));
    Ok(())
}

/// The namespace that is asked for, or that was: it cannot change.
fn install_namespace(args: &Run, before: Option<&BundleDeployment>) -> anyhow::Result<Option<Namespace>> {
    let then = before.and_then(|before| before.spec.install_namespace.as_deref());
    match (&args.conversion.install_namespace, then) {
        (Some(namespace), _) => Ok(Some(namespace.clone())),
        (None, then) => Ok(then.map(str::parse).transpose()?),
    }
}

/// What was done about a `BundleDeployment`.
fn done(before: Option<&BundleDeployment>, after: &BundleDeployment) -> &'static str {
    match before {
        None => "created",
        Some(before) if before.metadata.generation == after.metadata.generation => "unchanged",
        Some(_) => "configured",
    }
}

fn tell(quiet: bool, line: &str) {
    if !quiet {
        let _ = writeln!(anstream::stderr(), "{}", Printable(line));
    }
}
