//! One step of one certificate. Nothing but its arguments decides, and chance the keys.

use std::time::Duration;

use crate::accepted::{Accepted, accepted};
use crate::dated::dated;
use crate::issue::issue_one;
use crate::life::seconds;
use crate::{CertificateError, Issued, Request, Successor};

/// How many authorities of earlier certificates stay trusted. There is one; only who damages a Secret again and again makes more.
const MOST: usize = 8;

/// Where a certificate is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// What is to be in the cluster now.
    pub(super) now: Issued,
    /// What comes when that is there, and healthy.
    pub(super) then: Option<Issued>,
    /// In how many seconds there is something to do at the latest.
    pub(super) good_for: u64,
}

/// The step from what a Secret holds at a time since 1970. What it lacks is empty.
pub(super) fn step(live: Issued, request: &Request, now: Duration) -> Result<Step, CertificateError> {
    let seconds = seconds(now);
    let served = of(&live, request).filter(|served| served.life.is_valid(seconds));
    let next = replaced(&live).and_then(|then| Some((of(&then, request)?.life, then)));
    let next = next.filter(|(next, _)| next.is_young(seconds));
    match (served, next) {
        (Some(served), _) if served.life.is_young(seconds) => {
            let then = settled(&live, &served);
            Ok(Step { then, good_for: served.life.used_for(seconds), now: live })
        }
        (Some(served), Some((next, then))) => {
            let good_for = served.life.valid_for(seconds).min(next.used_for(seconds));
            Ok(Step { now: live, then: Some(then), good_for })
        }
        (Some(served), None) => {
            let live = announced(live, &served, issue_one(request, now)?, seconds);
            Ok(Step { then: replaced(&live), good_for: served.life.valid_for(seconds), now: live })
        }
        // Clients trust it already.
        (None, Some((_, next))) => step(next, request, now),
        (None, None) => anew(&live, request, now),
    }
}

/// What is served, in the eyes of its clients.
fn of(issued: &Issued, request: &Request) -> Option<Accepted> {
    let Issued { certificate, private_key, authorities, next: _ } = issued;
    accepted(certificate, private_key, authorities, &request.dns_names)
}

/// Another one at once. Who serves the one before goes on being trusted.
fn anew(live: &Issued, request: &Request, now: Duration) -> Result<Step, CertificateError> {
    let seconds = seconds(now);
    let alone = issue_one(request, now)?;
    let good_for = of(&alone, request).map_or(0, |new| new.life.used_for(seconds));
    let old: String = unexpired(&live.authorities, seconds).take(MOST).collect();
    if old.is_empty() {
        return Ok(Step { now: alone, then: None, good_for });
    }
    let authorities = format!("{}{old}", alone.authorities);
    Ok(Step { now: Issued { authorities, ..alone.clone() }, then: Some(alone), good_for })
}

/// What is served stays, and its clients learn to trust what comes next.
fn announced(live: Issued, served: &Accepted, new: Issued, now: i64) -> Issued {
    let Issued { certificate, private_key, authorities, next: _ } = new;
    let others = unexpired(&live.authorities, now).filter(|other| *other != served.authority).take(MOST);
    let authorities = [served.authority.clone()].into_iter().chain(others).chain([authorities]).collect();
    Issued { authorities, next: Some(Successor { certificate, private_key }), ..live }
}

/// What comes next is served. Who is to trust it does so already, and trusts the one before, which others may serve yet.
fn replaced(live: &Issued) -> Option<Issued> {
    let Successor { certificate, private_key } = live.next.clone()?;
    Some(Issued { certificate, private_key, authorities: live.authorities.clone(), next: None })
}

/// Only what is served is trusted; `None` where it is so.
fn settled(live: &Issued, served: &Accepted) -> Option<Issued> {
    let alone = Issued { authorities: served.authority.clone(), next: None, ..live.clone() };
    (alone != *live).then_some(alone)
}

/// The certificates of a text that have not expired, each in PEM.
fn unexpired(text: &str, now: i64) -> impl Iterator<Item = String> {
    dated(text).into_iter().filter(move |one| now < one.expires).map(|one| one.pem)
}
