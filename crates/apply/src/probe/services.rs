//! Services, and the APIs that they serve for the API server.

use super::Health;
use super::conditions::must_hold;
use super::health::Check;
use super::live::Live;

/// A load balancer has an address; any other service is there when it is there (kstatus: `serviceConditions`).
///
/// kstatus is content with the cluster IP. As in Helm, the address is waited for, unless the service names addresses of its own.
pub(super) fn service(live: Live<'_>) -> Check {
    if live.text(&["spec", "type"]) != "LoadBalancer" {
        return Ok(());
    }
    if live.text(&["spec", "clusterIP"]).is_empty() {
        return Err(Health::in_progress("has no cluster IP yet"));
    }
    let has = |path: &[&str]| !live.list(path).is_empty();
    if has(&["status", "loadBalancer", "ingress"]) || has(&["spec", "externalIPs"]) {
        return Ok(());
    }
    Err(Health::in_progress("the load balancer has no address yet"))
}

/// `Available` (rukpak's health check and `kubectl wait`). What is not there yet comes with the deployment that serves it, so that no
/// reason is a failure.
pub(super) fn api_service(live: Live<'_>) -> Check {
    must_hold(live, "Available")
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::plain("spec: {type: ClusterIP}", "Healthy")]
    #[case::headless("spec: {clusterIP: None}", "Healthy")]
    #[case::external_name("spec: {type: ExternalName, externalName: example.org}", "Healthy")]
    #[case::balanced_created("spec: {type: LoadBalancer}", "InProgress: has no cluster IP yet")]
    #[case::balanced_without_an_address(
        "{spec: {type: LoadBalancer, clusterIP: 10.0.0.1}, status: {loadBalancer: {}}}",
        "InProgress: the load balancer has no address yet"
    )]
    #[case::balanced(
        "{spec: {type: LoadBalancer, clusterIP: 10.0.0.1}, status: {loadBalancer: {ingress: [{hostname: a.example.org}]}}}",
        "Healthy"
    )]
    #[case::balanced_by_hand(
        "spec: {type: LoadBalancer, clusterIP: 10.0.0.1, externalIPs: [192.0.2.1]}",
        "Healthy"
    )]
    fn services(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("v1 Service", body), expected);
    }

    #[rstest]
    #[case::created("{}", "InProgress: Available is not reported yet")]
    #[case::without_pods(
        "status: {conditions: [{type: Available, status: 'False', reason: MissingEndpoints, message: no addresses}]}",
        "InProgress: Available is False (MissingEndpoints): no addresses"
    )]
    #[case::available("status: {conditions: [{type: Available, status: 'True', reason: Passed}]}", "Healthy")]
    fn api_services(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("apiregistration.k8s.io/v1 APIService", body), expected);
    }
}
