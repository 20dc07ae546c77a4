//! `content`: from a server of this test, since nothing runs in the pods of this control plane.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::certificate::Certificate;
use e2e::provisioners::Which;
use e2e::server::{Request, Response, Server};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{FOREIGN, Place, deployment, kubelet};

/// A compressed archive with one file.
fn archive() -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_mode(0o644);
    archive.append_data(&mut header, "manifests/one.yaml", &b"{}\n"[..]).unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

/// Whose token a request shows: that of a `ServiceAccount` says it.
fn user(request: &Request) -> Option<String> {
    let token = request.header("authorization")?.strip_prefix("Bearer ")?;
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("sub")?.as_str()?.to_owned())
}

/// A server that hands content out to one user.
fn server(certificate: &Certificate, reader: String) -> Server {
    Server::start(Some(certificate), move |request| match user(request) {
        None => Response::new(401, *b"no token is shown\n"),
        Some(user) if user != reader => {
            Response::new(403, format!("{user} may not get {}\n", request.path()).into_bytes())
        }
        Some(_) => Response::new(200, archive()),
    })
}

#[test]
fn content_for_those_who_may_read_it() {
    let Some(place) = Place::new("content") else { return };
    let name = place.name();
    place.kubectl(&["create", "namespace", name]);
    for account in ["reader", "other"] {
        place.kubectl(&["create", "serviceaccount", account, "-n", name]);
    }
    let certificate = Certificate::new().unwrap();
    let authority = format!("--from-literal=ca.crt={}", certificate.authority());
    let server = server(&certificate, format!("system:serviceaccount:{name}:reader"));
    let url = server.url(&format!("/bundles/{name}.tgz"));
    let reader = format!("{name}/reader");
    let get = |more: &[&str]| place.run(&[&["content", name, "--system-namespace", name], more].concat());

    let error = get(&[]).refused();
    assert!(error.contains(&format!("bundledeployments.core.rukpak.io \"{name}\" not found")), "{error}");
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    let error = get(&[]).refused();
    assert!(error.contains("url is not available: no provisioner has looked at it yet"), "{error}");

    say_where(&place, &format!("https://provisioner.{name}.svc/bundles/{name}.tgz"));
    let asked = ["--url", &url, "--service-account", &reader];
    let error = get(&asked).refused();
    assert!(error.contains("cannot connect to"), "nobody vouches for the server: {error}");
    place.kubectl(&["create", "configmap", "rukpak-ca", "-n", name, &authority]);

    assert_eq!(get(&asked).ok(), "manifests/one.yaml\n");
    let to = place.path("content");
    get(&[&asked[..], &["--to", &to]].concat()).ok();
    assert_eq!(std::fs::read(place.path("content/manifests/one.yaml")).unwrap(), b"{}\n");
    let piped =
        place.bytes(&[&["content", name, "--system-namespace", name, "--to", "-"], &asked[..]].concat());
    assert_eq!(piped, archive());

    let other = format!("{name}/other");
    let error = get(&["--url", &url, "--service-account", &other]).refused();
    assert!(
        error.contains(":other may not get /bundles/") && error.contains("ClusterRole bundle-reader"),
        "{error}"
    );
    let nobody = format!("{name}/nobody");
    let error = get(&["--url", &url, "--service-account", &nobody]).refused();
    assert!(
        error.contains("cannot request a token for ServiceAccount") && error.contains("not found"),
        "{error}"
    );
    // Of one's own, it may be one that the content server does not know, or there is none.
    let error = get(&["--url", &url]).refused();
    assert!(
        error.contains("does not accept the token: no token is shown; --service-account asks"),
        "{error}"
    );
    let proxy = place.without_credentials();
    let kubeconfig = proxy.kubeconfig().display().to_string();
    let error = get(&["--url", &url, "--kubeconfig", &kubeconfig]).refused();
    assert!(error.contains("you do not show the cluster a token"), "{error}");
    // Through a port-forward there is no way without a Service.
    let error = get(&["--service-account", &reader]).refused();
    assert!(error.contains(&format!("cannot get Service {name}/provisioner")), "{error}");
    let seen = format!("{:?}", server.requests().iter().map(Request::path).collect::<Vec<_>>());
    assert!(seen.contains(&format!("/bundles/{name}.tgz")), "{seen}");
}

/// Where the kubelet of the only node is said to be.
const KUBELET: [&str; 2] = ["10.98.0.1", "10250"];

/// A pod whose port is the provisioner's on this host, behind the Service that a `BundleDeployment` names.
fn pod(port: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: provisioner, namespace: rukpak-system, labels: {{app: provisioner}}}}, spec: {{\
         securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}, \
         containers: [{{name: manager, image: a, ports: [{{name: https, containerPort: {port}}}], \
         securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}}}]}}}}\n---\n\
         {{apiVersion: v1, kind: Service, metadata: {{name: provisioner-registry-v1, namespace: rukpak-system}}, spec: {{\
         selector: {{app: provisioner}}, ports: [{{port: 443, targetPort: https}}]}}}}"
    )
}

#[test]
fn content_of_a_provisioner() {
    let Some(place) = Place::new("served") else { return };
    let name = place.name();
    place.run(&["run", name, &place.operator("1"), "--install-namespace", name]).ok();
    for account in ["reader", "other"] {
        place.kubectl(&["create", "serviceaccount", account, "-n", name]);
    }
    let role = format!("bundle-reader-{name}");
    place.kubectl(&["create", "clusterrole", &role, "--verb=get", "--non-resource-url=/bundles/*"]);
    let reader = format!("--serviceaccount={name}:reader");
    place.kubectl(&["create", "clusterrolebinding", name, &format!("--clusterrole={role}"), &reader]);
    let server = place.provisioner(Which::RegistryV1);
    let url = format!("https://{server}/bundles/{name}.tgz");
    let get = |account: &str, more: &[&str]| {
        let account = format!("{name}/{account}");
        place.run(&[&["content", name, "--service-account", &account], more].concat())
    };
    let files = "manifests/hello.clusterserviceversion.yaml\nmanifests/map.yaml\nmetadata/annotations.yaml\n";
    assert_eq!(get("reader", &["--url", &url]).ok(), files);

    // Through the API server, to the pod behind the Service.
    let [address, port] = KUBELET;
    let _route = place.route(&format!("{address}:{port}"), kubelet::start());
    let status = json!({"status": {
        "addresses": [{"type": "InternalIP", "address": address}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port.parse::<u16>().unwrap()}},
    }});
    let node = place.kubectl(&["get", "nodes", "-o", "name"]);
    place.kubectl(&["patch", node.trim(), "--subresource=status", "--type=merge", "-p", &status.to_string()]);
    place.apply(&pod(server.trim_start_matches("localhost:")));
    place.kubectl(&["wait", "--for=condition=Ready", "pod/provisioner", "-n", "rukpak-system"]);
    assert_eq!(get("reader", &[]).ok(), files);
    let error = get("other", &[]).refused();
    assert!(error.contains(&format!("{name}:other may not get /bundles/{name}.tgz")), "{error}");
    place.kubectl(&["delete", "pod", "provisioner", "-n", "rukpak-system", "--force"]);
    let error = get("reader", &[]).refused();
    assert!(error.contains("no pod of Service rukpak-system/provisioner-registry-v1 is ready"), "{error}");
}

#[test]
fn whoever_has_a_token_shows_it() {
    let Some(place) = Place::new("token") else { return };
    let name = place.name();
    place.kubectl(&["create", "namespace", name]);
    place.kubectl(&["create", "serviceaccount", "reader", "-n", name]);
    place.kubectl(&[
        "create",
        "clusterrolebinding",
        name,
        "--clusterrole=cluster-admin",
        &format!("--serviceaccount={name}:reader"),
    ]);
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    say_where(&place, "https://a.b.svc/bundles/c.tgz");
    let certificate = Certificate::new().unwrap();
    place.kubectl(&[
        "create",
        "configmap",
        "rukpak-ca",
        "-n",
        name,
        &format!("--from-literal=ca.crt={}", certificate.authority()),
    ]);
    let server = server(&certificate, format!("system:serviceaccount:{name}:reader"));
    let kubeconfig = place.kubeconfig_for(name, "reader");
    let listed = place.run(&[
        "content",
        name,
        "--system-namespace",
        name,
        "--url",
        &server.url("/bundles/c.tgz"),
        "--kubeconfig",
        &kubeconfig,
    ]);
    assert_eq!(listed.ok(), "manifests/one.yaml\n");
}

/// Says on the `BundleDeployment` of the place where its content is, as a provisioner would.
fn say_where(place: &Place, url: &str) {
    let status = json!({"status": {"contentURL": url}}).to_string();
    let patch =
        ["patch", "bundledeployment", place.name(), "--subresource=status", "--type=merge", "-p", &status];
    place.kubectl(&patch);
}
