//! Whom git trusts over HTTPS.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::GitError;
use super::environment::Setting;
use crate::Access;

/// git runs in the directory of the call.
const FILE: &str = "authorities.pem";

/// Where distributions keep the authorities that the system trusts: Debian and Alpine, Fedora, openSUSE, and BSD.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Makes one file of the system's authorities and the given ones, since curl takes one instead of the system's.
///
/// The system's are those of `SSL_CERT_FILE`, or else of the first of the usual files. Where there are none of either kind,
/// git decides.
pub(super) fn prepare(access: &Access, scratch: &Path) -> Result<Vec<Setting>, GitError> {
    let given = access.certificates.as_deref();
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    if named.is_none() && given.is_none() {
        return Ok(Vec::new());
    }
    let write = || -> io::Result<()> {
        let usual = SYSTEM.iter().map(PathBuf::from);
        let system = named.into_iter().chain(usual).find_map(|file| fs::read(file).ok()).unwrap_or_default();
        let given = given.unwrap_or_default().as_bytes();
        fs::write(scratch.join(FILE), [&system, given].join(&b'\n'))
    };
    write().map_err(|source| GitError::Write { file: FILE, source })?;
    Ok(vec![("http.sslCAInfo".to_owned(), FILE.to_owned())])
}
