//! A cluster as far as certificates go: a Secret, those who serve it, and those who are to trust it.

use std::collections::BTreeSet;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

use super::{START, request};
use crate::Issued;
use crate::rotation::step::{Step, step};

type Write = fn(&mut World, &Issued);

/// What happens next: days go by, the pods are rolled out or not, and a look is killed after so many writes.
pub(super) type Chance = (u64, bool, usize);

/// At every moment, whoever serves is trusted: that is looked at after every write.
pub(super) struct World {
    now: Duration,
    pub(super) secret: Issued,
    /// What trusts the certificates: the one written before the pods, and the one after. Every value since the last look that found
    /// everything in its place: an API server may not have heard of the last one yet.
    bundles: [Vec<String>; 2],
    /// The certificate that the pods are started for, and whether all of them are.
    template: String,
    is_rolled_out: bool,
    /// What pods serve. Some have read the Secret again, others have not.
    served: BTreeSet<String>,
}

impl World {
    pub(super) fn new(secret: Issued, now: Duration) -> Self {
        let bundle = vec![secret.authorities.clone()];
        let served = BTreeSet::from([secret.certificate.clone()]);
        let template = secret.certificate.clone();
        Self { now, secret, bundles: [bundle.clone(), bundle], template, is_rolled_out: true, served }
    }

    pub(super) fn pass_to(&mut self, now: Duration) {
        self.now = now;
    }

    pub(super) fn live_through(&mut self, chance: Chance) {
        let (days, rolls_out, writes) = chance;
        self.now += Duration::from_hours(24 * days);
        if rolls_out {
            self.roll_out();
        }
        self.look(writes);
    }

    /// Looks, and writes what is to be written until it is killed. Whether there was something.
    pub(super) fn look(&mut self, writes: usize) -> bool {
        let Step { now, then, good_for: _ } = step(self.secret.clone(), &request(), self.now).unwrap();
        let is_settled = self.is(&now) && self.is_rolled_out;
        if is_settled {
            for bundle in &mut self.bundles {
                bundle.drain(..bundle.len() - 1);
            }
        }
        let wanted = if is_settled { then.unwrap_or(now) } else { now };
        if self.is(&wanted) {
            return false;
        }
        let all: [Write; 4] = [
            |world, wanted| {
                world.secret = wanted.clone();
                world.served.insert(wanted.certificate.clone());
            },
            |world, wanted| world.publish(0, wanted),
            |world, wanted| {
                if world.template != wanted.certificate {
                    world.template = wanted.certificate.clone();
                    world.is_rolled_out = false;
                }
            },
            |world, wanted| world.publish(1, wanted),
        ];
        for write in all.into_iter().take(writes) {
            write(self, &wanted);
            self.check();
        }
        true
    }

    pub(super) fn roll_out(&mut self) {
        if self.template == self.secret.certificate {
            self.served = BTreeSet::from([self.template.clone()]);
            self.is_rolled_out = true;
        }
    }

    fn publish(&mut self, index: usize, wanted: &Issued) {
        if self.bundles[index].last() != Some(&wanted.authorities) {
            self.bundles[index].push(wanted.authorities.clone());
        }
    }

    /// Whether all of it is as it is wanted.
    fn is(&self, wanted: &Issued) -> bool {
        self.secret == *wanted
            && self.bundles.iter().all(|values| values.last() == Some(&wanted.authorities))
            && self.template == wanted.certificate
    }

    fn check(&self) {
        for served in &self.served {
            for bundle in self.bundles.iter().flatten() {
                assert!(trusts(bundle, served, self.now), "what is served is not trusted");
            }
        }
    }
}

/// Whether a client that trusts all authorities of a bundle accepts a certificate at a time since 1970.
pub(super) fn trusts(bundle: &str, served: &str, now: Duration) -> bool {
    assert!(now.as_secs() >= START);
    let authorities: Vec<_> =
        CertificateDer::pem_slice_iter(bundle.as_bytes()).collect::<Result<_, _>>().unwrap();
    let anchors: Vec<_> = authorities.iter().map(|one| anchor_from_trusted_cert(one).unwrap()).collect();
    let served = CertificateDer::from_pem_slice(served.as_bytes()).unwrap();
    let served = EndEntityCert::try_from(&served).unwrap();
    let (time, usage) = (UnixTime::since_unix_epoch(now), KeyUsage::server_auth());
    served.verify_for_usage(&[ring::ECDSA_P256_SHA256], &anchors, &[], time, usage, None, None).is_ok()
}
