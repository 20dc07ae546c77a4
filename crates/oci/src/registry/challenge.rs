//! What a registry wants with a status of 401: the `WWW-Authenticate` header (RFC 9110, section 11.6.1).

use http_auth::{ChallengeParser, ChallengeRef};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// Who we are is to be shown so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// By name and password.
    Basic,
    /// By a token, from a server at `realm`.
    Bearer {
        /// The URL of the token server, as it was sent.
        realm: String,
        /// What the token server knows the registry by.
        service: Option<String>,
    },
}

impl Challenge {
    /// The challenge to take up; a token is better than a password.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut basic = None;
        for value in values {
            // What stands behind one that cannot be read cannot be told from it.
            for challenge in ChallengeParser::new(value).map_while(Result::ok) {
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    if let Some(realm) = parameter(&challenge, "realm") {
                        return Some(Self::Bearer { realm, service: parameter(&challenge, "service") });
                    }
                } else if challenge.scheme.eq_ignore_ascii_case("basic") {
                    basic = Some(Self::Basic);
                }
            }
        }
        basic
    }
}

fn parameter(challenge: &ChallengeRef<'_>, name: &str) -> Option<String> {
    let (_, value) = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.to_unescaped())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.into(), service: service.map(str::to_owned) }
    }

    #[rstest]
    #[case::docker_hub(
        &[r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull""#],
        Some(bearer("https://auth.docker.io/token", Some("registry.docker.io")))
    )]
    #[case::basic(&[r#"Basic realm="x""#], Some(Challenge::Basic))]
    #[case::both_in_one(&[r#"Basic realm="x", bearer realm="https://t/a\"b""#], Some(bearer("https://t/a\"b", None)))]
    #[case::both_apart(&[r#"Basic realm="x""#, r#"Bearer realm="https://t/""#], Some(bearer("https://t/", None)))]
    #[case::without_realm(&[r#"Bearer service="x""#], None)]
    #[case::before_what_is_not_read(&[r#"Basic realm="x", Negotiate YII=="#], Some(Challenge::Basic))]
    #[case::unknown(&["Negotiate"], None)]
    #[case::junk(&["=,=\"", ""], None)]
    #[case::none(&[], None)]
    fn challenges(#[case] values: &[&str], #[case] expected: Option<Challenge>) {
        let mut map = HeaderMap::new();
        for value in values {
            map.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        assert_eq!(Challenge::of(&map), expected);
    }
}
