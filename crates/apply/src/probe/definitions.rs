//! Custom resource definitions.

use super::Health;
use super::conditions::must_hold;
use super::health::Check;
use super::injection::injected;
use super::live::Live;

/// Established, and the CA of its conversion webhook is there where one is to be injected.
pub(super) fn definition(live: Live<'_>) -> Check {
    established(live).and_then(|()| injected(live))
}

/// Established, with its names accepted (kstatus: `crdConditions`). Whether its objects are served yet, only discovery says.
pub(super) fn established(live: Live<'_>) -> Check {
    refused(live)?;
    match live.condition("Established") {
        Some(no) if no.status == "False" && no.reason != "Installing" => {
            if no.reason == "InvalidCABundle" {
                injected(live)?;
            }
            Err(Health::failed(no))
        }
        _ => must_hold(live, "Established"),
    }
}

/// Another definition has one of the names.
fn refused(live: Live<'_>) -> Check {
    match live.condition("NamesAccepted") {
        Some(no) if no.status == "False" => Err(Health::failed(no)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::created("{}", "InProgress: Established is not reported yet")]
    #[case::installing(
        "status: {conditions: [{type: NamesAccepted, status: 'True'}, {type: Established, status: 'False', reason: Installing, \
         message: the initial names have been accepted}]}",
        "InProgress: Established is False (Installing): the initial names have been accepted"
    )]
    #[case::established(
        "status: {conditions: [{type: NamesAccepted, status: 'True'}, {type: Established, status: 'True'}]}",
        "Healthy"
    )]
    #[case::established_under_other_names(
        "status: {conditions: [{type: Established, status: 'True'}, {type: NamesAccepted, status: 'False', reason: \
         ShortNamesConflict, message: '\"gad\" is already in use'}]}",
        "Failed: NamesAccepted is False (ShortNamesConflict): \"gad\" is already in use"
    )]
    #[case::not_accepted(
        "status: {conditions: [{type: Established, status: 'False', reason: NotAccepted, message: not all names are accepted}]}",
        "Failed: Established is False (NotAccepted): not all names are accepted"
    )]
    #[case::with_a_placeholder_for_the_ca(
        "{metadata: {annotations: {cert-manager.io/inject-ca-from: n/c}}, spec: {conversion: {strategy: Webhook, webhook: \
         {clientConfig: {caBundle: Cg==}}}}, status: {conditions: [{type: Established, status: 'False', reason: InvalidCABundle}]}}",
        "InProgress: a CA is to be injected (cert-manager.io/inject-ca-from: n/c)"
    )]
    #[case::without_a_ca(
        "{metadata: {annotations: {cert-manager.io/inject-ca-from: n/c}}, spec: {conversion: {strategy: Webhook, webhook: \
         {clientConfig: {}}}}, status: {conditions: [{type: Established, status: 'True'}]}}",
        "InProgress: a CA is to be injected (cert-manager.io/inject-ca-from: n/c)"
    )]
    #[case::with_a_bad_ca(
        "status: {conditions: [{type: Established, status: 'False', reason: InvalidCABundle, message: invalid}]}",
        "Failed: Established is False (InvalidCABundle): invalid"
    )]
    #[case::outdated(
        "{metadata: {generation: 2}, status: {observedGeneration: 1, conditions: [{type: Established, status: 'True'}]}}",
        "InProgress: generation 2 is to be seen by its controller, which has seen 1"
    )]
    #[case::deleted(
        "{metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [customresourcecleanup.apiextensions.k8s.io]}, \
         status: {conditions: [{type: Established, status: 'True'}]}}",
        "Terminating: is being deleted, held by customresourcecleanup.apiextensions.k8s.io"
    )]
    fn definitions(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("apiextensions.k8s.io/v1 CustomResourceDefinition", body), expected);
    }
}
