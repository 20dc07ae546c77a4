//! What everybody may ask: whether it runs, what it waits for, and its figures.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::controlplane::Cluster;
use hyper::{Method, StatusCode};
use rukpak_provisioner::metrics::TABLE;
use rukpak_provisioner::server::Limits;

use crate::Running;

#[tokio::test]
async fn it_says_what_it_waits_for() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("ready").await;
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    let definition = running.readiness.check("definition", "BundleDeployment is not served");
    running.readiness.check("cache", "it is being read").ready();
    let mut connection = running.connect().await;
    let live = connection.get("/livez", None).await;
    assert_eq!((live.status, live.text.as_str()), (StatusCode::OK, "ok\n"));
    let waiting = connection.get("/readyz", None).await;
    let expected = "definition: BundleDeployment is not served\n";
    assert_eq!((waiting.status, waiting.text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, expected));
    let verbose = connection.get("/readyz?verbose", None).await;
    assert_eq!(verbose.text, "[+]cache ok\n[-]definition: BundleDeployment is not served\n");
    definition.ready();
    let ready = connection.get("/readyz", None).await;
    assert_eq!((ready.status, ready.text.as_str()), (StatusCode::OK, "ok\n"));
    assert_eq!(connection.get("/readyz?verbose", None).await.text, "[+]cache ok\n[+]definition ok\nok\n");
    assert_eq!(connection.get("/", None).await.status, StatusCode::NOT_FOUND);
    let wrong = connection.ask(Method::POST, "/livez", None, "").await.unwrap();
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn its_figures_are_openmetrics() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("figures").await;
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    let answer = running.connect().await.get("/metrics", None).await;
    assert_eq!(answer.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.text;
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        value.parse::<f64>().unwrap_or_else(|_| panic!("no number: {line}"));
        let (name, labels) = series.split_once('{').unwrap();
        assert!(TABLE.iter().any(|row| name.starts_with(row.family())), "not in the table: {line}");
        assert!(labels.starts_with("class=\"core-rukpak-io-plain\"") && labels.ends_with('}'), "{line}");
    }
    let value = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(&format!("{name}{{"))).unwrap();
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(
        value("rukpak_certificate_expiry_time_seconds") > (now + Duration::from_hours(8000)).as_secs_f64()
    );
    let started = value("process_start_time_seconds");
    assert!((now.as_secs_f64() - started).abs() < 600.0, "{started}");
    assert!(value("process_resident_memory_bytes") > 1e6 && value("process_open_fds") > 3.0);
    // The Secret and the ConfigMap of the certificate were made.
    let created = r#"rukpak_api_requests_total{class="core-rukpak-io-plain",verb="create",code="2xx"} 2"#;
    assert!(text.lines().any(|line| line == created), "{text}");
}
