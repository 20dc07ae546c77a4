//! What a provisioner tells of itself in figures.
//!
//! In: what happened, told by whoever did it. Out: the text that Prometheus reads ([`Metrics::text`]). Every metric is described
//! in [`TABLE`], of which `docs/metrics.md` is made; the values of its labels are known when this is compiled, so that there are
//! never many series. Nothing here knows what a deployment is.

mod label;
mod process;
mod queues;
mod table;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use rukpak_api::condition;
use rukpak_apply::cluster::{Meter, Outcome};
use rukpak_apply::engine::Done;

use queues::Queues;

pub use label::{Fetched, Reconciled, Source, Step, Written};
pub use queues::Lengths;
pub use table::{Description, Kind, TABLE};

/// The media type of what [`Metrics::text`] says.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds that a reconcile or a step may take, from nothing changed to a large image.
const WORK: [f64; 14] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

/// Seconds that a request to an API server may take.
const REQUESTS: [f64; 10] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// Names and values of labels.
type Labels<const N: usize> = [(&'static str, &'static str); N];
/// A histogram for each value of a label.
type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// The metrics of a process. A clone is a handle on the same ones.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    reconciles: Family<Labels<1>, Counter>,
    reconcile_durations: Histogram,
    steps: Histograms,
    deployments: Family<Labels<2>, Gauge>,
    queues: Queues,
    fetches: Family<Labels<2>, Counter>,
    requests: Family<Labels<2>, Counter>,
    request_durations: Histograms,
    writes: Family<Labels<1>, Counter>,
    lease: Gauge,
    certificate: Gauge,
}

/// How many deployments have which status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statuses {
    /// `True`.
    pub is_true: u32,
    /// `False`.
    pub is_false: u32,
    /// `Unknown`, or not there yet.
    pub unknown: u32,
}

impl Metrics {
    /// Those of a provisioner of a class, which is a label of all of them.
    #[must_use]
    pub fn new(class: &str) -> Self {
        let mut registry = Registry::with_labels([("class".into(), class.to_owned().into())].into_iter());
        let inner = Inner::new();
        inner.begin();
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        table::RECONCILES.register(&mut registry, inner.reconciles.clone());
        table::RECONCILE_DURATION.register(&mut registry, inner.reconcile_durations.clone());
        table::STEP_DURATION.register(&mut registry, inner.steps.clone());
        table::DEPLOYMENTS.register(&mut registry, inner.deployments.clone());
        table::FETCHES.register(&mut registry, inner.fetches.clone());
        table::API_REQUESTS.register(&mut registry, inner.requests.clone());
        table::API_REQUEST_DURATION.register(&mut registry, inner.request_durations.clone());
        table::WRITES.register(&mut registry, inner.writes.clone());
        table::LEASE_HELD.register(&mut registry, inner.lease.clone());
        table::CERTIFICATE_EXPIRY.register(&mut registry, inner.certificate.clone());
        table::BUILD.register(&mut registry, version);
        registry.register_collector(Box::new(inner.queues.clone()));
        registry.register_collector(Box::new(process::Process));
        Self(Arc::new(Inner { registry, ..inner }))
    }

    /// A reconcile has ended.
    pub fn reconciled(&self, how: Reconciled, elapsed: Duration) {
        self.0.reconciles.get_or_create(&[("outcome", how.text())]).inc();
        self.0.reconcile_durations.observe(elapsed.as_secs_f64());
    }

    /// A step of a reconcile has ended, well or not.
    pub fn step(&self, step: Step, elapsed: Duration) {
        self.0.steps.get_or_create(&[("step", step.text())]).observe(elapsed.as_secs_f64());
    }

    /// How many deployments of the class have which status of a condition, one of [`condition::ALL`].
    pub fn deployments(&self, condition: &'static str, counts: Statuses) {
        let Statuses { is_true, is_false, unknown } = counts;
        for (status, count) in [("True", is_true), ("False", is_false), ("Unknown", unknown)] {
            let labels = [("condition", condition), ("status", status)];
            self.0.deployments.get_or_create(&labels).set(count.into());
        }
    }

    /// From now on, whoever reads the figures is told this of how many deployments wait and are worked on.
    pub fn queues(&self, ask: impl Fn() -> Lengths + Send + Sync + 'static) {
        if self.0.queues.0.set(Box::new(ask)).is_err() {
            tracing::error!("there are two queues");
        }
    }

    /// Content was asked for.
    pub fn fetched(&self, source: Source, how: Fetched) {
        self.0.fetches.get_or_create(&[("source", source.text()), ("result", how.text())]).inc();
    }

    /// An object of a bundle was written.
    pub fn written(&self, how: Written) {
        self.0.writes.get_or_create(&[("action", how.text())]).inc();
    }

    /// Something was done about an object, which may be nothing.
    pub(crate) fn written_by(&self, done: Done) {
        match done {
            Done::Created | Done::Replaced => self.written(Written::Created),
            Done::Configured | Done::Adopted | Done::Released => self.written(Written::Changed),
            Done::Deleted => self.written(Written::Deleted),
            Done::Unchanged | Done::Used => {}
        }
    }

    /// Whether this process holds the lease.
    pub fn lease_held(&self, is_held: bool) {
        self.0.lease.set(is_held.into());
    }

    /// When the certificate that is served expires, in seconds since 1970.
    pub fn certificate_expires(&self, seconds: i64) {
        self.0.certificate.set(seconds);
    }

    /// All of it as text, of [`MEDIA_TYPE`].
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.0.registry)?;
        Ok(out)
    }
}

impl Inner {
    fn new() -> Self {
        let work = || Histogram::new(WORK);
        let requests = || Histogram::new(REQUESTS);
        Self {
            registry: Registry::default(),
            reconciles: Family::default(),
            reconcile_durations: work(),
            steps: Family::new_with_constructor(work),
            deployments: Family::default(),
            queues: Queues::default(),
            fetches: Family::default(),
            requests: Family::default(),
            request_durations: Family::new_with_constructor(requests),
            writes: Family::default(),
            lease: Gauge::default(),
            certificate: Gauge::default(),
        }
    }

    /// Begins what can be at nothing: a rate is known only of what was there before.
    fn begin(&self) {
        for how in Reconciled::TEXTS {
            drop(self.reconciles.get_or_create(&[("outcome", how)]));
        }
        for how in Written::TEXTS {
            drop(self.writes.get_or_create(&[("action", how)]));
        }
        for condition in condition::ALL {
            for status in table::STATUSES {
                drop(self.deployments.get_or_create(&[("condition", condition), ("status", status)]));
            }
        }
    }
}

impl Meter for Metrics {
    fn request(&self, verb: &'static str, outcome: Outcome, elapsed: Duration) {
        // In errors a verb may be followed by more: `update the status of`.
        let known = table::VERBS.iter().find(|known| verb.split(' ').next() == Some(known));
        let verb = known.copied().unwrap_or(table::OTHER);
        let code = match outcome {
            Outcome::Answered(status) => match status.as_u16() / 100 {
                2 => "2xx",
                3 => "3xx",
                4 => "4xx",
                _ => "5xx",
            },
            Outcome::Late => "late",
            Outcome::Failed => "failed",
        };
        self.0.requests.get_or_create(&[("verb", verb), ("code", code)]).inc();
        self.0.request_durations.get_or_create(&[("verb", verb)]).observe(elapsed.as_secs_f64());
    }
}

fn tell(encoder: &mut DescriptorEncoder, about: &Description, metric: &impl EncodeMetric) -> fmt::Result {
    // As a registry writes it.
    let help = format!("{}.", about.help);
    metric.encode(encoder.encode_descriptor(about.family(), &help, None, metric.metric_type())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::BTreeSet;

    use http::StatusCode;

    const SECOND: Duration = Duration::from_secs(1);

    /// One where everything has happened.
    fn told() -> String {
        let metrics = Metrics::new("core-rukpak-io-plain");
        metrics.reconciled(Reconciled::Retried, SECOND);
        metrics.step(Step::Unpack, SECOND);
        metrics.deployments(condition::HEALTHY, Statuses { is_true: 3, is_false: 1, unknown: 0 });
        metrics.queues(|| Lengths { waiting: 5, running: 2, waiting_for_fetches: 1 });
        metrics.fetched(Source::Image, Fetched::Cached);
        (0..15).for_each(|_| metrics.written(Written::Created));
        metrics.lease_held(true);
        metrics.certificate_expires(1_800_000_000);
        metrics.request("get", Outcome::Answered(StatusCode::CREATED), SECOND);
        metrics.request("get", Outcome::Late, SECOND);
        metrics.request("update the status of", Outcome::Failed, SECOND);
        metrics.request("new", Outcome::Failed, SECOND);
        metrics.text().unwrap()
    }

    #[test]
    fn what_happened_is_told() {
        let text = told();
        for line in [
            r#"rukpak_reconciles_total{class="core-rukpak-io-plain",outcome="retried"} 1"#,
            r#"rukpak_reconciles_total{class="core-rukpak-io-plain",outcome="stalled"} 0"#,
            r#"rukpak_reconcile_duration_seconds_count{class="core-rukpak-io-plain"} 1"#,
            r#"rukpak_step_duration_seconds_count{class="core-rukpak-io-plain",step="unpack"} 1"#,
            r#"rukpak_deployments{class="core-rukpak-io-plain",condition="Healthy",status="True"} 3"#,
            r#"rukpak_deployments{class="core-rukpak-io-plain",condition="Stalled",status="True"} 0"#,
            r#"rukpak_queue_length{class="core-rukpak-io-plain"} 5"#,
            r#"rukpak_reconciles_running{class="core-rukpak-io-plain"} 2"#,
            r#"rukpak_fetches_waiting{class="core-rukpak-io-plain"} 1"#,
            r#"rukpak_fetches_total{class="core-rukpak-io-plain",source="image",result="cached"} 1"#,
            r#"rukpak_objects_written_total{class="core-rukpak-io-plain",action="created"} 15"#,
            r#"rukpak_lease_held{class="core-rukpak-io-plain"} 1"#,
            r#"rukpak_certificate_expiry_time_seconds{class="core-rukpak-io-plain"} 1800000000"#,
            r#"rukpak_api_requests_total{class="core-rukpak-io-plain",verb="get",code="2xx"} 1"#,
            r#"rukpak_api_requests_total{class="core-rukpak-io-plain",verb="get",code="late"} 1"#,
            r#"rukpak_api_requests_total{class="core-rukpak-io-plain",verb="update",code="failed"} 1"#,
            r#"rukpak_api_requests_total{class="core-rukpak-io-plain",verb="other",code="failed"} 1"#,
            r#"rukpak_api_request_duration_seconds_count{class="core-rukpak-io-plain",verb="get"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in:\n{text}");
        }
    }

    #[test]
    fn the_table_and_the_text_name_the_same() {
        let text = told();
        let types: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let described = TABLE.iter().map(|row| format!("{} {}", row.family(), row.kind.text()));
        assert_eq!(types.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), described.collect());
        for Description { name, labels, help, .. } in TABLE {
            assert!(text.contains(&format!("{help}.\n")), "no help of {name}");
            let of_it = |line: &&str| {
                line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name}_count{{"))
            };
            let series: Vec<_> = text.lines().filter(of_it).collect();
            assert!(!series.is_empty(), "no series of {name}:\n{text}");
            for (label, values) in *labels {
                let is_known = |line: &&str| {
                    let value = line
                        .split_once(&format!("{label}=\""))
                        .map(|(_, rest)| rest.split('"').next().unwrap());
                    value.is_some_and(|value| values.is_empty() || values.contains(&value))
                };
                assert!(series.iter().all(is_known), "{label} of {name}: {series:?}");
            }
        }
    }
}
