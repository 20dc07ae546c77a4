//! The certificates of one look.

use std::time::Duration;

use rukpak_apply::cluster::Cluster;
use rukpak_certificates::{CertificateError, Certificates, Request, Rotation, rotate};

/// The time for every API server to hear of the authorities that it is to trust, before something is served that needs them.
pub(super) const HEARD: Duration = Duration::from_secs(2);

/// The certificates whose time has come, where they are those that are needed; else those of the cluster, or the first step to others.
pub(super) async fn step(
    cluster: &Cluster,
    needed: Vec<Request>,
    next: Option<Certificates>,
) -> Result<Rotation, CertificateError> {
    match next {
        Some(certificates) if needed.iter().all(|one| certificates.contains_key(&one.secret_name)) => {
            Ok(Rotation { certificates, ..Rotation::default() })
        }
        // The spec or the source is another by now.
        _ => rotate(cluster, needed).await,
    }
}
