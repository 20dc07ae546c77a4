//! The bundles that are installed, each in two versions: the second one has more objects, fewer, and some that changed.
//!
//! `GROUP` stands for what makes the names of cluster-scoped objects unique.

use e2e::process::Host;

/// A bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bundle {
    /// Plain manifests: definitions with their resources, RBAC, a workload.
    Plain,
    /// An operator, with webhooks and their self-signed certificate.
    Operator,
}

impl Bundle {
    pub(crate) const ALL: [Self; 2] = [Self::Plain, Self::Operator];

    /// Writes both versions into `v1` and `v2`.
    pub(crate) fn write(self, host: &Host, group: &str) {
        let files = match self {
            Self::Plain => [
                ("v1/manifests/all.yaml", [PLAIN, PLAIN_1].concat()),
                ("v2/manifests/all.yaml", [PLAIN, PLAIN_2].concat()),
            ],
            Self::Operator => [
                (
                    "v1/manifests/operator.yaml",
                    OPERATOR.replace("VERSION", "1.0.0").replace("MORE_WEBHOOKS", ""),
                ),
                (
                    "v2/manifests/operator.yaml",
                    OPERATOR
                        .replace("VERSION", "2.0.0")
                        .replace("MORE_WEBHOOKS", MORE_WEBHOOKS)
                        .replace("verbs: [get]", "verbs: [get, list]")
                        .replace("{name: OLD, value: x}, ", ""),
                ),
            ],
        };
        let versions = match self {
            Self::Plain => &[][..],
            Self::Operator => &[("v1", OPERATOR_1), ("v2", OPERATOR_2)],
        };
        for (file, content) in files {
            let _ = host.write(file, content.replace("GROUP", group));
        }
        for (version, more) in versions {
            let _ = host
                .write(&format!("{version}/manifests/definition.yaml"), DEFINITION.replace("GROUP", group));
            let _ = host.write(&format!("{version}/manifests/more.yaml"), more);
            let _ = host.write(&format!("{version}/metadata/annotations.yaml"), ANNOTATIONS);
        }
    }
}

const DEFINITION: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
";

/// What both versions have.
const PLAIN: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: app}
---
apiVersion: v1
kind: Service
metadata: {name: app}
spec: {selector: {app: app}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: app}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: app}
subjects: [{kind: ServiceAccount, name: app, namespace: default}]
---
";

const PLAIN_1: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
---
{apiVersion: GROUP/v1, kind: Gadget, metadata: {name: kept}, spec: {size: 1}}
---
{apiVersion: GROUP/v1, kind: Gadget, metadata: {name: old}, spec: {size: 1}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: changed, labels: {old: label}}, data: {a: '1', old: '1'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: old}, data: {a: '1'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: same}, data: {a: '1'}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: app}
rules:
- {apiGroups: [''], resources: [configmaps], verbs: [get, list]}
- {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: old.GROUP}
rules: [{apiGroups: [GROUP], resources: [gadgets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: old.GROUP}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: old.GROUP}
subjects: [{kind: ServiceAccount, name: app, namespace: default}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 1
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: app
        image: registry.k8s.io/pause:3.9
        env: [{name: OLD, value: x}, {name: SAME, value: x}]
";

const PLAIN_2: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        {type: object, properties: {spec: {type: object, properties: {size: {type: integer}, colour: {type: string}}}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.GROUP}
spec:
  group: GROUP
  scope: Cluster
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
---
{apiVersion: GROUP/v1, kind: Gadget, metadata: {name: kept}, spec: {size: 2, colour: red}}
---
{apiVersion: GROUP/v1, kind: Gadget, metadata: {name: new}, spec: {size: 1}}
---
{apiVersion: GROUP/v1, kind: Widget, metadata: {name: new}, spec: {size: 1}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: changed, labels: {new: label}}, data: {a: '2', new: '1'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {a: '1'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: same}, data: {a: '1'}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: app}
rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: new.GROUP}
rules: [{apiGroups: [GROUP], resources: [gadgets, widgets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: new.GROUP}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: new.GROUP}
subjects: [{kind: ServiceAccount, name: app, namespace: default}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: app
        image: registry.k8s.io/pause:3.10
        env: [{name: SAME, value: x}]
";

/// What a webhook is about does not exist, so that nobody has to serve it.
const OPERATOR: &str = "
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: gadget-operator.vVERSION}
spec:
  displayName: Gadgets
  version: VERSION
  installModes:
  - {type: OwnNamespace, supported: false}
  - {type: SingleNamespace, supported: false}
  - {type: MultiNamespace, supported: false}
  - {type: AllNamespaces, supported: true}
  customresourcedefinitions:
    owned: [{name: gadgets.GROUP, version: v1, kind: Gadget, displayName: Gadget}]
  webhookdefinitions:
  - type: ValidatingAdmissionWebhook
    generateName: v.GROUP
    deploymentName: gadget-operator
    webhookPath: /validate
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    rules: [{apiGroups: [GROUP], apiVersions: [v1], operations: [CREATE], resources: [phantoms]}]
MORE_WEBHOOKS
  install:
    strategy: deployment
    spec:
      clusterPermissions:
      - serviceAccountName: gadget-operator
        rules: [{apiGroups: [GROUP], resources: [gadgets], verbs: [get]}]
      permissions:
      - serviceAccountName: gadget-operator
        rules: [{apiGroups: ['', GROUP], resources: [configmaps], verbs: [get]}]
      deployments:
      - name: gadget-operator
        spec:
          replicas: 1
          selector: {matchLabels: {app: gadget-operator}}
          template:
            metadata: {labels: {app: gadget-operator}}
            spec:
              serviceAccountName: gadget-operator
              containers:
              - name: manager
                image: registry.k8s.io/pause:3.10
                env: [{name: OLD, value: x}, {name: SAME, value: x}]
";

const MORE_WEBHOOKS: &str = "
  - type: MutatingAdmissionWebhook
    generateName: m.GROUP
    deploymentName: gadget-operator
    webhookPath: /mutate
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    rules: [{apiGroups: [GROUP], apiVersions: [v1], operations: [CREATE], resources: [phantoms]}]
";

const OPERATOR_1: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: old}, data: {a: '1'}}";

const OPERATOR_2: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {a: '1'}}";

const ANNOTATIONS: &str = "
annotations:
  operators.operatorframework.io.bundle.mediatype.v1: registry+v1
  operators.operatorframework.io.bundle.manifests.v1: manifests/
  operators.operatorframework.io.bundle.metadata.v1: metadata/
  operators.operatorframework.io.bundle.package.v1: gadget-operator
  operators.operatorframework.io.bundle.channels.v1: stable
";
