//! Who is who in a control plane: its authority, the API server's certificate, and a user for each program.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::authority::{self, Authority};
use super::home::Home;

/// The names of the API server, and its address in Services' terms.
const SERVER_NAMES: [&str; 6] = [
    "127.0.0.1",
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

/// The users, each with the name of its kubeconfig. All may do everything; apart, so that the audit log tells them apart. They have
/// tokens, as whoever runs in a cluster has: a certificate is verified with each request, which was up to a fifth of it.
const USERS: [(&str, &str); 5] = [
    ("admin", "admin"),
    ("harness", "e2e-harness"),
    ("kube-controller-manager", "system:kube-controller-manager"),
    ("kube-scheduler", "system:kube-scheduler"),
    ("kwok", "kwok"),
];

/// Who calls aggregated APIs.
pub(super) const FRONT_PROXY: &str = "front-proxy";

/// Writes all of it.
pub(super) fn write(home: &Home, server: &str) -> io::Result<()> {
    let authority = Authority::new("e2e control plane");
    home.write("ca.crt", &authority.certificate())?;
    home.write("ca.key", &authority.key())?;
    let issued = authority.server(&SERVER_NAMES);
    home.write("server.crt", &issued.chain)?;
    home.write("server.key", &issued.key)?;
    // Of its own, as the documentation of Kubernetes asks: else a certificate of a client would do for it.
    let front = Authority::new("e2e front proxy");
    home.write("front-proxy-ca.crt", &front.certificate())?;
    let issued = front.user(FRONT_PROXY, "");
    home.write("front-proxy.crt", &issued.chain)?;
    home.write("front-proxy.key", &issued.key)?;
    let (key, public_key) = authority::signing_key();
    home.write("service-account.key", &key)?;
    home.write("service-account.pub", &public_key)?;
    let cluster = json!({
        "server": server,
        "certificate-authority-data": STANDARD.encode(authority.certificate()),
    });
    let mut tokens = String::new();
    for (file, name) in USERS {
        let token = token()?;
        let _ = writeln!(tokens, "{token},{name},{name},system:masters");
        write_kubeconfig(&home.kubeconfig(file), &cluster, &json!({ "token": token }))?;
    }
    home.write("tokens.csv", &tokens)
}

/// A secret that nobody guesses.
fn token() -> io::Result<String> {
    let mut bytes = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| io::Error::other("there are no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Writes a kubeconfig for a user of a cluster.
pub(super) fn write_kubeconfig(path: &Path, cluster: &Value, user: &Value) -> io::Result<()> {
    let kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "e2e", "cluster": cluster }],
        "users": [{ "name": "e2e", "user": user }],
        "contexts": [{ "name": "e2e", "context": { "cluster": "e2e", "user": "e2e" } }],
        "current-context": "e2e",
    });
    fs::write(path, kubeconfig.to_string())
}
