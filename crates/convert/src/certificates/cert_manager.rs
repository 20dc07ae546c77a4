//! cert-manager: a self-signed Issuer and a Certificate for each serving deployment, and an annotation by which its
//! injector fills the `caBundle`s. Source: operator-controller's `certproviders/certmanager.go`.

use rukpak_manifest::Object;
use serde_json::json;

use super::Names;
use crate::name;

/// How long a certificate is valid: two years, as Go's `Duration.String` writes it.
const DURATION: &str = "17520h0m0s";
/// How long before its end it is replaced.
const RENEW_BEFORE: &str = "24h0m0s";

pub(super) fn annotate(names: &Names<'_>, object: &mut Object) {
    object.set_annotation(
        "cert-manager.io/inject-ca-from",
        &format!("{}/{}", names.namespace, names.certificate),
    );
}

pub(super) fn objects(names: &Names<'_>) -> Vec<Object> {
    let namespace = Some(names.namespace.as_str());
    let issuer = name::join(&names.certificate, "selfsigned-issuer");
    let spec = json!({
        "commonName": names.host(),
        "dnsNames": names.dns_names(),
        "duration": DURATION,
        "issuerRef": {"name": issuer},
        "renewBefore": RENEW_BEFORE,
        "secretName": names.certificate,
        "usages": ["server auth"],
    });
    vec![
        Object::new("cert-manager.io/v1", "Issuer", namespace, &issuer)
            .with("spec", json!({"selfSigned": {}})),
        Object::new("cert-manager.io/v1", "Certificate", namespace, &names.certificate).with("spec", spec),
    ]
}
