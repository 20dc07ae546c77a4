//! Which addresses are accepted, and what is said of the others.

use rstest::rstest;

use super::*;

#[rstest]
#[case::https("https://example.com/org/repo.git", "https://example.com/org/repo.git", "https://example.com")]
#[case::port("https://example.com:8443/r", "https://example.com:8443/r", "https://example.com:8443")]
#[case::default_port("https://example.com:443/r", "https://example.com/r", "https://example.com")]
#[case::upper_case("HTTPS://Example.COM/Org", "https://example.com/Org", "https://example.com")]
#[case::http("http://example.com/r", "http://example.com/r", "http://example.com")]
#[case::address_6("https://[::1]:8443/r", "https://[::1]:8443/r", "https://[::1]:8443")]
#[case::tilde("https://example.com/~kim/r", "https://example.com/~kim/r", "https://example.com")]
#[case::encoded("https://example.com/a%20b", "https://example.com/a%20b", "https://example.com")]
#[case::ssh("ssh://git@example.com/org/r.git", "ssh://git@example.com/org/r.git", "example.com")]
#[case::ssh_without_user("ssh://example.com/r", "ssh://git@example.com/r", "example.com")]
#[case::ssh_port("ssh://kim@example.com:2222/r", "ssh://kim@example.com:2222/r", "example.com")]
#[case::ssh_address_6("ssh://git@[::1]:22/r", "ssh://git@[::1]:22/r", "[::1]")]
#[case::ssh_home("ssh://git@example.com/~kim/r", "ssh://git@example.com/~kim/r", "example.com")]
#[case::scp("git@example.com:org/repo.git", "git@example.com:org/repo.git", "example.com")]
#[case::scp_absolute("git@example.com:/srv/r", "git@example.com:/srv/r", "example.com")]
#[case::scp_address_6("git@[::1]:r", "git@[::1]:r", "[::1]")]
#[case::scp_question_mark("git@example.com:a?b", "git@example.com:a?b", "example.com")]
fn accepted(#[case] text: &str, #[case] printed: &str, #[case] origin: &str) {
    let url: RepositoryUrl = text.parse().unwrap();
    assert_eq!(url.to_string(), printed);
    assert_eq!(url.origin(), origin);
    assert_eq!(printed.parse::<RepositoryUrl>().unwrap(), url);
}

#[rstest]
#[case::name("https://localhost:1/r", true)]
#[case::name_below("http://a.localhost/r", true)]
#[case::address_4("http://127.1.2.3/r", true)]
#[case::address_4_hexadecimal("http://0x7f000001/r", true)]
#[case::address_6("http://[::1]/r", true)]
#[case::ssh("ssh://git@127.0.0.1:2222/r", true)]
#[case::other("https://example.com/r", false)]
#[case::other_address("http://10.0.0.1/r", false)]
#[case::looks_like_it("https://localhost.example.com/r", false)]
fn loopback(#[case] text: &str, #[case] expected: bool) {
    assert_eq!(text.parse::<RepositoryUrl>().unwrap().is_loopback(), expected);
}

const FORM: &str = "expected https://…, http://…, ssh://[user@]host[:port]/path or user@host:path";
const SCHEME: &str = "expected one that begins with https://, http:// or ssh://";
const CHARACTER: &str = "expected no blanks, backslashes and control characters in it";
const AUTHORITY: &str = "expected a host that is a name or an address, and a port from 1 to 65535";
const PATH: &str = "expected a path that does not begin with -";

#[rstest]
#[case::empty("", "", FORM)]
#[case::path("/srv/repo.git", "/srv/repo.git", FORM)]
#[case::relative_path("../repo", "../repo", FORM)]
#[case::option("--upload-pack=touch", "--upload-pack=touch", FORM)]
#[case::no_scheme("example.com/org/repo", "example.com/org/repo", FORM)]
#[case::scp_without_user("example.com:org/repo", "example.com:org/repo", FORM)]
#[case::scp_without_path("git@example.com", "…@example.com", FORM)]
#[case::scp_path_before_colon("a/b@example.com:c", "…@example.com:c", FORM)]
#[case::helper("ext::sh", "ext::sh", FORM)]
#[case::helper_with_user("ext::a@b:c", "…@b:c", FORM)]
#[case::file("file:///srv/repo.git", "file:///srv/repo.git", SCHEME)]
#[case::git("git://example.com/r", "git://example.com/r", SCHEME)]
#[case::ftp("ftp://example.com/r", "ftp://example.com/r", SCHEME)]
#[case::ssh_with_plus("git+ssh://example.com/r", "git+ssh://example.com/r", SCHEME)]
#[case::helper_with_url("ext::https://example.com/r", "ext::https://example.com/r", SCHEME)]
#[case::file_with_secret("ftp://kim:hunter2@example.com/r?t=1", "ftp://…@example.com/r", SCHEME)]
#[case::blank("ext::sh -c ls", "ext::sh -c ls", CHARACTER)]
#[case::line_break("https://a/b\nc", r"https://a/b\nc", CHARACTER)]
#[case::line_break_encoded("https://a/b%0ac", "https://a/b%0ac", CHARACTER)]
#[case::nul_encoded("ssh://a/b%00c", "ssh://a/b%00c", CHARACTER)]
#[case::hidden("https://a/b\u{202e}c", r"https://a/b\u{202e}c", CHARACTER)]
#[case::backslash(r"https://a\b", r"https://a\\b", CHARACTER)]
#[case::no_host("https://", "https://", AUTHORITY)]
#[case::host_is_option("https://-x/r", "https://-x/r", AUTHORITY)]
#[case::port_zero("https://a:0/r", "https://a:0/r", AUTHORITY)]
#[case::port_too_high("https://a:65536/r", "https://a:65536/r", AUTHORITY)]
#[case::ssh_host_is_option("ssh://-oProxyCommand=x/r", "ssh://-oProxyCommand=x/r", AUTHORITY)]
#[case::ssh_host_is_option_encoded("ssh://%2doProxyCommand=x/r", "ssh://%2doProxyCommand=x/r", AUTHORITY)]
#[case::ssh_user_is_option("ssh://-oProxyCommand=x@a/r", "ssh://…@a/r", AUTHORITY)]
#[case::ssh_port_is_option("ssh://a:-p/r", "ssh://a:-p/r", AUTHORITY)]
#[case::ssh_port_is_empty("ssh://a:/r", "ssh://a:/r", AUTHORITY)]
#[case::ssh_signed_port("ssh://a:+22/r", "ssh://a:+22/r", AUTHORITY)]
#[case::ssh_no_host("ssh:///r", "ssh:///r", AUTHORITY)]
#[case::ssh_shell("ssh://$(x)/r", "ssh://$(x)/r", AUTHORITY)]
#[case::ssh_brackets("ssh://[a]/r", "ssh://[a]/r", AUTHORITY)]
#[case::scp_host_is_option("git@-oProxyCommand=x:r", "…@-oProxyCommand=x:r", AUTHORITY)]
#[case::scp_user_is_option("-oProxyCommand=x@a:r", "…@a:r", AUTHORITY)]
#[case::ssh_without_path("ssh://a", "ssh://a", PATH)]
#[case::ssh_empty_path("ssh://a/", "ssh://a/", PATH)]
#[case::ssh_path_is_option("ssh://a/-x", "ssh://a/-x", PATH)]
#[case::scp_path_is_option("git@a:-x", "…@a:-x", PATH)]
#[case::scp_empty_path("git@a:", "…@a:", PATH)]
fn refused(#[case] text: &str, #[case] shown: &str, #[case] expected: &str) {
    let message = text.parse::<RepositoryUrl>().unwrap_err().to_string();
    assert_eq!(message, format!("got repository {shown}, {expected}"));
}

#[rstest]
#[case::password("https://kim:hunter2@example.com/r", "https://…@example.com/r")]
#[case::token("https://hunter2@example.com/r", "https://…@example.com/r")]
#[case::at_sign("https://kim:hunter2@x@example.com/r", "https://…@example.com/r")]
#[case::plain_http("http://kim:hunter2@example.com/r?a=b", "http://…@example.com/r")]
#[case::ssh("ssh://kim:hunter2@example.com/r", "ssh://…@example.com/r")]
fn credentials_are_refused_and_not_printed(#[case] text: &str, #[case] shown: &str) {
    let error = text.parse::<RepositoryUrl>().unwrap_err();
    let expected =
        format!("a user or password stands in {shown}, give them by the auth secret (username and password)");
    assert_eq!(error.to_string(), expected);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[rstest]
#[case::query("https://example.com/r?token=hunter2")]
#[case::fragment("https://example.com/r#hunter2")]
#[case::ssh("ssh://example.com/r?hunter2")]
fn a_query_is_refused_and_not_printed(#[case] text: &str) {
    let error = text.parse::<RepositoryUrl>().unwrap_err();
    assert!(matches!(error, UrlError::Query(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[rstest]
#[case::accepted("git@example.com:r", "git@example.com:r")]
#[case::refused("https://kim:hunter2@example.com/r?hunter2", "https://…@example.com/r")]
#[case::no_url("kim:hunter2@", "…@")]
fn what_was_typed(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(RepositoryUrl::shown(text).as_str(), expected);
}

#[test]
fn a_long_url_is_refused() {
    let text = format!("https://example.com/{}", "a".repeat(2048));
    assert_eq!(text.parse::<RepositoryUrl>().unwrap_err(), UrlError::TooLong(text.len()));
}
