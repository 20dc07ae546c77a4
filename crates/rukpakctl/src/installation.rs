//! What `apply` and `diff` have in common: from a source to a plan that a cluster would take.
//!
//! ```text
//! source ──fetch──▶ files ──read──▶ bundle ──prepare──▶ ──convert──▶ manifests ──plan──▶ plan ──look──▶ checked
//!       (network)          (pure)           (pure)  (cluster: certificates)     (pure)       (cluster)
//! ```

use std::sync::Arc;

use anyhow::bail;
use futures_util::future::try_join;
use rukpak_apply::cluster::Address;
use rukpak_apply::engine::{Checked, ConfigMapStore, Engine, Options};
use rukpak_apply::{Input, Inventory, plan};
use rukpak_bundle::Bundle as Content;
use rukpak_certificates::keep_or_issue;
use rukpak_manifest::Object;
use rukpak_manifest::name::Namespace;

use crate::cli::{ApplyFlags, Wanted};
use crate::cluster::Connection;
use crate::conversion::{Converted, Prepared};
use crate::{fetch, lost, report};

/// What an inventory remembers beside its objects: the namespace that it was installed into.
pub(crate) const NAMESPACE: &str = "installNamespace";

/// What it was installed from.
pub(crate) const SOURCE: &str = "source";

/// What `delete` does about its objects.
pub(crate) const POLICY: &str = "deletionPolicy";

/// An annotation of a namespace that was made for an installation.
const CREATED_FOR: &str = "core.rukpak.io/created-for";

/// A plan that was looked at, and all that it takes to carry it out.
pub(crate) struct Installation {
    pub(crate) connection: Connection,
    pub(crate) engine: Engine,
    pub(crate) store: ConfigMapStore,
    pub(crate) checked: Checked,
}

impl Installation {
    /// Plans what is wanted, and looks whether the server would take it. Where it `writes`, the namespace to install into is made
    /// if it is absent: the only write before it is known that nothing is refused.
    pub(crate) async fn check(wanted: &Wanted, quiet: bool, writes: bool) -> anyhow::Result<Self> {
        let Wanted { name, bundle, conversion, how, cluster } = wanted;
        let (connection, files) =
            Box::pin(try_join(Connection::open(cluster), fetch::fetch(bundle, quiet))).await?; // cluster, network
        let acting = connection.acting_as(how.service_account.as_ref()).await?; // cluster
        let (mut store, mut inventory) = connection.inventory(name).await?; // cluster
        if store.is_damaged() {
            inventory = lost::to_apply(&connection, store.owner(), quiet).await?; // cluster
        }
        let source = files.pinned().to_string();
        let capabilities = connection.capabilities();
        let tree = Arc::unwrap_or_clone(files).into_tree();
        let (content, findings) = rukpak_bundle::read_for(&tree, conversion.format, Some(&capabilities))?; // pure
        drop(tree);
        if !quiet {
            report::findings(&mut anstream::stderr().lock(), &findings)?;
        }
        let is_plain = matches!(content, Content::Plain(_));
        let before = store.fact(NAMESPACE).and_then(|name| name.parse().ok());
        let chosen = same_namespace(name, conversion.install_namespace.as_ref(), before.as_ref())?;
        let prepared = Prepared::of(content, conversion, chosen, capabilities)?; // pure
        let namespace = match (prepared.install_namespace(), chosen) {
            (Some(namespace), _) => namespace,
            (None, Some(name)) => Object::new("v1", "Namespace", None, name.as_str()),
            (None, None) => Object::new("v1", "Namespace", None, &connection.default_namespace),
        };
        let required = prepared.required_certificates();
        let issued = keep_or_issue(&acting, required).await?.certificates; // cluster
        let Converted { manifests, warnings } = prepared.convert(issued)?; // pure
        if !quiet {
            warnings.iter().for_each(report::warning);
        }
        let is_in_set = manifests.iter().any(|object| object.key() == namespace.key());
        // Of a plain bundle most objects say themselves where they go.
        let is_asked_for = !is_plain || chosen.is_some();
        let is_made = !is_in_set && is_asked_for;
        let mut namespace_is_absent =
            is_made && connection.cluster.get(&Address::of_namespace(namespace.name())).await?.is_none(); // cluster
        store.set_fact(SOURCE, source);
        if is_asked_for {
            store.set_fact(NAMESPACE, namespace.name().to_owned());
        }
        let planned = |inventory: &Inventory, namespace_is_absent| {
            plan(Input {
                manifests: &manifests,
                owner: store.owner(),
                inventory,
                served: &connection.served,
                namespace: namespace.name(),
                namespace_is_absent,
            })
        };
        let mut plan = planned(&inventory, namespace_is_absent)?; // pure
        if writes && namespace_is_absent {
            let mut made = namespace.clone();
            made.set_annotation(CREATED_FOR, &format!("Inventory/{name}"));
            connection.cluster.ensure_namespace(&made).await?; // cluster
            namespace_is_absent = false;
            plan = planned(&inventory, namespace_is_absent)?; // pure
        }
        let engine = connection.engine_on(acting, options(how));
        let mut checked = engine.look(plan, &connection.served).await?; // cluster
        if !store.exists() && checked.has_predecessor() {
            inventory = lost::to_apply(&connection, store.owner(), quiet).await?; // cluster
            let plan = planned(&inventory, namespace_is_absent)?; // pure
            checked = engine.look(plan, &connection.served).await?; // cluster
        }
        Ok(Self { connection, engine, store, checked })
    }
}

fn options(flags: &ApplyFlags) -> Options {
    let ApplyFlags { service_account: _, collision_protection, force, waivers, timeout } = flags;
    Options {
        collision_protection: *collision_protection,
        force: *force,
        waivers: waivers.clone(),
        patience: *timeout,
        ..Options::default()
    }
}

/// The namespace to install into, as far as somebody chose one: an installation stays in its own.
fn same_namespace<'a>(
    name: &str,
    now: Option<&'a Namespace>,
    before: Option<&'a Namespace>,
) -> anyhow::Result<Option<&'a Namespace>> {
    match (before, now) {
        (Some(before), Some(now)) if before != now => bail!(
            "{name} is installed into the namespace {before}, and cannot move to {now}; \
             `rukpakctl delete {name}` removes it, or another name installs it once more"
        ),
        _ => Ok(now.or(before)),
    }
}
