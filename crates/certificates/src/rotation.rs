//! Replacing certificates without a moment in which a client meets one that it does not trust.
//!
//! ```text
//!             serves   next    authorities to trust
//! young       old      -       old             until two thirds of its life are over
//! announced   old      new     old, new        until every client trusts both
//! replaced    new      -       old, new        until nobody serves the old one any more
//! young       new      -       new
//! ```
//!
//! In: the Secrets as they are. Out: what is to be in the cluster now, and what comes then, as soon as that is wholly there and healthy.
//! A step is known by the Secret alone: whoever is interrupted goes on where the cluster is. What has to be replaced at once, since it
//! has expired or is damaged, is.

mod step;
#[cfg(test)]
mod tests;

use rukpak_apply::cluster::Cluster;
use rukpak_manifest::Object;

use crate::issue::now;
use crate::keep::{live, text};
use crate::{CertificateError, Certificates, Issued, Request, Successor};
use step::{Step, step};

/// Certificates, and how they go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rotation {
    /// What is to be in the cluster now.
    pub certificates: Certificates,
    /// What is to be in it then: not before all that `certificates` leads to is in the cluster, and is healthy. `None` where that is
    /// no step on the way to other certificates.
    pub then: Option<Certificates>,
    /// In how many seconds there is something to do at the latest; `None` where there is no certificate.
    pub good_for: Option<u64>,
}

/// The certificates that are asked for: those of the cluster, or the next step from them to new ones.
pub async fn rotate(cluster: &Cluster, requests: Vec<Request>) -> Result<Rotation, CertificateError> {
    let now = now()?;
    let mut steps = Vec::new();
    for request in requests {
        let live = live(cluster, &request).await?;
        let step = step(left_in(live.as_ref()), &request, now)?;
        steps.push((request.secret_name, step));
    }
    Ok(together(steps))
}

/// What a Secret holds. What it lacks is empty.
fn left_in(secret: Option<&Object>) -> Issued {
    let text = |key| secret.and_then(|secret| text(secret, key));
    let next = text("next.crt").zip(text("next.key"));
    Issued {
        certificate: text("tls.crt").unwrap_or_default(),
        private_key: text("tls.key").unwrap_or_default(),
        authorities: text("ca.crt").unwrap_or_default(),
        next: next.map(|(certificate, private_key)| Successor { certificate, private_key }),
    }
}

/// All steps as one: those of one set are in the cluster together.
fn together(steps: Vec<(String, Step)>) -> Rotation {
    let mut rotation = Rotation::default();
    let mut then = Certificates::new();
    let mut goes_on = false;
    for (secret_name, step) in steps {
        goes_on |= step.then.is_some();
        then.insert(secret_name.clone(), step.then.unwrap_or_else(|| step.now.clone()));
        rotation.certificates.insert(secret_name, step.now);
        rotation.good_for = Some(rotation.good_for.map_or(step.good_for, |before| before.min(step.good_for)));
    }
    rotation.then = goes_on.then_some(then);
    rotation
}
