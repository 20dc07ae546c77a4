//! Credentials for registries, as the configurations of Docker, Podman and Kubernetes hold them.
//!
//! In: a pull secret, or the files of whoever sits at the command line. Out: the credentials for an image, best first. It
//! knows nothing of networks and does not try whether any of them works.
//!
//! What matches, and what comes first, is the rule of the kubelet (`pkg/credentialprovider` of Kubernetes 1.36), so that a
//! pull secret does the same here as in a pod. Where we differ:
//!
//! - Every name of Docker Hub (`docker.io`, `index.docker.io`, `registry-1.docker.io`) means `docker.io`. The kubelet does
//!   not know the last, takes `index.docker.io` only where nothing else matches, and never with a path.
//! - `?`, `[…]` and `\` in the name of a host work as Kubernetes documents them. The kubelet's URL parser takes them away.
//! - `[::1]` is an address. The kubelet reads one that has no port as a class of characters.
//! - `identitytoken`, `registrytoken` and the users that stand for a token are understood, which the kubelet does not read.
//! - NUL characters behind a password are dropped and an entry that is empty counts for nothing, as in Docker.
//! - Where several keys mean the same, they come in the order of their text, and not by chance; what was found twice is
//!   returned once.
//! - Names of fields are those of Docker to the letter, whereas Go takes `AUTH`, too; keys are taken as they are written,
//!   without decoding `%2F` and the like.

mod config;
mod error;
mod files;
mod glob;
mod helper;
mod matching;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::{Credentials, Reference};
use config::{Config, Form};
use helper::Helper;
use matching::Scope;

pub use error::{CredentialsError, HelperError, KeyringError};

/// How long a credential helper may take. It may have to ask a person or a cloud.
const HELPER_TIMEOUT: Duration = Duration::from_secs(30);

/// Credentials, each with what it is for. The default holds none.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// Most specific first.
    entries: Vec<Entry>,
    /// Helpers that may know every registry.
    stores: Vec<Helper>,
}

#[derive(Debug, Clone)]
struct Entry {
    scope: Scope,
    holder: Holder,
}

/// Where credentials are.
#[derive(Debug, Clone)]
enum Holder {
    Here(Credentials),
    Helper(Helper),
    /// Not in a store either: `credHelpers` names the registry and, on purpose, no helper.
    NoHelper,
}

impl Keyring {
    /// Reads the pull secret of a cluster, `.dockerconfigjson`.
    ///
    /// `credHelpers` and `credsStore` are ignored, with a warning: who may write a secret may not thereby run programs.
    pub fn from_docker_config(json: &[u8]) -> Result<Self, KeyringError> {
        Ok(Config::read(json, Form::DockerConfig)?.without_helpers())
    }

    /// Reads the pull secret of a cluster in the older form, `.dockercfg`.
    pub fn from_dockercfg(json: &[u8]) -> Result<Self, KeyringError> {
        Ok(Config::read(json, Form::Dockercfg)?.without_helpers())
    }

    /// Reads the files of the person at the command line: `authfile`, else what `$REGISTRY_AUTH_FILE` names, else the
    /// files where Podman and Docker keep credentials, those of Podman preferred. Credential helpers are looked for in
    /// `$PATH`.
    ///
    /// A file that is named must exist; one that is not need not.
    pub fn from_environment(
        env: impl Fn(&str) -> Option<OsString>,
        authfile: Option<&Path>,
    ) -> Result<Self, KeyringError> {
        files::read(&env, authfile)
    }

    /// Both; where two entries are equally specific, those of `self` come first.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        for store in other.stores {
            if !self.stores.contains(&store) {
                self.stores.push(store);
            }
        }
        Self::sorted(self.entries, self.stores)
    }

    /// The credentials for an image that the keyring holds itself, best first, each once.
    #[must_use]
    pub fn lookup(&self, reference: &Reference) -> Vec<Credentials> {
        let here = self.covering(reference).filter_map(|holder| match holder {
            Holder::Here(credentials) => Some(credentials.clone()),
            Holder::Helper(_) | Holder::NoHelper => None,
        });
        distinct(here.collect())
    }

    /// The credentials for an image, those of credential helpers among them, best first, each once.
    ///
    /// A helper in `credHelpers` is asked where its key matches. `credsStore` is asked only for a registry that has no
    /// such helper and where nothing else was found: it may prompt, and is often set where its program is missing.
    pub async fn credentials(&self, reference: &Reference) -> Result<Vec<Credentials>, KeyringError> {
        self.credentials_within(reference, HELPER_TIMEOUT).await
    }

    async fn credentials_within(
        &self,
        reference: &Reference,
        timeout: Duration,
    ) -> Result<Vec<Credentials>, KeyringError> {
        let registry = matching::server(reference);
        let mut found = vec![];
        let mut asked: Vec<&Helper> = vec![];
        let mut may_ask_stores = true;
        for holder in self.covering(reference) {
            match holder {
                Holder::Here(credentials) => found.push(credentials.clone()),
                Holder::Helper(helper) => {
                    may_ask_stores = false;
                    if !asked.contains(&helper) {
                        asked.push(helper);
                        found.extend(helper.get(registry, timeout).await?);
                    }
                }
                Holder::NoHelper => may_ask_stores = false,
            }
        }
        if may_ask_stores {
            for store in &self.stores {
                if found.is_empty() {
                    found.extend(store.get(registry, timeout).await?);
                }
            }
        }
        Ok(distinct(found))
    }

    /// A keyring of these. The order of entries that are equally specific is kept.
    fn sorted(mut entries: Vec<Entry>, stores: Vec<Helper>) -> Self {
        entries.sort_by(|a, b| b.scope.cmp(&a.scope));
        Self { entries, stores }
    }

    fn covering(&self, reference: &Reference) -> impl Iterator<Item = &Holder> {
        self.entries.iter().filter(|entry| entry.scope.covers(reference)).map(|entry| &entry.holder)
    }
}

/// Each of them once, the first one kept.
fn distinct(credentials: Vec<Credentials>) -> Vec<Credentials> {
    let mut seen = HashSet::new();
    let is_new: Vec<bool> = credentials
        .iter()
        .map(|credentials| {
            seen.insert(match credentials {
                Credentials::Anonymous => ("anonymous", "", ""),
                Credentials::Basic(basic) => ("basic", basic.username.as_str(), basic.password.expose()),
                Credentials::Identity(token) => ("identity", "", token.expose()),
                Credentials::Bearer(token) => ("bearer", "", token.expose()),
            })
        })
        .collect();
    credentials
        .into_iter()
        .zip(is_new)
        .filter_map(|(credentials, is_new)| is_new.then_some(credentials))
        .collect()
}
