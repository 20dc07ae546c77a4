//! What metrics there are.

use std::fmt::Debug;

use prometheus_client::encoding::EncodeMetric;
use prometheus_client::registry::Registry;
use rukpak_api::condition;

use super::label::{Fetched, Reconciled, Source, Step, Written};

/// What a metric is, for its readers.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// As it stands in a query; a histogram has `_bucket`, `_sum` and `_count` behind it.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its labels beside `class`, each with the values that it may have; with none where they are not known here.
    pub labels: &'static [(&'static str, &'static [&'static str])],
    /// What it says, without a full stop.
    pub help: &'static str,
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
    /// Always 1; its labels are what it says.
    Info,
}

impl Kind {
    /// Its name.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }
}

impl Description {
    /// Its name without what its type adds.
    #[must_use]
    pub fn family(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }

    pub(super) fn register(
        &self,
        registry: &mut Registry,
        metric: impl EncodeMetric + Debug + Send + Sync + 'static,
    ) {
        registry.register(self.family(), self.help, metric);
    }
}

/// The statuses that a condition can have.
pub(super) const STATUSES: &[&str] = &["True", "False", "Unknown"];

pub(super) const VERBS: &[&str] =
    &["get", "list", "watch", "create", "apply", "patch", "update", "delete", "discover", OTHER];

/// A verb that is none of them.
pub(super) const OTHER: &str = "other";

const CODES: &[&str] = &["2xx", "3xx", "4xx", "5xx", "late", "failed"];

pub(super) const RECONCILES: Description = Description {
    name: "rukpak_reconciles_total",
    kind: Kind::Counter,
    labels: &[("outcome", Reconciled::TEXTS)],
    help: "Reconciles of BundleDeployments by how they ended",
};

pub(super) const RECONCILE_DURATION: Description = Description {
    name: "rukpak_reconcile_duration_seconds",
    kind: Kind::Histogram,
    labels: &[],
    help: "How long a reconcile took",
};

pub(super) const STEP_DURATION: Description = Description {
    name: "rukpak_step_duration_seconds",
    kind: Kind::Histogram,
    labels: &[("step", Step::TEXTS)],
    help: "How long a step of a reconcile took, whether it succeeded or not",
};

pub(super) const DEPLOYMENTS: Description = Description {
    name: "rukpak_deployments",
    kind: Kind::Gauge,
    labels: &[("condition", &condition::ALL), ("status", STATUSES)],
    help: "BundleDeployments of the class by the status of each condition",
};

pub(super) const QUEUE_LENGTH: Description = Description {
    name: "rukpak_queue_length",
    kind: Kind::Gauge,
    labels: &[],
    help: "BundleDeployments that wait to be reconciled now",
};

pub(super) const RECONCILES_RUNNING: Description = Description {
    name: "rukpak_reconciles_running",
    kind: Kind::Gauge,
    labels: &[],
    help: "BundleDeployments that are being reconciled",
};

pub(super) const FETCHES_WAITING: Description = Description {
    name: "rukpak_fetches_waiting",
    kind: Kind::Gauge,
    labels: &[],
    help: "BundleDeployments whose content is fetched when other fetches, from the same server or for the same namespace, have ended",
};

pub(super) const FETCHES: Description = Description {
    name: "rukpak_fetches_total",
    kind: Kind::Counter,
    labels: &[("source", Source::TEXTS), ("result", Fetched::TEXTS)],
    help: "How often content was asked for, by the type of its source and what came of it",
};

pub(super) const API_REQUESTS: Description = Description {
    name: "rukpak_api_requests_total",
    kind: Kind::Counter,
    labels: &[("verb", VERBS), ("code", CODES)],
    help: "Requests to the API server, each try counted, by the class of the answer; late is none while it was waited for, failed is no connection",
};

pub(super) const API_REQUEST_DURATION: Description = Description {
    name: "rukpak_api_request_duration_seconds",
    kind: Kind::Histogram,
    labels: &[("verb", VERBS)],
    help: "How long a request to the API server took; of a watch, until it began",
};

pub(super) const WRITES: Description = Description {
    name: "rukpak_objects_written_total",
    kind: Kind::Counter,
    labels: &[("action", Written::TEXTS)],
    help: "Objects of bundles that were written to the cluster",
};

pub(super) const LEASE_HELD: Description = Description {
    name: "rukpak_lease_held",
    kind: Kind::Gauge,
    labels: &[],
    help: "1 where this replica holds the lease and may write, 0 where it stands by",
};

pub(super) const CERTIFICATE_EXPIRY: Description = Description {
    name: "rukpak_certificate_expiry_time_seconds",
    kind: Kind::Gauge,
    labels: &[],
    help: "When the certificate of this server expires, in seconds since 1970",
};

pub(super) const BUILD: Description = Description {
    name: "rukpak_build_info",
    kind: Kind::Info,
    labels: &[("version", &[])],
    help: "The version of the provisioner",
};

// The names that client libraries for all languages use for a process.

pub(super) const RESIDENT_MEMORY: Description = Description {
    name: "process_resident_memory_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Resident memory of the process",
};

pub(super) const CPU: Description = Description {
    name: "process_cpu_seconds_total",
    kind: Kind::Counter,
    labels: &[],
    help: "User and system time that the process has used",
};

pub(super) const START_TIME: Description = Description {
    name: "process_start_time_seconds",
    kind: Kind::Gauge,
    labels: &[],
    help: "When the process was started, in seconds since 1970",
};

pub(super) const OPEN_FILES: Description = Description {
    name: "process_open_fds",
    kind: Kind::Gauge,
    labels: &[],
    help: "Open file descriptors of the process",
};

/// All of them.
pub const TABLE: &[Description] = &[
    RECONCILES,
    RECONCILE_DURATION,
    STEP_DURATION,
    DEPLOYMENTS,
    QUEUE_LENGTH,
    RECONCILES_RUNNING,
    FETCHES_WAITING,
    FETCHES,
    API_REQUESTS,
    API_REQUEST_DURATION,
    WRITES,
    LEASE_HELD,
    CERTIFICATE_EXPIRY,
    BUILD,
    RESIDENT_MEMORY,
    CPU,
    START_TIME,
    OPEN_FILES,
];
