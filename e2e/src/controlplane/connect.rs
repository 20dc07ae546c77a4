//! Connections by a kubeconfig. Those to this host go through no proxy, whatever the environment says of others.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::net::IpAddr;
use std::path::Path;

use kube::Client;
use kube::client::ClientBuilder;
use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};

/// Who and where a file says.
pub async fn config(kubeconfig: &Path) -> Config {
    config_of(Kubeconfig::read_from(kubeconfig).unwrap()).await.unwrap()
}

/// A client of a file, which asks once.
pub async fn client(kubeconfig: &Path) -> Client {
    client_of(config(kubeconfig).await).unwrap()
}

pub(super) async fn config_of(kubeconfig: Kubeconfig) -> Result<Config, KubeconfigError> {
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    let address = config.cluster_url.host().and_then(|host| host.parse::<IpAddr>().ok());
    if address.is_some_and(|address| address.is_loopback()) {
        config.proxy_url = None;
    }
    Ok(config)
}

pub(super) fn client_of(mut config: Config) -> kube::Result<Client> {
    config.default_retry = false;
    Ok(ClientBuilder::try_from(config)?.build())
}
