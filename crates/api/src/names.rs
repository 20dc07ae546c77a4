//! Names that stand on objects, and mean something there.

/// The class of the provisioner for registry+v1 bundles.
pub const REGISTRY_CLASS: &str = "core-rukpak-io-registry";

/// The class of the provisioner for plain+v0 bundles.
pub const PLAIN_CLASS: &str = "core-rukpak-io-plain";

/// The finalizer that holds a `BundleDeployment` until what it owns is given back.
pub const TEARDOWN_FINALIZER: &str = "core.rukpak.io/teardown";

/// An annotation of a `BundleDeployment`: a new value asks for a new look, at a tag or branch too.
pub const RECONCILE_REQUESTED: &str = "core.rukpak.io/reconcile-requested-at";

/// An annotation of a namespace that was made for an installation: `KIND/NAME` of whose.
pub const CREATED_FOR: &str = "core.rukpak.io/created-for";

/// The namespace of the provisioners, and of the Secrets and `ConfigMaps` that sources name.
pub const SYSTEM_NAMESPACE: &str = "rukpak-system";
