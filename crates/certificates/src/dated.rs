//! The certificates of a text, and until when they are good.

use x509_parser::pem::parse_x509_pem;

const END: &str = "-----END CERTIFICATE-----";

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// The certificate alone, in PEM.
    pub pem: String,
    /// When it expires, in seconds since 1970.
    pub expires: i64,
}

/// The certificates that stand in a text one after the other, in PEM. What cannot be read is left out.
#[must_use]
pub fn dated(text: &str) -> Vec<Dated> {
    let one = |part: &str| {
        let pem = part.get(part.find("-----BEGIN ")?..)?;
        let (_, parsed) = parse_x509_pem(pem.as_bytes()).ok()?;
        let expires = parsed.parse_x509().ok()?.validity().not_after.timestamp();
        Some(Dated { pem: format!("{}\n", pem.trim_end()), expires })
    };
    text.split_inclusive(END).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use crate::Request;
    use crate::issue::issue_one;

    fn authority(issued: u64) -> String {
        let request = Request { secret_name: "a".into(), namespace: "b".into(), dns_names: vec!["c".into()] };
        issue_one(&request, Duration::from_secs(issued)).unwrap().authorities
    }

    #[test]
    fn each_of_several_with_its_end() {
        let (one, other) = (authority(1_700_000_000), authority(1_800_000_000));
        let found = dated(&format!("# ours\n{}\n\n{other}", one.trim_end()));
        let year = 365 * 24 * 60 * 60;
        let expected = [(one, 1_700_000_000 + year), (other, 1_800_000_000 + year)];
        assert_eq!(found, expected.map(|(pem, expires)| Dated { pem, expires }));
    }

    #[test]
    fn what_is_none_is_left_out() {
        let one = authority(1_700_000_000);
        let broken = format!("-----BEGIN CERTIFICATE-----\nAAAA\n{END}\n");
        assert_eq!(dated(&format!("{broken}{one}text")).len(), 1);
        assert_eq!(dated(""), []);
    }
}
