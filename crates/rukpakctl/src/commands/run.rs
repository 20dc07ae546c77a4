//! `rukpakctl run`: hand a bundle to the controller, and follow it until it is healthy.

mod accept;
mod desired;
mod hand_over;
mod keep;
mod maps;
mod package;
mod take_over;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use rukpak_api::{BundleDeployment, BundleSource};
use rukpak_apply::cluster::Mode;
use rukpak_bundle::Capabilities;
use rukpak_manifest::name::Namespace;
use rukpak_manifest::yaml;
use rukpak_oci::Reference;

use crate::cli::Run;
use crate::cluster::Connection;
use crate::deployment::follow::follow;
use crate::deployment::verdict::Goal;
use crate::deployment::written::Written;
use crate::installed::{NotKnown, is_forbidden};
use crate::printable::Printable;
use crate::{fetch, image, output};
use package::{Handed, Package};

/// What is said where the spec is as it was.
const UNCHANGED: &str = "unchanged";

pub(crate) fn run(args: &Run, quiet: bool) -> anyhow::Result<ExitCode> {
    fetch::block_on(async {
        if args.dry_run { dry_run(args, quiet).await } else { Box::pin(hand_over(args, quiet)).await }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn dry_run(args: &Run, quiet: bool) -> anyhow::Result<()> {
    let namespace = args.conversion.install_namespace.as_ref();
    let Package { class, config, source, handed: _, seen: _ } =
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
    let before = connection.deployment(name).await?; // cluster
    if !name.contains('.') {
        match connection.find_inventory(name).await {
            Ok(None) => {}
            Ok(Some(_)) => bail!(
                "there is an installation {name} of `rukpakctl apply`; choose another name, or delete it"
            ),
            // Whose name it is already is nobody else's.
            Err(error) if is_forbidden(&error) && before.is_some() => {}
            Err(error) if is_forbidden(&error) => connection.warn(NotKnown(&error)),
            Err(error) => return Err(error),
        }
    }
    let namespace = install_namespace(args, before.as_ref())?;
    let package = Package::of(args, namespace.as_ref(), connection.capabilities(), quiet).await?; // network
    let Package { class, config, source, handed, seen } = package;
    let wanted = desired::of(args, &class, &source, namespace.as_ref(), config).value()?; // pure
    let force = args.force_conflicts;
    if let Some(before) = before.as_ref().filter(|_| force) {
        hand_over::take_over_source(&connection, before, &source.kind).await?; // cluster
    }
    let had_maps = before.as_ref().is_some_and(|before| before.spec.source.config_maps.is_some())
        || matches!(handed, Handed::Maps(_));
    // What is refused leaves nothing behind, neither in the cluster nor in a registry.
    hand_over::apply(&connection, name, &wanted, force, Mode::DryRun).await?; // cluster
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
    keep::keep(&connection, &maps, name, before.as_ref()).await?; // cluster
    let after = hand_over::apply(&connection, name, &wanted, force, Mode::Write).await?; // cluster
    // Somebody who took the content before for old may have deleted these meanwhile.
    keep::keep(&connection, &maps, name, Some(&after)).await?; // cluster
    let done = done(before.as_ref(), &after);
    let mut written = Written::of(&after);
    let is_old = done == UNCHANGED && may_mean_something_else(&after, seen.as_ref());
    if is_old {
        written = written.asked_again(hand_over::ask_again(&connection, name).await?); // cluster
    }
    let done = if is_old { "unchanged, its source is looked at again" } else { done };
    if !args.wait {
        tell(quiet, &format!("BundleDeployment {name}: {done}"));
        return Ok(());
    }
    tell(quiet, &format!("BundleDeployment {name}: {done}; waiting until it is healthy"));
    let followed = follow(&connection, name, Some(&written), Goal::Healthy, args.timeout, quiet).await; // cluster
    followed.map_err(accept::hinted)?;
    let discarded = keep::discard(&connection, name, &written, had_maps).await?; // cluster
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

/// Whether the tag of an image may be another image by now than the one that is installed. Where it was read here, it is known.
fn may_mean_something_else(deployment: &BundleDeployment, seen: Option<&Reference>) -> bool {
    let image = |source: &BundleSource| source.image.as_ref()?.reference.parse::<Reference>().ok();
    let is_tag = image(&deployment.spec.source).is_some_and(|reference| reference.digest().is_none());
    let resolved = deployment.status.as_ref().and_then(|status| status.resolved_source.as_ref());
    let Some(resolved) = resolved.and_then(image).filter(|_| is_tag) else { return false };
    seen.is_none_or(|seen| seen.digest() != resolved.digest())
}

/// What was done about a `BundleDeployment`.
fn done(before: Option<&BundleDeployment>, after: &BundleDeployment) -> &'static str {
    match before {
        None => "created",
        Some(before) if before.metadata.generation == after.metadata.generation => UNCHANGED,
        Some(_) => "configured",
    }
}

fn tell(quiet: bool, line: &str) {
    if !quiet {
        let _ = writeln!(anstream::stderr(), "{}", Printable(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::tests::deployment;
    use rstest::rstest;

    // It is resolved to `@sha256:22` in these tests.
    #[rstest]
    #[case::moved("registry.example.com/hello:v2", Some('1'), true)]
    #[case::the_same("registry.example.com/hello:v2", Some('2'), false)]
    #[case::not_read_here("registry.example.com/hello:v2", None, true)]
    #[case::by_digest("registry.example.com/hello@sha256:", None, false)]
    fn a_tag_that_may_be_another_image_by_now(
        #[case] asked: &str,
        #[case] seen: Option<char>,
        #[case] expected: bool,
    ) {
        let digest = |digit: char| digit.to_string().repeat(64);
        let reference = |digit| format!("registry.example.com/hello@sha256:{}", digest(digit));
        let mut deployment = deployment(&[]);
        let asked = if asked.ends_with(':') { format!("{asked}{}", digest('2')) } else { asked.to_owned() };
        deployment.spec.source.image.as_mut().unwrap().reference = asked;
        let status = deployment.status.as_mut().unwrap();
        status.resolved_source.as_mut().unwrap().image.as_mut().unwrap().reference = reference('2');
        let seen: Option<Reference> = seen.map(|digit| reference(digit).parse().unwrap());
        assert_eq!(may_mean_something_else(&deployment, seen.as_ref()), expected);
        deployment.status = None;
        assert!(!may_mean_something_else(&deployment, seen.as_ref()), "it is looked at anyway");
    }
}
