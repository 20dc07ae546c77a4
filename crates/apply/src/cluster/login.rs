//! What a kubeconfig leads to.
//!
//! In: a kubeconfig, and the environment's proxies. Out: a [`Login`], of which clients are made. Nothing is asked of the cluster yet, but a
//! credential plugin is run.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use kube::Config;
use kube::config::{AuthInfo, Cluster, KubeConfigOptions, Kubeconfig, KubeconfigError};
use thiserror::Error;

use super::plugin::{self, Plugin, PluginError};
use super::proxy;

/// Where an API server is, and who we are there.
#[derive(Debug, Clone)]
pub struct Login {
    /// What `kube` knows of it.
    pub config: Config,
    /// What gives the token that goes with requests, where `kube` does not know it. All clones have the same.
    pub(super) plugin: Option<Arc<Plugin>>,
}

/// Why a kubeconfig leads nowhere.
#[derive(Debug, Error)]
pub enum LoginError {
    /// A context names a cluster or a user that is not there.
    #[error("the context {context:?} names the {what} {name:?}, which is not there; there are {there}")]
    NotThere {
        /// The context.
        context: String,
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        there: String,
    },
    /// The address of the server is none.
    #[error("the cluster {cluster:?} has the server {server:?}, expected https://HOST:PORT")]
    Server {
        /// The cluster.
        cluster: String,
        /// Its server.
        server: String,
    },
    /// A credential plugin does not say who we are.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// It cannot be used for another reason. The text has its causes in it.
    #[error("{0}")]
    Kubeconfig(KubeconfigError),
}

impl LoginError {
    /// What would help, in the words of the kubeconfig and on one line.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let Self::Plugin(error) = self else { return None };
        error.hint()
    }
}

impl From<Config> for Login {
    fn from(config: Config) -> Self {
        Self { config, plugin: None }
    }
}

impl Login {
    /// The one of a context of a kubeconfig, or of its current one; with the variables of the environment.
    ///
    /// # Errors
    /// Where the kubeconfig, the address of the proxy, or what a credential plugin says, cannot be used.
    pub async fn of(
        mut kubeconfig: Kubeconfig,
        context: Option<String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, LoginError> {
        complete(&mut kubeconfig, context.as_deref())?;
        let named = proxy::named(&kubeconfig, context.as_deref());
        let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
        let mut config = config.map_err(LoginError::Kubeconfig)?;
        let proxy = named.or_else(|| proxy::of_environment(&config.cluster_url, variable));
        let proxy = proxy.map(|url| url.parse()).transpose();
        config.proxy_url =
            proxy.map_err(|error| LoginError::Kubeconfig(KubeconfigError::ParseProxyUrl(error)))?;
        Ok(Self::asked(config).await?)
    }

    /// The same, where a credential plugin says who we are if the configuration has one and nothing else does.
    async fn asked(mut config: Config) -> Result<Self, PluginError> {
        let info = &mut config.auth_info;
        let AuthInfo { auth_provider, username, password, token, token_file, .. } = info;
        let is_known = auth_provider.is_some()
            || (username.is_some() && password.is_some())
            || token.is_some()
            || token_file.is_some();
        let Some(exec) = info.exec.take().filter(|_| !is_known) else { return Ok(config.into()) };
        let answer = plugin::run(&exec).await?;
        if let Some((certificate, key)) = answer.identity {
            info.client_certificate_data = Some(BASE64_STANDARD.encode(certificate));
            info.client_key_data = Some(BASE64_STANDARD.encode(key).into());
        }
        let plugin = answer.token.map(|token| Arc::new(Plugin::new(exec, token)));
        Ok(Self { config, plugin })
    }

    /// The header that goes with requests by what a credential plugin said, if there is one.
    ///
    /// # Errors
    /// Where it had to be run again, and failed.
    pub async fn authorization(&self) -> Result<Option<HeaderValue>, PluginError> {
        match &self.plugin {
            Some(plugin) => plugin.header().await.map(Some),
            None => Ok(None),
        }
    }
}

/// Sees to it that a context means something that is there, and that its server has an address with a scheme.
fn complete(kubeconfig: &mut Kubeconfig, context: Option<&str>) -> Result<(), LoginError> {
    let Kubeconfig { contexts, clusters, auth_infos, current_context, .. } = kubeconfig;
    let wanted = context.or(current_context.as_deref());
    let found = contexts.iter().find(|one| Some(one.name.as_str()) == wanted);
    // What is said where there is none, `kube` knows.
    let Some(context) = found.and_then(|found| found.context.as_ref()) else { return Ok(()) };
    let not_there = |what, name: &str, names: Vec<&str>| LoginError::NotThere {
        context: wanted.unwrap_or_default().to_owned(),
        what,
        name: name.to_owned(),
        there: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
    };
    let user = context.user.as_deref().unwrap_or_default();
    let info = auth_infos.iter().find(|one| one.name == user).and_then(|one| one.auth_info.as_ref());
    if !user.is_empty() && auth_infos.iter().all(|one| one.name != user) {
        return Err(not_there("user", user, auth_infos.iter().map(|one| one.name.as_str()).collect()));
    }
    let Some(index) = clusters.iter().position(|one| one.name == context.cluster) else {
        let names = clusters.iter().map(|one| one.name.as_str()).collect();
        return Err(not_there("cluster", &context.cluster, names));
    };
    let Some(cluster) = clusters.get_mut(index).and_then(|one| one.cluster.as_mut()) else { return Ok(()) };
    let server = cluster.server.as_deref().unwrap_or_default();
    let Some(url) = url(server, is_secure(cluster, info)) else {
        return Err(LoginError::Server { cluster: context.cluster.clone(), server: server.to_owned() });
    };
    cluster.server = Some(url);
    Ok(())
}

/// Whether something tells that TLS is spoken where the address does not (client-go, `rest.defaultServerUrlFor`).
fn is_secure(cluster: &Cluster, info: Option<&AuthInfo>) -> bool {
    let has_authority =
        cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some();
    let has_certificate =
        info.is_some_and(|info| info.client_certificate.is_some() || info.client_certificate_data.is_some());
    has_authority || has_certificate || cluster.insecure_skip_tls_verify == Some(true)
}

/// The URL that an address means: itself, or that of a host and a port as `kubectl` takes them (client-go, `rest.DefaultServerURL`).
fn url(server: &str, is_secure: bool) -> Option<String> {
    let is_whole = server.contains("://");
    let scheme = if is_secure { "https" } else { "http" };
    let text = if is_whole { server.to_owned() } else { format!("{scheme}://{server}") };
    let url: Uri = text.parse().ok()?;
    let authority = url.authority()?;
    let port = authority.as_str().rsplit('@').next()?.strip_prefix(authority.host())?;
    let is_url = matches!(url.scheme_str(), Some("http" | "https"))
        && !authority.host().is_empty()
        && (port.is_empty() || authority.port_u16().is_some())
        && (is_whole || (url.path() == "/" && url.query().is_none()));
    is_url.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;
    use serde_json::{Value, json};

    async fn login(cluster: Value, user: Value) -> Result<Login, LoginError> {
        let kubeconfig = serde_json::from_value(json!({
            "current-context": "here",
            "clusters": [{"name": "a", "cluster": cluster}],
            "contexts": [
                {"name": "here", "context": {"cluster": "a", "user": "kim"}},
            ],
            "users": [{"name": "kim", "user": user}],
        }))
        .unwrap();
        Login::of(kubeconfig, None, |_| None).await
    }

    #[rstest]
    #[case::whole(json!({"server": "https://a.example:6443"}), "https://a.example:6443/")]
    #[case::with_a_path(json!({"server": "https://a.example/k8s/clusters/c"}), "https://a.example/k8s/clusters/c")]
    #[case::without_tls(json!({"server": "127.0.0.1:1"}), "http://127.0.0.1:1/")]
    #[case::without_a_port(json!({"server": "localhost"}), "http://localhost/")]
    #[case::with_a_slash(json!({"server": "localhost:1/"}), "http://localhost:1/")]
    #[case::of_v6(json!({"server": "[::1]:6443"}), "http://[::1]:6443/")]
    #[case::unverified(
        json!({"server": "a.example:6443", "insecure-skip-tls-verify": true}),
        "https://a.example:6443/"
    )]
    #[case::an_authority(
        json!({"server": "a.example:6443", "certificate-authority-data": ""}),
        "https://a.example:6443/"
    )]
    #[tokio::test]
    async fn a_server_is_what_kubectl_takes_it_for(#[case] cluster: Value, #[case] expected: &str) {
        let login = login(cluster, json!({})).await.unwrap();
        assert_eq!(login.config.cluster_url.to_string(), expected);
        super::super::client(login).unwrap();
    }

    #[rstest]
    #[case::nothing("")]
    #[case::no_host("https://")]
    #[case::no_host_but_a_port("https://:6443")]
    #[case::a_path("/a")]
    #[case::a_host_and_a_path("a.example/a")]
    #[case::no_port("a.example:")]
    #[case::a_port_that_is_none("a.example:https")]
    #[case::a_large_port("https://a.example:66443")]
    #[case::of_v6_without_brackets("::1")]
    #[case::another_scheme("ftp://a.example")]
    #[case::a_space("https://a example")]
    #[tokio::test]
    async fn a_server_that_is_none_is_named(#[case] server: &str) {
        let error = login(json!({"server": server}), json!({})).await.unwrap_err().to_string();
        let expected = format!("the cluster \"a\" has the server {server:?}, expected https://HOST:PORT");
        assert_eq!(error, expected);
    }

    #[rstest]
    #[case::a_user(
        "a",
        Some("b"),
        Some("the context \"c\" names the user \"b\", which is not there; there are kim, lou")
    )]
    #[case::a_cluster(
        "b",
        Some("kim"),
        Some("the context \"c\" names the cluster \"b\", which is not there; there are a")
    )]
    #[case::nobody("a", None, None)]
    #[case::nobody_by_name("a", Some(""), None)]
    #[tokio::test]
    async fn a_context_means_what_is_there(
        #[case] cluster: &str,
        #[case] user: Option<&str>,
        #[case] expected: Option<&str>,
    ) {
        let kubeconfig = serde_json::from_value(json!({
            "clusters": [{"name": "a", "cluster": {"server": "https://a.example"}}],
            "contexts": [{"name": "c", "context": {"cluster": cluster, "user": user}}],
            "users": [{"name": "kim", "user": {}}, {"name": "lou", "user": {}}],
        }))
        .unwrap();
        let login = Login::of(kubeconfig, Some("c".into()), |_| None).await;
        assert_eq!(login.err().map(|error| error.to_string()).as_deref(), expected);
    }

    #[tokio::test]
    async fn kube_runs_no_plugin() {
        let answer = r#"{"status": {"token": "t", "clientCertificateData": "c", "clientKeyData": "k"}}"#;
        let exec = json!({"command": "echo", "args": [answer], "interactiveMode": "Never"});
        let login = login(json!({"server": "https://a.example"}), json!({"exec": exec})).await.unwrap();
        let info = &login.config.auth_info;
        assert!(info.exec.is_none());
        assert_eq!(info.client_certificate_data.as_deref(), Some("Yw=="));
        assert!(info.client_key_data.is_some());
        assert_eq!(login.authorization().await.unwrap().unwrap(), "Bearer t");
    }

    #[tokio::test]
    async fn what_the_kubeconfig_says_itself_comes_before_a_plugin() {
        let user = json!({"token": "t", "exec": {"command": "false"}});
        let login = login(json!({"server": "https://a.example"}), user).await.unwrap();
        assert!(login.plugin.is_none() && login.config.auth_info.token.is_some());
    }
}
