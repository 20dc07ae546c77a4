//! From `spec.source` to files.
//!
//! In: a source as a `BundleDeployment` names it, or as it was pinned before. Out: the files, and what they are pinned to. Credentials
//! and `ConfigMaps` are read where they are needed, from the namespace of the provisioner; whatever is at hand anyway costs no
//! request.

mod access;
mod config_maps;
mod spec;

use std::collections::BTreeSet;
use std::sync::Arc;

use rukpak_api::{Authorization, BundleSource, ConfigMapSource, names};
use rukpak_apply::cluster::{ApiError, Cluster};
use rukpak_oci::RegistryError;
use rukpak_unpacker::{Access, BundleDir, Event, Progress, Source, UnpackError, Unpacker};
use serde_json::json;
use thiserror::Error;

use crate::metrics;
use crate::places::Share;

pub(crate) use spec::{SpecError, resolved};

/// Why there are no files.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
    /// The source says something that no source says.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A Secret or `ConfigMap` cannot be read.
    #[error(transparent)]
    Read(#[from] ApiError),
    /// A Secret is not there.
    #[error("get secret {namespace}/{name}: Secret {name:?} not found")]
    NoSecret {
        /// Where it should be.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A Secret has nothing that would help.
    #[error("secret {namespace}/{name} {problem}")]
    Secret {
        /// Where it is.
        namespace: String,
        /// Its name.
        name: String,
        /// What is wrong with it. Nothing of its content.
        problem: String,
    },
    /// A `ConfigMap` is not there.
    #[error("get configmap {namespace}/{name}: ConfigMap {name:?} not found")]
    NoConfigMap {
        /// Where it should be.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A `ConfigMap` could become another bundle under us.
    #[error(
        "configmap {namespace}/{name} is not immutable, expected `immutable: true`; make it anew with that"
    )]
    NotImmutable {
        /// Where it is.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A `ConfigMap` is another one than that which was read.
    #[error("configmap {namespace}/{name} has other files than those that are to be had")]
    OtherFiles {
        /// Where it is.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// What was looked up, and may run, cannot be had again.
    #[error(
        "what the source meant when it was looked up last is not there any more; to install what it means now, give the annotation \
         {} a new value",
        names::RECONCILE_REQUESTED
    )]
    Gone(#[source] Box<SourceError>),
    /// There is no such image; in rukpak's words, so that who waits for them finds them.
    #[error("error fetching image descriptor")]
    NoImage(#[source] UnpackError),
    /// The content cannot be fetched, or is not accepted.
    #[error(transparent)]
    Unpack(UnpackError),
}

impl From<UnpackError> for SourceError {
    fn from(error: UnpackError) -> Self {
        match error {
            error @ UnpackError::Registry(RegistryError::NotFound { .. }) => Self::NoImage(error),
            error => Self::Unpack(error),
        }
    }
}

/// Where sources are fetched.
pub(crate) struct Sources {
    cluster: Cluster,
    unpacker: Arc<Unpacker>,
    namespace: String,
    /// The `ServiceAccount` whose pull secrets are tried.
    account: String,
    /// Whether those who name sources may not see all of each other's.
    is_of_tenants: bool,
}

impl Sources {
    /// Sources with credentials in a namespace, and the pull secrets of a `ServiceAccount` there. Of tenants: what is in the cache is
    /// given to whoever could fetch it.
    #[must_use]
    pub(crate) fn new(
        cluster: Cluster,
        unpacker: Arc<Unpacker>,
        namespace: &str,
        account: &str,
        is_of_tenants: bool,
    ) -> Self {
        Self { cluster, unpacker, namespace: namespace.into(), account: account.into(), is_of_tenants }
    }

    /// The files of a source for which nobody has to be asked but the cluster: those that are in the cache, and `ConfigMaps`, which the
    /// `reader` reads where they were not read for this very `BundleDeployment` before.
    pub(crate) async fn at_hand(
        &self,
        reader: &Cluster,
        named: &Named<'_>,
    ) -> Result<Option<Arc<BundleDir>>, SourceError> {
        let progress: Arc<dyn Progress> = Arc::new(Log);
        if let Some(maps) = &named.wanted().config_maps {
            return self.of_config_maps(reader, named, maps, &progress).await.map(Some);
        }
        if self.verifies_access(named) {
            return Ok(None);
        }
        Ok(self.unpacker.cached(&named.source()?, &progress).await) // disk
    }

    async fn of_config_maps(
        &self,
        reader: &Cluster,
        named: &Named<'_>,
        maps: &[ConfigMapSource],
        progress: &Arc<dyn Progress>,
    ) -> Result<Arc<BundleDir>, SourceError> {
        if named.pin.is_some()
            && let name = kept_as(named.of, maps)
            && let Some(files) = self.unpacker.kept_as(&name, &config_maps::names(maps), progress).await
        {
            return Ok(files); // disk
        }
        let read = config_maps::read(reader, &self.namespace, maps).await; // cluster
        let source = Source::ConfigMaps(read.map_err(|error| named.gone(error))?);
        let files = self.unpacker.fetch(&source, &Access::default(), progress).await?; // pure
        let resolved = spec::resolved(named.wanted(), files.pinned());
        let name = kept_as(named.of, resolved.config_maps.as_deref().unwrap_or_default());
        self.unpacker.keep_as(&name, &files, progress).await; // disk
        Ok(files)
    }

    /// The files of a source that are not at hand. The Secret that it names is read by the `reader`.
    pub(crate) async fn fetch(
        &self,
        reader: &Cluster,
        named: &Named<'_>,
    ) -> Result<Arc<BundleDir>, SourceError> {
        let source = named.source()?; // pure
        let Self { cluster, account, is_of_tenants, .. } = self;
        let ours = access::Ours { cluster, account, is_of_tenants: *is_of_tenants };
        let access = access::of(&ours, reader, &self.namespace, named.introducing()).await?; // cluster
        let access = Access { verify_access: self.verifies_access(named), ..access };
        let progress: Arc<dyn Progress> = Arc::new(Log);
        self.unpacker.fetch(&source, &access, &progress).await.map_err(|error| named.gone(error.into())) // network
    }

    /// What it was pinned to was fetched for it before.
    fn verifies_access(&self, named: &Named<'_>) -> bool {
        self.is_of_tenants && named.pin.is_none()
    }
}

/// Which files are named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    /// The UID of the `BundleDeployment` that names them.
    pub(crate) of: &'a str,
    /// The source.
    pub(crate) spec: &'a BundleSource,
    /// What it was pinned to before; without that, what it means now is wanted.
    pub(crate) pin: Option<&'a BundleSource>,
}

impl<'a> Named<'a> {
    fn wanted(&self) -> &'a BundleSource {
        self.pin.unwrap_or(self.spec)
    }

    /// The source whose credentials are shown, and whose trust is given: the one that is named, unless it is at another server than
    /// what is fetched; what is for one server is not for another. Pure.
    fn introducing(&self) -> &'a BundleSource {
        let of = |source: &BundleSource| (source.kind.clone(), server(source));
        if of(self.wanted()) == of(self.spec) { self.spec } else { self.wanted() }
    }

    fn source(&self) -> Result<Source, SpecError> {
        spec::source(self.wanted())
    }

    /// What went wrong, told as what it is where what was looked up before is not there any more: nobody has named that. Pure.
    fn gone(&self, error: SourceError) -> SourceError {
        let is_named = spec::source(self.spec).is_ok_and(|source| source.pinned().is_some());
        if self.pin.is_some() && !is_named && error.is_gone() {
            return SourceError::Gone(Box::new(error));
        }
        error
    }

    /// The server that is asked for them. Pure.
    pub(crate) fn server(&self) -> Option<String> {
        server(self.wanted())
    }

    /// Of which shares a place for fetching them is, for who acts in a namespace. Pure.
    pub(crate) fn shares(&self, tenant: Option<&str>) -> Vec<Share> {
        let server = self.server();
        let mut shares: Vec<_> = server.clone().map(Share::Server).into_iter().collect();
        shares.extend(tenant.map(|tenant| Share::Tenant(tenant.to_owned())));
        if self.wanted().git.is_some() {
            shares.push(Share::Git);
            shares.extend(server.map(Share::GitOfServer));
            shares.extend(tenant.map(|tenant| Share::GitOfTenant(tenant.to_owned())));
        }
        shares
    }
}

impl SourceError {
    /// Whether the same source will fail in the same way for ever.
    #[must_use]
    pub(crate) fn is_permanent(&self) -> bool {
        match self {
            Self::Spec(_) => true,
            Self::NoImage(error) | Self::Unpack(error) => error.is_permanent(),
            Self::Read(_)
            | Self::NoSecret { .. }
            | Self::Secret { .. }
            | Self::NoConfigMap { .. }
            | Self::NotImmutable { .. }
            | Self::OtherFiles { .. }
            | Self::Gone(_) => false,
        }
    }

    /// Whether what was there once is not, or something else is.
    fn is_gone(&self) -> bool {
        match self {
            Self::NoConfigMap { .. } | Self::OtherFiles { .. } | Self::NoImage(_) => true,
            Self::Unpack(error) => error.is_gone(),
            _ => false,
        }
    }
}

/// The Secrets of the provisioner's namespace that a source names.
#[must_use]
pub(crate) fn secrets(source: &BundleSource) -> BTreeSet<&str> {
    let of_image = source.image.iter().map(|image| image.pull_secret.as_deref());
    let of_server =
        authorizations(source).map(|auth| auth.secret.as_ref().map(|secret| secret.name.as_str()));
    of_image.chain(of_server).filter_map(access::named).collect()
}

/// The `ConfigMaps` of the provisioner's namespace that a source names.
#[must_use]
pub(crate) fn config_maps(source: &BundleSource) -> BTreeSet<&str> {
    source.config_maps.iter().flatten().map(|map| map.config_map.name.as_str()).collect()
}

/// Who we are for the git or web server of a source.
fn authorizations(source: &BundleSource) -> impl Iterator<Item = &Authorization> {
    let of_git = source.git.iter().filter_map(|git| git.auth.as_ref());
    of_git.chain(source.http.iter().filter_map(|http| http.auth.as_ref()))
}

/// Under which name the files of `ConfigMaps` are kept: nobody gets what was read with the rights of another.
fn kept_as(of: &str, maps: &[ConfigMapSource]) -> String {
    format!("{of} {}", json!(maps))
}

/// The server that is asked for a source.
fn server(source: &BundleSource) -> Option<String> {
    spec::source(source).ok()?.server()
}

/// What a source is called in figures.
pub(crate) fn label(source: &BundleSource) -> metrics::Source {
    match source {
        BundleSource { git: Some(_), .. } => metrics::Source::Git,
        BundleSource { http: Some(_), .. } => metrics::Source::Http,
        BundleSource { config_maps: Some(_), .. } => metrics::Source::ConfigMaps,
        _ => metrics::Source::Image,
    }
}

/// Whether whoever answers in the name of a source is believed.
#[must_use]
pub(crate) fn trusts_anybody(source: &BundleSource) -> bool {
    let of_image = source.image.iter().filter_map(|image| image.insecure_skip_tls_verify);
    let of_server = authorizations(source).filter_map(|auth| auth.insecure_skip_verify);
    of_image.chain(of_server).any(|insecure| insecure)
}

/// Tells what happens while something is fetched.
struct Log;

impl Progress for Log {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Warning(warning) => tracing::warn!("{warning}"),
            Event::Running(text) => tracing::debug!("{text}"),
            Event::Resolved(reference) => tracing::debug!(%reference, "resolved"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;
    use serde_json::Value;

    fn http(url: &str) -> Value {
        json!({"type": "http", "http": {"url": url}})
    }

    fn git(repository: &str) -> Value {
        json!({"type": "git", "git": {"repository": repository, "ref": {"branch": "main"}}})
    }

    fn image(reference: &str) -> Value {
        json!({"type": "image", "image": {"ref": reference}})
    }

    #[rstest]
    #[case::http(http("https://a/1"), http("https://a/2"), true)]
    #[case::http_elsewhere(http("https://a/1"), http("https://b/1"), false)]
    #[case::http_at_another_port(http("https://a/1"), http("https://a:8443/1"), false)]
    #[case::http_in_the_clear(http("http://a/1"), http("https://a/1"), false)]
    #[case::git(git("https://a/1"), git("https://a/2"), true)]
    #[case::git_elsewhere(git("https://a/1"), git("https://b/1"), false)]
    #[case::git_by_another_way(git("ssh://a/1"), git("https://a/1"), false)]
    #[case::image(image("a/b:1"), image("a/c:2"), true)]
    #[case::image_elsewhere(image("a.example/b:1"), image("b.example/b:1"), false)]
    #[case::another_kind(git("https://a/1"), http("https://a/1"), false)]
    fn what_is_for_one_server_is_not_for_another(
        #[case] pin: Value,
        #[case] spec: Value,
        #[case] expected: bool,
    ) {
        let [pin, spec]: [BundleSource; 2] =
            [pin, spec].map(|source| serde_json::from_value(source).unwrap());
        let named = Named { of: "", spec: &spec, pin: Some(&pin) };
        assert_eq!(std::ptr::eq(named.introducing(), &raw const spec), expected);
        assert!(std::ptr::eq(Named { pin: None, ..named }.introducing(), &raw const spec));
    }
}
