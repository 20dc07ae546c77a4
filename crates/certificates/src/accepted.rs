//! Whether a client accepts a certificate: it covers the names, its key is there, and one of the authorities that are trusted has
//! signed it.

use rcgen::KeyPair;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::{Pem, parse_x509_pem};

use crate::dated::dated;
use crate::life::Life;

/// A certificate that a client accepts as long as it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// How long that is; its authority's life, too.
    pub(crate) life: Life,
    /// The certificate of the authority that signed it, in PEM.
    pub(crate) authority: String,
}

/// A certificate and its key in the eyes of those who trust some authorities, whatever the time. All of it is PEM.
pub(crate) fn accepted(
    served: &str,
    private_key: &str,
    authorities: &str,
    names: &[String],
) -> Option<Accepted> {
    let served = certificate(served)?;
    let served = served.parse_x509().ok()?;
    if !covers(&served, names) || !has_key(&served, private_key) {
        return None;
    }
    dated(authorities).into_iter().find_map(|authority| {
        let authority = authority.pem;
        let pem = certificate(&authority)?;
        let signer = pem.parse_x509().ok()?;
        let has_signed = served.verify_signature(Some(signer.public_key())).is_ok();
        let life = Life::of(&served).and(Life::of(&signer));
        (signer.is_ca() && has_signed).then_some(Accepted { life, authority })
    })
}

/// The first certificate of a text.
pub(crate) fn certificate(text: &str) -> Option<Pem> {
    parse_x509_pem(text.as_bytes()).ok().map(|(_, pem)| pem)
}

/// Whether a certificate is valid for all of these names.
pub(crate) fn covers(certificate: &X509Certificate<'_>, names: &[String]) -> bool {
    let Ok(alternatives) = certificate.subject_alternative_name() else { return false };
    let covered: Vec<_> = alternatives.into_iter().flat_map(|names| &names.value.general_names).collect();
    names
        .iter()
        .all(|name| covered.iter().any(|covered| matches!(covered, GeneralName::DNSName(dns) if dns == name)))
}

/// Whether a private key is a certificate's.
pub(crate) fn has_key(certificate: &X509Certificate<'_>, private_key: &str) -> bool {
    let public = &certificate.public_key().subject_public_key.data;
    KeyPair::from_pem(private_key).is_ok_and(|key| public.ends_with(key.public_key_raw()))
}
