//! The proxy that `kubectl` would take.
//!
//! A proxy that the kubeconfig names for a cluster is always taken. One of the environment is not for what `NO_PROXY` names (addresses,
//! networks, domains, each with a port or without), and not for this host. `kube` itself holds `NO_PROXY` against the proxy's own name.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kube::config::Kubeconfig;

/// The proxy that is named for the cluster of a context.
pub(super) fn named(kubeconfig: &Kubeconfig, context: Option<&str>) -> Option<String> {
    let wanted = context.or(kubeconfig.current_context.as_deref())?;
    let context = kubeconfig.contexts.iter().find(|context| context.name == wanted)?;
    let wanted = &context.context.as_ref()?.cluster;
    let cluster = kubeconfig.clusters.iter().find(|cluster| cluster.name == *wanted)?;
    cluster.cluster.as_ref()?.proxy_url.clone().filter(|url| !url.is_empty())
}

/// The proxy of the environment for a server, if it has one.
pub(super) fn of_environment(server: &Uri, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let set = |name: &str| {
        let is_set = |text: &String| !text.is_empty();
        variable(name).filter(is_set).or_else(|| variable(&name.to_lowercase()).filter(is_set))
    };
    let is_tls = server.scheme_str() == Some("https");
    let proxy = set(if is_tls { "HTTPS_PROXY" } else { "HTTP_PROXY" })?;
    let port = server.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let direct: Vec<String> = set("NO_PROXY")
        .unwrap_or_default()
        .split(',')
        .filter_map(|entry| without_port(entry, port))
        .collect();
    let direct = format!("localhost,127.0.0.0/8,::1,{}", direct.join(","));
    Matcher::builder().all(proxy.clone()).no(direct).build().intercept(server)?;
    Some(if proxy.contains("://") { proxy } else { format!("http://{proxy}") })
}

/// The host of an entry of `NO_PROXY`, where it is for a port.
fn without_port(entry: &str, port: u16) -> Option<String> {
    let entry = entry.trim();
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    match entry.rsplit_once(':') {
        Some((host, of)) if host.ends_with(']') || !host.contains(':') => {
            (of.parse() == Ok(port)).then(|| bare(host))
        }
        _ => Some(bare(entry)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Login;
    use super::*;

    use rstest::rstest;
    use serde_json::json;

    const PROXY: &str = "http://proxy:3128";

    #[rstest]
    #[case::elsewhere("https://a.example:6443", "b.example,10.0.0.0/8", true)]
    #[case::nothing_is_said("https://a.example", "", true)]
    #[case::host("https://a.example", "b.example, a.example", false)]
    #[case::domain("https://api.a.example", "a.example", false)]
    #[case::domain_with_a_dot("https://api.a.example", ".a.example", false)]
    #[case::end_of_a_name("https://banana.example", "nana.example", true)]
    #[case::all("https://a.example", "*", false)]
    #[case::address("https://10.1.2.3:6443", "10.1.2.3", false)]
    #[case::network("https://10.1.2.3:6443", "10.0.0.0/8", false)]
    #[case::another_network("https://11.1.2.3:6443", "10.0.0.0/8", true)]
    #[case::network_of_v6("https://[fd00::1]:6443", "fd00::/8", false)]
    #[case::port("https://a.example:6443", "a.example:6443", false)]
    #[case::another_port("https://a.example:6443", "a.example:443", true)]
    #[case::port_of_v6("https://[fd00::1]:6443", "[fd00::1]:6443", false)]
    #[case::this_host("https://localhost:6443", "", false)]
    #[case::this_address("https://127.0.0.2:6443", "", false)]
    #[case::this_address_of_v6("https://[::1]:6443", "", false)]
    fn proxies_of_the_environment(#[case] server: &str, #[case] direct: &str, #[case] expected: bool) {
        let variable = |name: &str| match name {
            "https_proxy" => Some(PROXY.to_owned()),
            "NO_PROXY" => Some(direct.to_owned()),
            _ => None,
        };
        let found = of_environment(&server.parse().unwrap(), variable);
        assert_eq!(found.as_deref(), expected.then_some(PROXY));
    }

    #[test]
    fn a_proxy_may_be_a_host_alone() {
        let variable = |name: &str| (name == "HTTPS_PROXY").then(|| "proxy:3128".to_owned());
        let found = of_environment(&"https://a.example".parse().unwrap(), variable);
        assert_eq!(found.as_deref(), Some(PROXY));
    }

    #[rstest]
    #[case::named("proxied", "*", Some("http://named:3128/"))]
    #[case::of_the_environment("plain", "b.example", Some("http://proxy:3128/"))]
    #[case::not_for_this_one("plain", "a.example", None)]
    #[tokio::test]
    async fn what_a_kubeconfig_names_is_taken_always(
        #[case] context: &str,
        #[case] direct: &str,
        #[case] expected: Option<&str>,
    ) {
        let kubeconfig: Kubeconfig = serde_json::from_value(json!({
            "current-context": "plain",
            "clusters": [
                {"name": "plain", "cluster": {"server": "https://a.example"}},
                {"name": "proxied", "cluster": {"server": "https://a.example", "proxy-url": "http://named:3128"}},
            ],
            "contexts": [
                {"name": "plain", "context": {"cluster": "plain", "user": "me"}},
                {"name": "proxied", "context": {"cluster": "proxied", "user": "me"}},
            ],
            "users": [{"name": "me", "user": {}}],
        }))
        .unwrap();
        let variable = |name: &str| match name {
            "HTTPS_PROXY" => Some(PROXY.to_owned()),
            "NO_PROXY" => Some(direct.to_owned()),
            _ => None,
        };
        let login = Login::of(kubeconfig, Some(context.to_owned()), variable).await.unwrap();
        assert_eq!(login.config.proxy_url.map(|url| url.to_string()).as_deref(), expected);
    }
}
