//! Where a bundle is (`spec.source`), and what it was pinned to (`status.resolvedSource`).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a bundle is. Exactly one of image, git, configMaps and http is set, the one that type names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = (
        "self.type in ['image', 'git', 'configMaps', 'http']",
        "source.type must be image, git, configMaps or http"
    ),
    validation = (
        "[has(self.image), has(self.git), has(self.configMaps), has(self.http)].filter(given, given).size() == 1",
        "exactly one of source.image, source.git, source.configMaps and source.http must be set"
    ),
    validation = ("self.type != 'image' || has(self.image)", "source.image must be set for source type image"),
    validation = ("self.type != 'git' || has(self.git)", "source.git must be set for source type git"),
    validation = (
        "self.type != 'configMaps' || has(self.configMaps)",
        "source.configMaps must be set for source type configMaps"
    ),
    validation = ("self.type != 'http' || has(self.http)", "source.http must be set for source type http")
)]
pub struct BundleSource {
    /// Which of the others is set: image, git, configMaps or http.
    #[serde(rename = "type")]
    pub kind: String,

    /// An image in a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageSource>,

    /// A directory of a git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSource>,

    /// Files in ConfigMaps of the provisioner's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub config_maps: Option<Vec<ConfigMapSource>>,

    /// A compressed tar archive of a web server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpSource>,

    /// Every how many minutes a tag, a branch or an archive is looked at anew. Without it, once for each change of this spec, and for each
    /// new value of the annotation core.rukpak.io/reconcile-requested-at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 525_600))]
    pub poll_interval_minutes: Option<i32>,
}

/// An image in a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageSource {
    /// The image, by tag or by digest: `registry.example.com/operators/web:v1`.
    #[serde(rename = "ref")]
    #[schemars(length(min = 1, max = 4096))]
    pub reference: String,

    /// A Secret of the provisioner's namespace with the credentials for the registry, of type kubernetes.io/dockerconfigjson or
    /// kubernetes.io/dockercfg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub pull_secret: Option<String>,

    /// Whether any certificate of the registry will do.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "insecureSkipTLSVerify")]
    pub insecure_skip_tls_verify: Option<bool>,

    /// Certificates, PEM, that are trusted for the registry besides the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_data: Option<String>,
}

/// A directory of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitSource {
    /// The repository: `https://…`, `ssh://…` or `git@host:path`.
    #[schemars(length(min = 1, max = 4096))]
    pub repository: String,

    /// The directory of the repository that holds the bundle; its root, if this is not set. Without `..`, also where that
    /// stays inside: `b`, and not `a/../b`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    #[x_kube(validation = (
        "!self.startsWith('/') && !self.matches('(^|/)[.][.](/|$)')",
        "source.git.directory must be a directory of the repository: without a leading / and without .."
    ))]
    pub directory: Option<String>,

    /// What of the repository.
    #[serde(rename = "ref")]
    pub reference: GitRef,

    /// Who we are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Authorization>,
}

/// What of a git repository: exactly one of branch, tag and commit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "[has(self.branch), has(self.tag), has(self.commit)].filter(given, given).size() == 1",
    "exactly one of source.git.ref.branch, source.git.ref.tag and source.git.ref.commit must be set"
))]
pub struct GitRef {
    /// The newest commit of this branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub branch: Option<String>,

    /// The commit of this tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub tag: Option<String>,

    /// This commit, by its whole name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub commit: Option<String>,
}

/// Who we are for a git or web server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// A Secret of the provisioner's namespace: `username` and `password`, one of which may be missing, or for SSH `ssh-privatekey` and
    /// `ssh-knownhosts`. None, if its name is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<LocalReference>,

    /// Whether any certificate or host key of the server will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure_skip_verify: Option<bool>,
}

/// An object of the provisioner's namespace, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LocalReference {
    /// Its name.
    #[serde(default)]
    #[schemars(length(max = 253))]
    pub name: String,
}

/// The files of a ConfigMap, which must be immutable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("self.configMap.name != ''", "source.configMaps[].configMap.name must be set"))]
pub struct ConfigMapSource {
    /// The ConfigMap.
    pub config_map: LocalReference,

    /// The directory of the bundle that the files are in; its root, if this is not set. Without `..`, also where that stays inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    #[x_kube(validation = (
        "!self.matches('(^|/)[.][.](/|$)')",
        "source.configMaps[].path must be inside the bundle: without .."
    ))]
    pub path: Option<String>,

    /// What its files must hash to, as `status.resolvedSource` has it: 64 hexadecimal digits. Whoever makes a ConfigMap of the same name
    /// anew with other files installs them by asking for a look, and not by the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: Option<String>,
}

/// A compressed tar archive of a web server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpSource {
    /// Where it is.
    #[schemars(length(min = 1, max = 4096))]
    #[x_kube(validation = (
        "self.startsWith('https://') || self.startsWith('http://')",
        "source.http.url must begin with https:// or http://"
    ))]
    pub url: String,

    /// What the archive must hash to: 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: Option<String>,

    /// Who we are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Authorization>,
}
