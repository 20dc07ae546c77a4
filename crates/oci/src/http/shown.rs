//! URLs as errors and logs show them.

use std::fmt;

use url::Url;

/// How many characters of a path are shown.
const PATH_CHARACTERS: usize = 200;

/// A URL that is safe to print: without user, password, query and fragment, each of which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownUrl(String);

impl From<&Url> for ShownUrl {
    fn from(url: &Url) -> Self {
        let mut shown = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
        if let Some(port) = url.port() {
            shown.push(':');
            shown.push_str(&port.to_string());
        }
        let path = url.path();
        match path.char_indices().nth(PATH_CHARACTERS) {
            Some((end, _)) => {
                shown.push_str(path.get(..end).unwrap_or_default());
                shown.push_str("...");
            }
            None => shown.push_str(path),
        }
        Self(shown)
    }
}

impl fmt::Display for ShownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("https://example.com/v2/a", "https://example.com/v2/a")]
    #[case::secrets(
        "https://kim:hunter2@example.com:8443/a?token=hunter2#hunter2",
        "https://example.com:8443/a"
    )]
    #[case::ipv6("http://[::1]:5000/", "http://[::1]:5000/")]
    #[case::control_characters("http://a/\u{1b}[2Jx", "http://a/%1B[2Jx")]
    fn shown(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(ShownUrl::from(&url.parse::<Url>().unwrap()).to_string(), expected);
    }

    #[test]
    fn a_long_path_is_cut() {
        let url: Url = format!("http://a/{}", "x".repeat(5000)).parse().unwrap();
        assert!(ShownUrl::from(&url).to_string().len() < 230);
    }
}
