//! Which of several replicas may write: the one that holds a `Lease` of `coordination.k8s.io/v1`.
//!
//! In: a cluster, and the name of the Lease. Out: [`Held`], which says at any time whether this process holds it. It does what
//! client-go's `tools/leaderelection` does. The holder renews at each third of the duration, and has lost the Lease when it could
//! not for two thirds, by its own clock from before the last request that succeeded. Another replica takes it over when it has
//! watched it unchanged for the whole duration, by its own clock too. So the holder stops a third of the duration before anybody
//! else begins, whatever the clocks of the two machines say. One that is given back is taken over at the next look.
//!
//! Nothing here knows what is written.

mod contest;
mod held;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rukpak_apply::cluster::{Address, ApiError, Cluster, Mode, Refusal};
use rukpak_manifest::Object;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use contest::{Contest, Move, Seen};
pub use held::Held;
use held::Standing;

/// How long a Lease is good where nobody says otherwise.
const DURATION: Duration = Duration::from_secs(15);

/// How long giving it back may take.
const RELEASE: Duration = Duration::from_secs(5);

/// A contender for a Lease.
pub struct Lease {
    cluster: Cluster,
    address: Address,
    identity: String,
    duration: Duration,
    standing: Standing,
}

impl Lease {
    /// For the Lease of this name. What stands in it is the identity, a Pod's name, and something that no other process has: one
    /// that is started anew under the same name does not know what the former one is doing.
    #[must_use]
    pub fn new(cluster: Cluster, namespace: &str, name: &str, identity: &str) -> Self {
        let kind = ["coordination.k8s.io", "v1", "Lease", "leases"];
        Self {
            cluster: cluster.with_patience(Duration::ZERO),
            address: Address::known(kind, Some(namespace), name),
            identity: format!("{identity}_{}", Uuid::new_v4()),
            duration: DURATION,
            standing: Standing::default(),
        }
    }

    /// The same, for a Lease that is good for so long: whole seconds, one at least.
    #[must_use]
    pub fn lasting(self, seconds: u32) -> Self {
        Self { duration: Duration::from_secs(seconds.max(1).into()), ..self }
    }

    /// Whether it is held, for those who must know.
    #[must_use]
    pub fn held(&self) -> Held {
        self.standing.held()
    }

    /// What stands in the Lease when it is ours.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Contends for it, holds it, loses it and contends again, until it is told to stop; then it is given back. Whoever tells it to
    /// has stopped writing before.
    pub async fn run(self, stop: CancellationToken) {
        let mut contest = Contest::new(self.identity.clone(), self.duration);
        let retry = self.duration / 8;
        loop {
            let pause = match self.turn(&mut contest).await {
                Ok(Some(until)) => {
                    if self.standing.hold(until) {
                        tracing::info!(lease = %self, identity = self.identity, "the lease is held");
                    }
                    self.duration / 3
                }
                Ok(None) => {
                    self.lose();
                    retry
                }
                Err(error) => {
                    tracing::warn!(lease = %self, %error, "cannot renew or take the lease");
                    if !self.held().is_held() {
                        self.lose();
                    }
                    retry
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(with_jitter(pause)) => {}
            }
        }
        self.release(&contest).await;
    }

    /// Looks once: until when it is held, or `None` where another one has it.
    async fn turn(&self, contest: &mut Contest) -> Result<Option<Instant>, Failure> {
        let limit = self.duration / 5;
        let start = Instant::now();
        timeout(limit, self.look(contest)).await.map_err(|_| Failure::Late(limit))??;
        Ok(contest.is_ours().then(|| start + self.duration / 3 * 2))
    }

    async fn look(&self, contest: &mut Contest) -> Result<(), Failure> {
        if contest.is_ours()
            && let Some(seen) = contest.seen()
        {
            match self.write(&renewed(), seen.version()).await {
                Ok(now) => {
                    contest.saw(Seen::of(Some(&now)), Instant::now());
                    return Ok(());
                }
                // Somebody else wrote it: perhaps only a label.
                Err(error) if is_beaten(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let live = self.cluster.get(&self.address).await?;
        contest.saw(Seen::of(live.as_ref()), Instant::now());
        let next = contest.next(Instant::now());
        let is_ours = contest.is_ours();
        let written = match next {
            Move::Wait => return Ok(()),
            Move::Create => {
                let spec = taken(&self.identity, self.duration, 0);
                let kind = ("coordination.k8s.io/v1", "Lease");
                let (namespace, name) = (&self.address.id.namespace, &self.address.id.name);
                let lease = Object::new(kind.0, kind.1, Some(namespace), name).with("spec", spec);
                self.cluster.create(&self.address, &lease, Mode::Write).await
            }
            Move::Take { version, transitions } => {
                self.write(&taken(&self.identity, self.duration, transitions), &version).await
            }
            Move::Renew { version } => self.write(&renewed(), &version).await,
        };
        match written {
            Ok(now) => contest.saw(Seen::of(Some(&now)), Instant::now()),
            // Another one was faster, which the next look shows.
            Err(error) if !is_ours && is_beaten(&error) => contest.was_beaten(),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Changes the Lease, if it is still the one that was seen.
    async fn write(&self, spec: &Value, version: &str) -> Result<Object, ApiError> {
        let changes = json!({"metadata": {"resourceVersion": version}, "spec": spec});
        self.cluster.merge(&self.address, &changes).await
    }

    fn lose(&self) {
        if self.standing.lose() {
            tracing::warn!(lease = %self, identity = self.identity, "the lease is lost");
        }
    }

    /// Gives it back, so that nobody has to wait until it has expired.
    async fn release(&self, contest: &Contest) {
        let was_held = self.standing.lose();
        let Some(seen) = contest.seen().filter(|_| contest.is_ours()) else { return };
        let spec = json!({"holderIdentity": null, "leaseDurationSeconds": 1, "renewTime": now()});
        match timeout(RELEASE, self.write(&spec, seen.version())).await {
            Ok(Ok(_)) => tracing::info!(lease = %self, was_held, "the lease is given back"),
            Ok(Err(error)) => tracing::warn!(lease = %self, %error, "cannot give the lease back"),
            Err(_) => tracing::warn!(lease = %self, "cannot give the lease back in time"),
        }
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address.id.namespace, self.address.id.name)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("name", &self.to_string())
            .field("identity", &self.identity)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// Why a look told nothing.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("the API server did not answer within {0:?}")]
    Late(Duration),
}

/// Whether the Lease is not what was seen.
fn is_beaten(error: &ApiError) -> bool {
    matches!(error.refusal(), Refusal::Conflict | Refusal::AlreadyExists | Refusal::NotFound)
}

/// The `spec` of a Lease that begins to be ours.
fn taken(identity: &str, duration: Duration, transitions: i64) -> Value {
    let now = now();
    json!({
        "holderIdentity": identity,
        "leaseDurationSeconds": duration.as_secs(),
        "acquireTime": now,
        "renewTime": now,
        "leaseTransitions": transitions,
    })
}

/// What changes of the `spec` of one that is.
fn renewed() -> Value {
    json!({"renewTime": now()})
}

/// A `MicroTime`. It is for readers: nothing is decided by it.
fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

/// Up to a fifth less, so that two that were started together do not meet each time.
fn with_jitter(pause: Duration) -> Duration {
    pause.mul_f32(1.0 - fastrand::f32() / 5.0)
}
