//! What the programs of a control plane are told: files, and flags.

use std::io;
use std::path::PathBuf;

use serde_json::json;

use super::components;
use super::credentials::FRONT_PROXY;
use super::home::Home;

/// What kwok is told of Nodes and Pods: they are ready at once, and gone at once.
pub(super) const STAGES: [&str; 2] = ["stages/node.yaml", "stages/pod.yaml"];

/// Where Services have their addresses, and Pods.
const SERVICES: &str = "10.96.0.0/16";
const PODS: &str = "10.128.0.0/14";

/// An address for documentation (RFC 5737): the API server must say one that is not of the loopback interface.
const NOWHERE: &str = "192.0.2.1";

/// The requests that the controllers and the scheduler may make in a second, so that tests do not wait for them.
const UNHURRIED: [&str; 2] = ["--kube-api-qps=500", "--kube-api-burst=1000"];

/// Writes the files that are named by the flags below.
pub(super) fn write(home: &Home) -> io::Result<()> {
    // A watch is logged when it begins, not when it ends; anything else when it is answered.
    let audit = json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "rules": [
            { "level": "Metadata", "verbs": ["watch"], "omitStages": ["RequestReceived", "ResponseComplete"] },
            { "level": "Metadata", "omitStages": ["RequestReceived", "ResponseStarted"] },
        ],
    });
    home.write("audit-policy.json", &audit.to_string())?;
    let transport = json!({ "uds": { "udsName": home.egress_socket() } });
    let egress = json!({
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [
            { "name": "cluster", "connection": { "proxyProtocol": "HTTPConnect", "transport": transport } },
        ],
    });
    home.write("egress.json", &egress.to_string())
}

/// The flags of a program.
pub(super) fn arguments(program: &str, home: &Home, port: u16) -> Vec<String> {
    let kubeconfig = format!("--kubeconfig={}", home.kubeconfig(program).display());
    let mut arguments = match program {
        "etcd" => etcd(home),
        "kube-apiserver" => apiserver(home, port),
        "kube-controller-manager" => vec![
            format!("--root-ca-file={}", home.argument("ca.crt")),
            format!("--service-account-private-key-file={}", home.argument("service-account.key")),
            format!("--cluster-signing-cert-file={}", home.argument("ca.crt")),
            format!("--cluster-signing-key-file={}", home.argument("ca.key")),
            kubeconfig,
        ],
        "kube-scheduler" => vec![kubeconfig],
        _ => kwok().into_iter().chain([kubeconfig]).collect(),
    };
    if matches!(program, "kube-controller-manager" | "kube-scheduler") {
        arguments.extend(UNHURRIED.map(str::to_owned));
        arguments.extend(["--leader-elect=false", "--secure-port=0"].map(str::to_owned));
    }
    arguments
}

fn etcd(home: &Home) -> Vec<String> {
    let socket = |path: PathBuf| format!("unix://{}", path.display());
    vec![
        format!("--data-dir={}", home.argument("etcd")),
        "--unsafe-no-fsync".into(),
        format!("--listen-client-urls={}", socket(home.etcd_socket())),
        format!("--listen-peer-urls={}", socket(home.etcd_peer_socket())),
        // Has to be said in this form, and nobody asks for it.
        "--advertise-client-urls=http://127.0.0.1:1".into(),
        "--initial-advertise-peer-urls=http://127.0.0.1:1".into(),
        "--initial-cluster=default=http://127.0.0.1:1".into(),
        "--log-level=warn".into(),
    ]
}

fn apiserver(home: &Home, port: u16) -> Vec<String> {
    let file = |flag: &str, name: &str| format!("--{flag}={}", home.argument(name));
    vec![
        format!("--etcd-servers=unix://{}", home.etcd_socket().display()),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={port}"),
        // `Port` holds it.
        "--permit-port-sharing".into(),
        format!("--advertise-address={NOWHERE}"),
        format!("--service-cluster-ip-range={SERVICES}"),
        file("tls-cert-file", "server.crt"),
        file("tls-private-key-file", "server.key"),
        file("client-ca-file", "ca.crt"),
        file("token-auth-file", "tokens.csv"),
        file("service-account-key-file", "service-account.pub"),
        file("service-account-signing-key-file", "service-account.key"),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        "--authorization-mode=RBAC".into(),
        "--allow-privileged".into(),
        "--max-requests-inflight=2000".into(),
        "--max-mutating-requests-inflight=1000".into(),
        file("egress-selector-config-file", "egress.json"),
        file("audit-policy-file", "audit-policy.json"),
        format!("--audit-log-path={}", home.audit_log().display()),
        "--audit-log-mode=blocking".into(),
        // Positions in it are marks.
        "--audit-log-maxsize=0".into(),
        // Aggregated APIs.
        file("requestheader-client-ca-file", "front-proxy-ca.crt"),
        format!("--requestheader-allowed-names={FRONT_PROXY}"),
        "--requestheader-username-headers=X-Remote-User".into(),
        "--requestheader-group-headers=X-Remote-Group".into(),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-".into(),
        file("proxy-client-cert-file", "front-proxy.crt"),
        file("proxy-client-key-file", "front-proxy.key"),
    ]
}

fn kwok() -> Vec<String> {
    let mut arguments = vec!["--manage-all-nodes".to_owned(), format!("--cidr={PODS}")];
    // Without renewed leases the node would be taken for gone.
    arguments.push("--node-lease-duration-seconds=40".to_owned());
    arguments.extend(STAGES.map(|stage| format!("--config={}", components::path(stage).display())));
    arguments
}
