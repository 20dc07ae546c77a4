//! What it takes to get at a source: credentials and trust. It is never stored or printed with the source.

use rukpak_oci::{Basic, Keyring, Scheme, Secret};

/// Credentials and trust for one source.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// For images.
    pub keyring: Keyring,
    /// Whether a registry is spoken to by https.
    pub scheme: Scheme,
    /// For git over HTTP and for HTTP sources.
    pub basic: Option<Basic>,
    /// For git over SSH.
    pub ssh: Option<SshAccess>,
    /// Certificates of authorities to trust beside those of the system, in PEM.
    pub certificates: Option<String>,
    /// Whether any certificate, or any key of an SSH host, is good enough.
    pub insecure_skip_verify: bool,
    /// Whether the source is asked even for what the cache has, so that nobody gets from there what they could not fetch themselves. For
    /// a cache of tenants. A registry is asked for the manifest, everything else for all of it.
    pub verify_access: bool,
}

/// How to get at a git repository over SSH.
#[derive(Debug, Clone)]
pub struct SshAccess {
    /// The private key, in the format of OpenSSH or PEM.
    pub private_key: Secret,
    /// The lines of a `known_hosts` file.
    pub known_hosts: String,
}
