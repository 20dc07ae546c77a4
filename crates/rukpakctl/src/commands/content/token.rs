//! The token that is shown to a content server.

use anyhow::{Context as _, anyhow, bail};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount as Account;
use kube::api::{Api, PostParams};
use kube::client::{Body, ConfigExt as _};
use rukpak_apply::cluster::Login;
use rukpak_apply::rights::ServiceAccount;
use rukpak_oci::Secret;
use tower::{BoxError, Layer as _, ServiceExt as _};

use crate::cluster::Connection;

/// Seconds that a requested token is good for: the least that a server grants.
const LIFE: i64 = 600;

/// The token of a `ServiceAccount`, or the one that we show the API server ourselves.
pub(super) async fn of(connection: &Connection, account: Option<&ServiceAccount>) -> anyhow::Result<Secret> {
    match account {
        Some(account) => requested(connection, account).await,
        None => own(connection.login()).await?.context(
            "you do not show the cluster a token, but a certificate or a password, which the content server does not take; \
             --service-account NS/NAME asks with a token that is requested for it",
        ),
    }
}

async fn requested(connection: &Connection, account: &ServiceAccount) -> anyhow::Result<Secret> {
    let api: Api<Account> = Api::namespaced(connection.client()?, account.namespace());
    let spec = TokenRequestSpec { expiration_seconds: Some(LIFE), ..TokenRequestSpec::default() };
    let wanted = TokenRequest { spec, ..TokenRequest::default() };
    let got = api.create_token_request(account.name(), &PostParams::default(), &wanted).await;
    let status = match got {
        Ok(request) => request.status,
        Err(kube::Error::Api(status)) => {
            bail!("cannot request a token for ServiceAccount {account}: {}", status.message)
        }
        Err(error) => {
            return Err(error)
                .with_context(|| format!("cannot request a token for ServiceAccount {account}"));
        }
    };
    let status = status.with_context(|| format!("the server grants ServiceAccount {account} no token"))?;
    Ok(Secret::new(status.token))
}

/// The token that goes with our requests, wherever the configuration has it from: itself, a file, or a program. `None` where
/// something else does.
async fn own(login: &Login) -> anyhow::Result<Option<Secret>> {
    let token = |header: &HeaderValue| Some(Secret::new(header.to_str().ok()?.strip_prefix("Bearer ")?));
    let cannot = || "cannot find out as whom the cluster is spoken to";
    if let Some(header) = login.authorization().await.with_context(cannot)? {
        return Ok(token(&header));
    }
    let Some(layer) = login.config.auth_layer().with_context(cannot)? else { return Ok(None) };
    // What would send a request shows what it was given to send.
    let mirror = tower::service_fn(async |request: Request<Body>| {
        let mut shown = Response::new(());
        *shown.headers_mut() = request.headers().clone();
        Ok::<_, BoxError>(shown)
    });
    let sent = layer.layer(mirror).oneshot(Request::new(Body::empty())).await;
    let sent = sent.map_err(|error| anyhow!(error).context(cannot()))?;
    Ok(sent.headers().get(AUTHORIZATION).and_then(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(user: serde_json::Value) -> Option<String> {
        let kubeconfig = serde_json::from_value(serde_json::json!({
            "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "users": [{"name": "a", "user": user}],
        }))
        .unwrap();
        let login = Login::of(kubeconfig, Some("a".into()), |_| None).await.unwrap();
        own(&login).await.unwrap().map(|token| token.expose().to_owned())
    }

    #[tokio::test]
    async fn a_token_wherever_it_comes_from() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "from-a-file").unwrap();
        let program = r#"{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "from-a-program"}}"#;
        let exec = serde_json::json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "echo", "args": [program], "interactiveMode": "Never",
        }});
        assert_eq!(shown(serde_json::json!({"token": "itself"})).await.as_deref(), Some("itself"));
        assert_eq!(shown(serde_json::json!({"tokenFile": file})).await.as_deref(), Some("from-a-file"));
        assert_eq!(shown(exec).await.as_deref(), Some("from-a-program"));
        assert_eq!(shown(serde_json::json!({"username": "kim", "password": "hunter2"})).await, None);
        assert_eq!(shown(serde_json::json!({})).await, None);
    }
}
