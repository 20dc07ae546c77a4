//! The reasons of conditions, which events carry, too. More may be added; none changes its meaning.

/// Unpacked: the content is being fetched.
pub const UNPACKING: &str = "Unpacking";
/// Unpacked: the content is there.
pub const UNPACK_SUCCESSFUL: &str = "UnpackSuccessful";
/// Unpacked: the content cannot be had.
pub const UNPACK_FAILED: &str = "UnpackFailed";
/// Unpacked: a `ConfigMap` that the source names could change under us.
pub const CONFIG_MAP_NOT_IMMUTABLE: &str = "ConfigMapNotImmutable";

/// An event alone: whoever answers in the name of the source is believed.
pub const INSECURE_SOURCE: &str = "InsecureSource";

/// `HasValidBundle`: it is one.
pub const BUNDLE_LOADED: &str = "BundleLoaded";
/// `HasValidBundle`: it is none of this class, or one with errors.
pub const BUNDLE_LOAD_FAILED: &str = "BundleLoadFailed";
/// `HasValidBundle`: `spec.config` says what the bundle or the class does not know.
pub const INVALID_CONFIG: &str = "InvalidConfig";

/// Installed: objects are written for the first time.
pub const INSTALLING: &str = "Installing";
/// Installed: objects are written, over those of a version before.
pub const UPGRADING: &str = "Upgrading";
/// Installed: all objects are written.
pub const INSTALLATION_SUCCEEDED: &str = "InstallationSucceeded";
/// Installed: the objects cannot be written, and none is there from a version before.
pub const INSTALL_FAILED: &str = "InstallFailed";
/// Installed: writing over a version before went wrong on the way.
pub const UPGRADE_FAILED: &str = "UpgradeFailed";
/// Reconciling, Stalled: what is installed is not as it should be any more, and cannot be set right.
pub const REPAIR_FAILED: &str = "RepairFailed";
/// An event alone: what is set right is changed by somebody else again and again.
pub const CONTESTED: &str = "Contested";
/// Installed: objects are of kinds that nobody serves. It is tried again when that changes.
pub const KIND_NOT_SERVED: &str = "KindNotServed";
/// Installed, Reconciling: nothing is written, since `spec.paused` says so.
pub const PAUSED: &str = "Paused";

/// Healthy: all objects are.
pub const HEALTHY: &str = "Healthy";
/// Healthy: some object is not, or not yet.
pub const UNHEALTHY: &str = "Unhealthy";
/// Healthy: nobody looked, since not everything is applied.
pub const INSTALLATION_STATUS_FALSE: &str = "InstallationStatusFalse";

/// Any condition: not known yet.
pub const PENDING: &str = "Pending";

/// Reconciling: something that will be tried again went wrong.
pub const RETRYING: &str = "Retrying";
/// Reconciling: objects are written, and not all of them are healthy yet.
pub const PROGRESSING: &str = "Progressing";
/// Reconciling: what a version before had is not gone yet.
pub const PRUNING: &str = "Pruning";
/// Reconciling: the `BundleDeployment` goes, and what it owns with it.
pub const DELETING: &str = "Deleting";
/// Reconciling, Stalled: nothing is to be done, or stands in the way.
pub const SETTLED: &str = "Settled";

/// Stalled: the spec cannot be carried out.
pub const INVALID_SPEC: &str = "InvalidSpec";
/// Stalled: not healthy for longer than `spec.progressDeadlineMinutes`.
pub const PROGRESS_DEADLINE_EXCEEDED: &str = "ProgressDeadlineExceeded";
/// Stalled: what is to be deleted has not gone.
pub const DELETION_BLOCKED: &str = "DeletionBlocked";
/// Stalled: the `ServiceAccount` to act as is gone.
pub const SERVICE_ACCOUNT_NOT_FOUND: &str = "ServiceAccountNotFound";
