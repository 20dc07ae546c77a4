//! What `apply` and `diff` have in common: from a source to a plan that a cluster would take.
//!
//! ```text
//! source ──fetch──▶ files ──read──▶ bundle ──prepare──▶ ──convert──▶ manifests ──plan──▶ plan ──look──▶ checked
//!       (network)          (pure)           (pure)  (cluster: certificates)     (pure)       (cluster)
//! ```
//!
//! Certificates are replaced in steps. Where one step is wholly in the cluster, and healthy, the plan is the next one.

mod made;
mod package;
mod place;

use std::time::Duration;

use futures_util::future::try_join;
use rukpak_api::names::CREATED_FOR;
use rukpak_apply::cluster::{Address, Cluster};
use rukpak_apply::engine::{Checked, ConfigMapStore, Engine, Options};
use rukpak_apply::probe::Probes;
use rukpak_apply::{Input, Inventory, plan};
use rukpak_bundle::{Bundle, Findings};
use rukpak_certificates::{Issued, Rotation, rotate};
use rukpak_manifest::{ManifestSet, Object};
use tokio::time::sleep;

use crate::cli::{ApplyFlags, Wanted};
use crate::cluster::Connection;
use crate::conversion::{Converted, Prepared};
use crate::{fetch, lost, report};
pub(crate) use made::Made;
use package::{Package, same_package};
use place::{in_use, same_namespace};

/// What an inventory remembers beside its objects: the namespace that it was installed into, where somebody chose one or objects name
/// none themselves.
pub(crate) const NAMESPACE: &str = "installNamespace";

/// What it was installed from.
pub(crate) const SOURCE: &str = "source";

/// The package that it is of, where it is an operator's.
pub(crate) const PACKAGE: &str = "package";

/// The version of that.
pub(crate) const VERSION: &str = "version";

/// What `delete` does about its objects.
pub(crate) const POLICY: &str = "deletionPolicy";

/// The time for every API server to hear of the authorities that it is to trust, before something is served that needs them.
const HEARD: Duration = Duration::from_secs(2);

/// A plan that was looked at, and all that it takes to carry it out.
pub(crate) struct Installation {
    pub(crate) connection: Connection,
    pub(crate) engine: Engine,
    pub(crate) store: ConfigMapStore,
    pub(crate) checked: Checked,
    /// What is found in the bundle.
    pub(crate) findings: Findings,
    /// What is installed, where certificates are being replaced and there is another step after this one.
    pub(crate) goes_on: Option<Content>,
}

/// What is installed, and as whom.
#[derive(Clone)]
pub(crate) struct Content {
    acting: Cluster,
    prepared: Prepared,
    namespace: Object,
    source: String,
    package: Option<Package>,
    /// Whether the namespace is somebody's choice: of a plain bundle most objects say themselves where they go.
    is_asked_for: bool,
}

impl Installation {
    /// Plans what is wanted, and looks whether the server would take it. Where it is to be written, the namespace to install into is
    /// `made` if it is absent: the only write before it is known that nothing is refused.
    pub(crate) async fn check(wanted: &Wanted, quiet: bool, made: Option<&Made>) -> anyhow::Result<Self> {
        let Wanted { name, bundle, conversion, how, cluster } = wanted;
        let (connection, files) =
            Box::pin(try_join(Connection::open(cluster, quiet), fetch::fetch(bundle, quiet))).await?; // cluster, network
        let acting = connection.acting_as(how.service_account.as_ref()).await?; // cluster
        let (store, mut inventory) = connection.inventory(name).await?; // cluster
        if store.is_damaged() {
            inventory = lost::to_apply(&connection, store.owner(), quiet).await?; // cluster
        }
        let source = files.pinned().to_string();
        let capabilities = connection.capabilities();
        let (bundle, findings) =
            rukpak_bundle::read_for(files.tree(), conversion.format, Some(&capabilities))?; // pure
        drop(files);
        if !quiet {
            report::told(&findings);
        }
        let (package, before) = (Package::of(&bundle), Package::remembered(&store));
        let told = same_package(name, package.as_ref(), before.as_ref(), how.replace_package)?; // pure
        if let Some(told) = told.filter(|_| !quiet) {
            report::warning(told);
        }
        let is_plain = matches!(bundle, Bundle::Plain(_));
        let told = store.fact(NAMESPACE).and_then(|name| name.parse().ok());
        let before = match &bundle {
            // Not every version wrote it down where nobody had chosen it.
            Bundle::Plain(bundle) => told.or_else(|| in_use(&bundle.objects, &inventory)), // pure
            Bundle::RegistryV1(_) => told,
        };
        let chosen = same_namespace(name, conversion.install_namespace.as_ref(), before.as_ref())?;
        let prepared = Prepared::of(bundle, conversion, chosen, capabilities)?; // pure
        let namespace = match (prepared.install_namespace(), chosen) {
            (Some(namespace), _) => namespace,
            (None, Some(name)) => Object::new("v1", "Namespace", None, name.as_str()),
            (None, None) => Object::new("v1", "Namespace", None, &connection.default_namespace),
        };
        let is_asked_for = !is_plain || chosen.is_some();
        let content = Content { acting, prepared, namespace, source, package, is_asked_for };
        let looked = Self::look(connection, content, (store, inventory), how, quiet, made).await?; // cluster
        Ok(Self { findings, ..looked })
    }

    /// The next step of what goes on.
    pub(crate) async fn next(
        connection: Connection,
        content: Content,
        wanted: &Wanted,
    ) -> anyhow::Result<Self> {
        let found = connection.inventory(&wanted.name).await?; // cluster
        // The namespace is there by now.
        Self::look(connection, content, found, &wanted.how, true, Some(&Made::default())).await // cluster
    }

    async fn look(
        connection: Connection,
        content: Content,
        (mut store, mut inventory): (ConfigMapStore, Inventory),
        how: &ApplyFlags,
        quiet: bool,
        made: Option<&Made>,
    ) -> anyhow::Result<Self> {
        let Content { acting, prepared, namespace, source, package, is_asked_for } = &content;
        let Rotation { certificates, then, good_for: _ } =
            rotate(acting, prepared.required_certificates()).await?; // cluster
        let mut goes_on = certificates.values().any(Issued::is_under_way);
        let Converted { manifests, warnings } = prepared.clone().convert(certificates)?; // pure
        if !quiet {
            warnings.iter().for_each(report::warning);
        }
        let is_in_set = manifests.iter().any(|object| object.key() == namespace.key());
        let is_made = !is_in_set && *is_asked_for;
        let mut namespace_is_absent =
            is_made && connection.cluster.get(&Address::of_namespace(namespace.name())).await?.is_none(); // cluster
        let owner = store.owner().clone();
        let planned = |manifests: &ManifestSet, inventory: &Inventory, namespace_is_absent| {
            plan(Input {
                manifests,
                owner: &owner,
                inventory,
                served: &connection.served,
                namespace: namespace.name(),
                namespace_is_absent,
            })
        };
        let mut plan = planned(&manifests, &inventory, namespace_is_absent)?; // pure
        if let Some(made) = made.filter(|_| namespace_is_absent) {
            let mut namespace = namespace.clone();
            namespace.set_annotation(CREATED_FOR, &format!("Inventory/{}", store.owner().name));
            made.make(&connection.cluster, &connection.served, &namespace).await?; // cluster
            namespace_is_absent = false;
            plan = planned(&manifests, &inventory, namespace_is_absent)?; // pure
        }
        let engine = connection.engine_on(acting.clone(), options(how));
        let mut checked = engine.look(plan, &connection.served).await?; // cluster
        if !store.exists() && checked.has_predecessor() {
            inventory = lost::to_apply(&connection, store.owner(), quiet).await?; // cluster
            let plan = planned(&manifests, &inventory, namespace_is_absent)?; // pure
            checked = engine.look(plan, &connection.served).await?; // cluster
        }
        if let Some(then) = then {
            let health = engine.observe_settled(&checked, &Probes::default()).await?; // cluster
            if health.is_some_and(|health| health.is_healthy()) {
                if made.is_some() {
                    sleep(HEARD).await;
                }
                goes_on = then.values().any(Issued::is_under_way);
                let manifests = prepared.clone().convert(then)?.manifests; // pure
                let plan = planned(&manifests, &inventory, namespace_is_absent)?; // pure
                checked = engine.look(plan, &connection.served).await?; // cluster
            }
        }
        store.set_fact(SOURCE, source.clone());
        package::remember(&mut store, package.as_ref());
        // Whatever the kubeconfig says next time, they stay there.
        if *is_asked_for || checked.plan().has_placed() {
            store.set_fact(NAMESPACE, namespace.name().to_owned());
        }
        let goes_on = goes_on.then_some(content);
        Ok(Self { connection, engine, store, checked, findings: Findings::default(), goes_on })
    }
}

fn options(flags: &ApplyFlags) -> Options {
    let ApplyFlags { service_account: _, collision_protection, replace_package: _, force, waivers, timeout } =
        flags;
    Options {
        collision_protection: *collision_protection,
        force: *force,
        waivers: waivers.clone(),
        patience: *timeout,
        ..Options::default()
    }
}
