//! The lists with keys of Kubernetes' own kinds, as the server's own schemas have them (`x-kubernetes-list-map-keys` in
//! `/openapi/v3`). Those of metadata and status are not there: nobody plans them.

use super::{Key, List};

const NAME: &[Key] = &[("name", None)];

const CLAIMS: List = List { at: &["resources", "claims"], keys: NAME, inner: &[] };

const CONTAINER: &[List] = &[
    List { at: &["env"], keys: NAME, inner: &[] },
    List { at: &["ports"], keys: &[("containerPort", None), ("protocol", Some("TCP"))], inner: &[] },
    List { at: &["volumeDevices"], keys: &[("devicePath", None)], inner: &[] },
    List { at: &["volumeMounts"], keys: &[("mountPath", None)], inner: &[] },
    CLAIMS,
];

const POD: &[List] = &[
    List { at: &["containers"], keys: NAME, inner: CONTAINER },
    List { at: &["ephemeralContainers"], keys: NAME, inner: CONTAINER },
    List { at: &["initContainers"], keys: NAME, inner: CONTAINER },
    List { at: &["hostAliases"], keys: &[("ip", None)], inner: &[] },
    List { at: &["imagePullSecrets"], keys: NAME, inner: &[] },
    List { at: &["resourceClaims"], keys: NAME, inner: &[] },
    List { at: &["schedulingGates"], keys: NAME, inner: &[] },
    List {
        at: &["topologySpreadConstraints"],
        keys: &[("topologyKey", None), ("whenUnsatisfiable", None)],
        inner: &[],
    },
    List { at: &["volumes"], keys: NAME, inner: &[] },
    CLAIMS,
];

const SERVICE: &[List] =
    &[List { at: &["ports"], keys: &[("port", None), ("protocol", Some("TCP"))], inner: &[] }];

const ACCOUNT: &[List] = &[List { at: &["secrets"], keys: NAME, inner: &[] }];

const CONDITIONS: List = List { at: &["matchConditions"], keys: NAME, inner: &[] };

const WEBHOOKS: &[List] = &[List { at: &["webhooks"], keys: NAME, inner: &[CONDITIONS] }];

const POLICY: &[List] = &[CONDITIONS, List { at: &["variables"], keys: NAME, inner: &[] }];

/// Where in an object of a kind the lists are, and which.
pub(super) fn of(group: &str, kind: &str) -> Option<(&'static [&'static str], &'static [List])> {
    Some(match (group, kind) {
        ("", "Pod") => (&["spec"], POD),
        ("", "PodTemplate") => (&["template", "spec"], POD),
        ("", "ReplicationController")
        | ("apps", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
        | ("batch", "Job") => (&["spec", "template", "spec"], POD),
        ("batch", "CronJob") => (&["spec", "jobTemplate", "spec", "template", "spec"], POD),
        ("", "Service") => (&["spec"], SERVICE),
        ("", "ServiceAccount") => (&[], ACCOUNT),
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => (&[], WEBHOOKS),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy" | "ValidatingAdmissionPolicy") => {
            (&["spec"], POLICY)
        }
        _ => return None,
    })
}
