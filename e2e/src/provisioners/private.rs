//! A bundle in a registry that asks who is there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::bundle::Files;
use crate::process::{Host, run};
use crate::registry::{Options, PASSWORD, Registry};

/// A registry that lets in nobody but `kim`, and a bundle there.
pub struct Private {
    registry: Registry,
    image: String,
}

impl Private {
    /// Pushes a bundle to a registry of its own. `None` where there is no registry to start.
    #[must_use]
    pub fn push(files: &Files) -> Option<Self> {
        let registry = Registry::start(&Options { has_users: true, ..Options::default() })?;
        let host = Host::new();
        for (path, content) in files {
            let _ = host.write(&format!("bundle/{path}"), content);
        }
        let auth = host.write("auth.json", config(&registry, PASSWORD));
        let image = registry.image("private/web:v1");
        run(&mut host.rukpakctl(["push", "bundle", &image, "--authfile", &auth])).ok();
        Some(Self { registry, image })
    }

    /// `HOST:PORT/NAME:TAG`.
    #[must_use]
    pub fn image(&self) -> &str {
        &self.image
    }

    /// The image under a digest instead of its tag.
    #[must_use]
    pub fn pinned(&self, digest: &str) -> String {
        format!("{}@{digest}", self.registry.image("private/web"))
    }

    /// A pull secret of kim's, in the older form.
    #[must_use]
    pub fn dockercfg(&self, name: &str, password: &str) -> Value {
        let config = json!({self.registry.host(): {"auth": auth(password)}});
        json!({
            "metadata": {"name": name},
            "type": "kubernetes.io/dockercfg",
            "stringData": {".dockercfg": config.to_string()},
        })
    }

    /// A pull secret of kim's.
    #[must_use]
    pub fn secret(&self, name: &str, password: &str) -> Value {
        json!({
            "metadata": {"name": name},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": config(&self.registry, password)},
        })
    }
}

/// What docker keeps of kim's password.
fn config(registry: &Registry, password: &str) -> String {
    json!({"auths": {registry.host(): {"auth": auth(password)}}}).to_string()
}

fn auth(password: &str) -> String {
    STANDARD.encode(format!("kim:{password}"))
}
