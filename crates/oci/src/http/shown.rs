//! URLs as errors and logs show them.

use std::fmt;

use url::Url;

use crate::Secret;
use crate::secret::{is_in_host, redact};

/// How many characters of a path are shown.
const PATH_CHARACTERS: usize = 200;

/// A URL that is safe to print: without user, password, query and fragment, each of which may hold a secret. What a server was
/// sent it may also put into the path of a URL that it names, so of such a one less is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownUrl(String);

impl From<&Url> for ShownUrl {
    fn from(url: &Url) -> Self {
        Self(origin(url, &[]) + &cut(url.path()))
    }
}

impl ShownUrl {
    /// A URL that a server may have put these secrets into.
    pub(crate) fn without(url: &Url, secrets: &[Secret]) -> Self {
        Self(origin(url, secrets) + &cut(&redact(url.path(), secrets)))
    }

    /// Where a server sent us that was asked for a URL. Of another server only the origin is shown: its paths are the business of those
    /// two, and often as good as a password there.
    pub(crate) fn led_to(url: &Url, asked: &Url, secrets: &[Secret]) -> Self {
        if url.origin() != asked.origin() {
            return Self(origin(url, secrets));
        }
        Self(origin(url, &[]) + &cut(&redact(url.path(), secrets)))
    }

    /// The same, with the URL that redirects there.
    pub(crate) fn where_leads(&self, asked: &Self) -> Self {
        Self(format!("{self}, where {asked} redirects to,"))
    }
}

/// Scheme, host and port.
fn origin(url: &Url, secrets: &[Secret]) -> String {
    let host = match url.host_str().unwrap_or_default() {
        host if is_in_host(host, secrets) => "<redacted>",
        host => host,
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}

fn cut(path: &str) -> String {
    match path.char_indices().nth(PATH_CHARACTERS) {
        Some((end, _)) => format!("{}...", path.get(..end).unwrap_or_default()),
        None => path.to_owned(),
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

    #[rstest]
    #[case::as_it_is("http://a:1/v2/hunter2", "http://a:1/v2/<redacted>")]
    #[case::escaped("http://a:1/a\"b>c/d", "http://a:1/<redacted>")]
    #[case::escaped_by_the_server("http://a:1/a%22b%3ec%2fd", "http://a:1/<redacted>")]
    #[case::across_the_cut(&format!("http://a:1/{}hunter2", "x".repeat(195)), &format!("http://a:1/{}<red...", "x".repeat(195)))]
    #[case::another_server("https://b/v2/x?y", "https://b")]
    #[case::another_port("http://a:2/v2/hunter2", "http://a:2")]
    #[case::as_a_host("http://x.hunter2.b/", "http://<redacted>")]
    #[case::as_a_host_in_lower_case("http://qwjj.b:2/", "http://<redacted>:2")]
    fn nothing_that_a_server_was_sent_is_shown(#[case] url: &str, #[case] expected: &str) {
        let secrets = ["hunter2", "a\"b>c/d", "QWJj", ""].map(Secret::new);
        let asked = "http://a:1/v2/".parse().unwrap();
        assert_eq!(ShownUrl::led_to(&url.parse().unwrap(), &asked, &secrets).to_string(), expected);
    }

    #[test]
    fn a_token_server_is_shown_without_what_it_was_sent() {
        let url = "https://hunter2.b/token/hunter2".parse().unwrap();
        let shown = ShownUrl::without(&url, &[Secret::new("hunter2")]);
        assert_eq!(shown.to_string(), "https://<redacted>/token/<redacted>");
    }

    #[test]
    fn a_long_path_is_cut() {
        let url: Url = format!("http://a/{}", "x".repeat(5000)).parse().unwrap();
        assert!(ShownUrl::from(&url).to_string().len() < 230);
    }
}
