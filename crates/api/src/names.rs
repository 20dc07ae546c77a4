//! Names that stand on objects, and mean something there.

/// The group, version and kind of a `BundleDeployment`, and how requests name it.
pub const BUNDLE_DEPLOYMENT: [&str; 4] =
    ["core.rukpak.io", "v1alpha2", "BundleDeployment", "bundledeployments"];

/// The class of the provisioner for registry+v1 bundles.
pub const REGISTRY_CLASS: &str = "core-rukpak-io-registry";

/// The class of the provisioner for plain+v0 bundles.
pub const PLAIN_CLASS: &str = "core-rukpak-io-plain";

/// The finalizer that holds a `BundleDeployment` until what it owns is given back.
pub const TEARDOWN_FINALIZER: &str = "core.rukpak.io/teardown";

/// An annotation of a `BundleDeployment`: a new value asks for a new look, at a tag or branch too.
pub const RECONCILE_REQUESTED: &str = "core.rukpak.io/reconcile-requested-at";

/// An annotation of a `BundleDeployment` that goes: what it owns stays. The garbage collector of the cluster takes the finalizer by which
/// `kubectl delete --cascade=orphan` says so off at once.
pub const ORPHANED: &str = "core.rukpak.io/orphaned";

/// An annotation of a namespace that was made for an installation: `KIND/NAME` of whose.
pub const CREATED_FOR: &str = "core.rukpak.io/created-for";

/// An annotation of a v1alpha2 `BundleDeployment`: the classes that it has as v1alpha1, `CLASS/TEMPLATE CLASS`.
pub const TEMPLATE_CLASS: &str = "core.rukpak.io/v1alpha1-template-class";

/// An annotation of a v1alpha2 `BundleDeployment`: what it has as `spec.template.metadata` as v1alpha1, as JSON.
pub const TEMPLATE_METADATA: &str = "core.rukpak.io/v1alpha1-template-metadata";

/// An annotation of a v1alpha1 `BundleDeployment`: what of its spec v1alpha1 cannot say, as JSON.
pub const V1ALPHA2_SPEC: &str = "core.rukpak.io/v1alpha2-spec";

/// The namespace of the provisioners, and of the Secrets and `ConfigMaps` that sources name.
pub const SYSTEM_NAMESPACE: &str = "rukpak-system";

/// The `ConfigMap` of that namespace with the authorities of the servers of content.
pub const AUTHORITIES: &str = "rukpak-ca";

/// Its key with all of them.
pub const AUTHORITIES_KEY: &str = "ca.crt";
