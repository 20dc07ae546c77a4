//! The conditions of a `BundleDeployment`. All of them are there from the first look on.

/// The content is fetched, and is what the source says it is.
pub const UNPACKED: &str = "Unpacked";

/// The content is a bundle of the class, and its configuration fits.
pub const HAS_VALID_BUNDLE: &str = "HasValidBundle";

/// Every object of the observed generation is applied.
pub const INSTALLED: &str = "Installed";

/// Every object is as it should be.
pub const HEALTHY: &str = "Healthy";

/// There is something to do yet (kstatus).
pub const RECONCILING: &str = "Reconciling";

/// Nothing will come of it without a change by somebody (kstatus).
pub const STALLED: &str = "Stalled";

/// All of them, in the order in which they are listed.
pub const ALL: [&str; 6] = [UNPACKED, HAS_VALID_BUNDLE, INSTALLED, HEALTHY, RECONCILING, STALLED];
