//! cert-manager's certificates and issuers.

use super::conditions::must_hold;
use super::health::Check;
use super::live::{Condition, Live};

/// `Ready`, for the latest generation (operator-controller's probe; kstatus would take one without a status for done).
///
/// cert-manager tries again whatever went wrong, so nothing is a failure. What went wrong is told by `Issuing` of a certificate.
pub(super) fn ready(live: Live<'_>) -> Check {
    let issuing = live.condition("Issuing").filter(|issuing| issuing.status == "False");
    must_hold(live, "Ready").map_err(|wait| wait.because(issuing.and_then(Condition::says)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::created("{}", "InProgress: Ready is not reported yet")]
    #[case::issuing(
        "status: {conditions: [{type: Issuing, status: 'True'}, {type: Ready, status: 'False', reason: DoesNotExist, message: no secret}]}",
        "InProgress: Ready is False (DoesNotExist): no secret"
    )]
    #[case::refused(
        "status: {conditions: [{type: Ready, status: 'False', reason: DoesNotExist}, {type: Issuing, status: 'False', \
         reason: Denied, message: denied by policy and will be retried}]}",
        "InProgress: Ready is False (DoesNotExist): denied by policy and will be retried"
    )]
    #[case::ready(
        "{metadata: {generation: 2}, status: {conditions: [{type: Ready, status: 'True', observedGeneration: 2}]}}",
        "Healthy"
    )]
    #[case::outdated(
        "{metadata: {generation: 2}, status: {conditions: [{type: Ready, status: 'True', observedGeneration: 1}]}}",
        "InProgress: Ready is reported for generation 1, not for 2 yet"
    )]
    fn certificates(
        #[values("Certificate", "Issuer", "ClusterIssuer")] kind: &str,
        #[case] body: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(judged(&format!("cert-manager.io/v1 {kind}"), body), expected);
    }
}
