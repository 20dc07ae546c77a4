//! Namespaces of tests: names that no other test has, and an end.

#![expect(clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::thread;

use k8s_openapi::api::core::v1 as core;
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use kube::{Client, Config};

use super::Cluster;

/// A namespace. Its deletion begins when this is dropped, and is not waited for.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    config: Config,
}

impl Namespace {
    pub(super) async fn create(cluster: &Cluster, name: &str) -> Self {
        let name = format!("e2e-{name}-{}", unique());
        let metadata = ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() };
        let namespace = core::Namespace { metadata, ..core::Namespace::default() };
        let api = Api::<core::Namespace>::all(cluster.client());
        api.create(&PostParams::default(), &namespace).await.unwrap();
        Self { name, config: cluster.config() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let (name, config) = (self.name.clone(), self.config.clone());
        // The test's runtime waits for this, so that the test's client would wait for ever.
        let deleted = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let api = Api::<core::Namespace>::all(Client::try_from(config)?);
                api.delete(&name, &DeleteParams::background()).await.map(drop)?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
        });
        // A cluster that is gone has no namespaces.
        let _ = deleted.join();
    }
}

/// Eight characters that nobody else has.
#[must_use]
pub fn unique() -> String {
    let number = RandomState::new().hash_one(std::process::id());
    format!("{number:016x}").chars().take(8).collect()
}
