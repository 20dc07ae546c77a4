//! Who we are where a source is.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_api::{Authorization, BundleSource, ImageSource};
use rukpak_apply::cluster::{Address, Cluster, Refusal};
use rukpak_manifest::Object;
use rukpak_oci::{Basic, Keyring, Secret};
use rukpak_unpacker::{Access, SshAccess};
use serde_json::Value;

use super::SourceError;

/// What a pull secret may be, and the key of its data (`kubernetes.io/…`).
const PULL_SECRETS: [(&str, &str); 2] =
    [("kubernetes.io/dockerconfigjson", ".dockerconfigjson"), ("kubernetes.io/dockercfg", ".dockercfg")];

/// What the provisioner itself has.
pub(super) struct Ours<'a> {
    /// Its own rights.
    pub(super) cluster: &'a Cluster,
    /// Its `ServiceAccount`.
    pub(super) account: &'a str,
    /// Whether those who name sources may not have what it has.
    pub(super) is_of_tenants: bool,
}

impl Ours<'_> {
    /// Whether our pull secrets are shown for an image. Not where tenants say who is believed to be a registry: that could be anybody.
    fn are_shown_for(&self, image: &ImageSource) -> bool {
        !self.is_of_tenants || (certificates(image).is_none() && image.insecure_skip_tls_verify != Some(true))
    }
}

/// The certificates that are trusted for an image. Clients in Go write the empty text for none.
fn certificates(image: &ImageSource) -> Option<&String> {
    image.certificate_data.as_ref().filter(|pem| !pem.trim().is_empty())
}

/// The name of a Secret where one is named. Clients in Go write the empty name for none, as rukpak reads it.
pub(super) fn named(name: Option<&str>) -> Option<&str> {
    name.filter(|name| !name.is_empty())
}

/// What it takes to get at a source: the Secret that it names, by the rights of the reader; for images then the pull secrets of our
/// `ServiceAccount`, each for the registry that it is for.
pub(super) async fn of(
    ours: &Ours<'_>,
    reader: &Cluster,
    namespace: &str,
    source: &BundleSource,
) -> Result<Access, SourceError> {
    let secrets = Secrets { cluster: reader, namespace };
    if let Some(image) = &source.image {
        let mut access = secrets.of_image(image).await?;
        if ours.are_shown_for(image) {
            let shared = Secrets { cluster: ours.cluster, namespace };
            access.keyring = access.keyring.merge(shared.of_account(ours.account).await?);
        }
        return Ok(access);
    }
    let git = source.git.as_ref().and_then(|git| git.auth.as_ref());
    match git.or(source.http.as_ref().and_then(|http| http.auth.as_ref())) {
        Some(auth) => secrets.of_server(auth, source.git.is_some()).await,
        None => Ok(Access::default()),
    }
}

/// The Secrets of a namespace, as somebody may read them.
struct Secrets<'a> {
    cluster: &'a Cluster,
    namespace: &'a str,
}

impl Secrets<'_> {
    async fn of_image(&self, image: &ImageSource) -> Result<Access, SourceError> {
        let ImageSource { reference: _, pull_secret, insecure_skip_tls_verify, certificate_data: _ } = image;
        let keyring = match named(pull_secret.as_deref()) {
            Some(name) => self.keyring(name, &self.get(name).await?)?,
            None => Keyring::default(),
        };
        Ok(Access {
            keyring,
            certificates: certificates(image).cloned(),
            insecure_skip_verify: insecure_skip_tls_verify.unwrap_or_default(),
            ..Access::default()
        })
    }

    /// The pull secrets of a `ServiceAccount`. As for a pod: one that is not there, or not right, is passed over.
    async fn of_account(&self, account: &str) -> Result<Keyring, SourceError> {
        let mut keyring = Keyring::default();
        for name in self.pull_secrets(account).await? {
            let found = match self.get(&name).await {
                Ok(secret) => self.keyring(&name, &secret),
                Err(error) => Err(error),
            };
            match found {
                Ok(more) => keyring = keyring.merge(more),
                Err(error) => tracing::warn!(%error, "a pull secret of our ServiceAccount is of no use"),
            }
        }
        Ok(keyring)
    }

    async fn of_server(&self, auth: &Authorization, is_git: bool) -> Result<Access, SourceError> {
        let Authorization { secret, insecure_skip_verify } = auth;
        let mut access =
            Access { insecure_skip_verify: insecure_skip_verify.unwrap_or_default(), ..Access::default() };
        let Some(name) = named(secret.as_ref().map(|secret| secret.name.as_str())) else { return Ok(access) };
        let data = Self::data(&self.get(name).await?);
        let text = |key: &str| data.get(key).and_then(|bytes| String::from_utf8(bytes.clone()).ok());
        if let Some(private_key) = text("ssh-privatekey").filter(|_| is_git) {
            let known_hosts = text("ssh-knownhosts").unwrap_or_default();
            access.ssh = Some(SshAccess { private_key: Secret::new(private_key), known_hosts });
        }
        access.basic = match (text("username"), text("password")) {
            (None, None) => None,
            // Beside a key, one of them alone is no password.
            (None, _) | (_, None) if access.ssh.is_some() => None,
            (username, password) => Some(Basic {
                username: username.unwrap_or_default(),
                password: Secret::new(password.unwrap_or_default()),
            }),
        };
        if access.ssh.is_none() && access.basic.is_none() {
            let ssh = if is_git { ", or `ssh-privatekey`" } else { "" };
            return Err(self.problem(
                name,
                format!("has none of what is needed, expected `username` or `password`, or both{ssh}"),
            ));
        }
        Ok(access)
    }

    /// The names of the pull secrets of a `ServiceAccount`. One that we may not read, or that is not there, has none.
    async fn pull_secrets(&self, account: &str) -> Result<Vec<String>, SourceError> {
        let kind = ["", "v1", "ServiceAccount", "serviceaccounts"];
        let account = match self.cluster.get(&Address::known(kind, Some(self.namespace), account)).await {
            Ok(account) => account,
            Err(error) if error.refusal() == Refusal::Forbidden => None,
            Err(error) => return Err(error.into()),
        };
        let secrets = account.as_ref().and_then(|account| account.get(&["imagePullSecrets"]));
        Ok(secrets
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|secret| named(secret.get("name").and_then(Value::as_str)).map(str::to_owned))
            .collect())
    }

    async fn get(&self, name: &str) -> Result<Object, SourceError> {
        let address = Address::known(["", "v1", "Secret", "secrets"], Some(self.namespace), name);
        let missing = || SourceError::NoSecret { namespace: self.namespace.into(), name: name.into() };
        self.cluster.get(&address).await?.ok_or_else(missing)
    }

    fn data(secret: &Object) -> BTreeMap<String, Vec<u8>> {
        let data = secret.get(&["data"]).and_then(Value::as_object).into_iter().flatten();
        data.filter_map(|(key, value)| Some((key.clone(), STANDARD.decode(value.as_str()?).ok()?))).collect()
    }

    fn keyring(&self, name: &str, secret: &Object) -> Result<Keyring, SourceError> {
        let kind = secret.get(&["type"]).and_then(Value::as_str).unwrap_or_default();
        let Some((kind, key)) = PULL_SECRETS.into_iter().find(|(known, _)| *known == kind) else {
            let [(one, _), (other, _)] = PULL_SECRETS;
            return Err(self.problem(name, format!("is of type {kind:?}, expected {one} or {other}")));
        };
        let Some(json) = Self::data(secret).remove(key) else {
            return Err(self.problem(name, format!("has no {key}")));
        };
        let read = if kind == PULL_SECRETS[0].0 {
            Keyring::from_docker_config(&json)
        } else {
            Keyring::from_dockercfg(&json)
        };
        read.map_err(|error| self.problem(name, format!("cannot be read: {error}")))
    }

    fn problem(&self, name: &str, problem: String) -> SourceError {
        SourceError::Secret { namespace: self.namespace.into(), name: name.into(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use kube::Config;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::as_usual(json!({}), true)]
    #[case::with_nothing_said(json!({"certificateData": " ", "insecureSkipTLSVerify": false}), true)]
    #[case::with_other_certificates(json!({"certificateData": "pem"}), false)]
    #[case::with_any_certificate(json!({"insecureSkipTLSVerify": true}), false)]
    #[tokio::test]
    async fn our_pull_secrets_are_not_shown_to_whom_tenants_trust(
        #[case] mut image: Value,
        #[case] expected: bool,
    ) {
        image["ref"] = json!("registry.example.com/a:v1");
        let image: ImageSource = serde_json::from_value(image).unwrap();
        let cluster = Cluster::connect(Config::new("https://127.0.0.1:1".parse().unwrap())).unwrap();
        for (is_of_tenants, expected) in [(true, expected), (false, true)] {
            let ours = Ours { cluster: &cluster, account: "provisioner-plain", is_of_tenants };
            assert_eq!(ours.are_shown_for(&image), expected);
        }
    }
}
