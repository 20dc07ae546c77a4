//! What the user of a definition knows of and accepts.
//!
//! A waiver names a definition, a rule and a path, or any of each. It silences exactly that rule at exactly that path, in
//! every version; a path that ends in `.*` stands for the place before it and all below, so that what is waived today does
//! not grow by itself, and a subtree can still be waived in one line. A finding without a path, which concerns a whole
//! definition or version, is silenced only where the waiver's path is any.

use std::fmt;
use std::str::FromStr;

use rukpak_manifest::name::dns1123_subdomain;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rules::{RULES, Rule};

const ANY: &str = "*";

/// A rule that is not to stop an upgrade: where, and for which definition.
///
/// On the command line `CRD:RULE:PATH`, where `*` or nothing stands for any; in a resource `{crd, rule, path}`, where `rule`
/// and `path` may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Waiver {
    crd: Option<String>,
    rule: Option<&'static Rule>,
    path: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    path: String,
    and_below: bool,
}

/// A text, or fields, that make no waiver.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseWaiverError {
    /// It does not have three parts.
    #[error("got waiver {0:?}, expected CRD:RULE:PATH, where * stands for any")]
    Form(String),
    /// The definition cannot be called so.
    #[error("got definition {name:?} in a waiver, expected its name or *: {message}")]
    Definition {
        /// The name.
        name: String,
        /// What is wrong with it, in the words of Kubernetes.
        message: String,
    },
    /// There is no such rule.
    #[error(
        "got rule {0:?} in a waiver, expected * or the name of a rule as findings have it, such as existingFieldRemoval"
    )]
    Rule(String),
    /// The path cannot be one of a finding.
    #[error(
        "got path {0:?} in a waiver, expected * or a path as findings have it, such as ^.spec.size or ^.spec.*"
    )]
    Path(String),
}

impl Waiver {
    /// A waiver of its parts, each of which is `*` or empty where any is meant.
    pub fn new(crd: &str, rule: &str, path: &str) -> Result<Self, ParseWaiverError> {
        let crd = unless_any(crd);
        if let Some((name, message)) = crd.and_then(|name| Some((name, dns1123_subdomain(name).pop()?))) {
            return Err(ParseWaiverError::Definition { name: name.into(), message });
        }
        let rule = unless_any(rule)
            .map(|code| {
                let rule = RULES.iter().find(|rule| rule.code == code);
                rule.ok_or_else(|| ParseWaiverError::Rule(code.into()))
            })
            .transpose()?;
        let path = unless_any(path).map(Place::parse).transpose()?;
        Ok(Self { crd: crd.map(Into::into), rule, path })
    }

    /// Whether it says something about this definition.
    pub(super) fn is_for(&self, crd: &str) -> bool {
        self.crd.as_deref().is_none_or(|name| name == crd)
    }

    /// Whether it silences this rule at this place.
    pub(super) fn silences(&self, rule: &Rule, path: Option<&str>) -> bool {
        self.rule.is_none_or(|waived| waived == rule)
            && self.path.as_ref().is_none_or(|place| path.is_some_and(|path| place.holds(path)))
    }
}

impl Place {
    fn parse(text: &str) -> Result<Self, ParseWaiverError> {
        let (path, and_below) = match text.strip_suffix(".*") {
            Some(path) => (path, true),
            None => (text, false),
        };
        let rest = path.strip_prefix('^').ok_or_else(|| ParseWaiverError::Path(text.into()))?;
        // `^` alone is the whole resource.
        if rest.is_empty() || (rest.starts_with(['.', '[']) && !rest.ends_with('.')) {
            Ok(Self { path: path.into(), and_below })
        } else {
            Err(ParseWaiverError::Path(text.into()))
        }
    }

    fn holds(&self, path: &str) -> bool {
        path.strip_prefix(&self.path)
            .is_some_and(|below| below.is_empty() || (self.and_below && below.starts_with(['.', '['])))
    }
}

fn unless_any(part: &str) -> Option<&str> {
    Some(part).filter(|part| !part.is_empty() && *part != ANY)
}

impl FromStr for Waiver {
    type Err = ParseWaiverError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(crd, rest)| Some((crd, rest.split_once(':')?)));
        let (crd, (rule, path)) = parts.ok_or_else(|| ParseWaiverError::Form(text.into()))?;
        Self::new(crd, rule, path)
    }
}

impl fmt::Display for Waiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fields { crd, rule, path } = self.clone().into();
        write!(f, "{crd}:{rule}:{path}")
    }
}

/// The form in a resource.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    crd: String,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    path: String,
}

impl TryFrom<Fields> for Waiver {
    type Error = ParseWaiverError;

    fn try_from(Fields { crd, rule, path }: Fields) -> Result<Self, Self::Error> {
        Self::new(&crd, &rule, &path)
    }
}

impl From<Waiver> for Fields {
    fn from(Waiver { crd, rule, path }: Waiver) -> Self {
        let any = || ANY.to_owned();
        let path = path.map(|Place { path, and_below }| if and_below { path + ".*" } else { path });
        Self {
            crd: crd.unwrap_or_else(any),
            rule: rule.map_or_else(any, |rule| rule.code.into()),
            path: path.unwrap_or_else(any),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crd_upgrade::rules;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::everything("w.example.org:enum:^.spec.mode", "w.example.org:enum:^.spec.mode")]
    #[case::nothing("::", "*:*:*")]
    #[case::any("*:*:*", "*:*:*")]
    #[case::colons_in_the_path("*:enum:^.spec.a:b", "*:enum:^.spec.a:b")]
    #[case::below("w.example.org::^.spec.*", "w.example.org:*:^.spec.*")]
    #[case::the_whole_resource("*:required:^", "*:required:^")]
    fn text_and_back(#[case] text: &str, #[case] written: &str) {
        let waiver: Waiver = text.parse().unwrap();
        assert_eq!(waiver.to_string(), written);
        assert_eq!(written.parse(), Ok(waiver.clone()));
        let json = serde_json::to_value(&waiver).unwrap();
        assert_eq!(serde_json::from_value::<Waiver>(json).unwrap(), waiver);
    }

    #[test]
    fn fields() {
        let waiver = |value| serde_json::from_value::<Waiver>(value).map_err(|error| error.to_string());
        assert_eq!(waiver(json!({"crd": "w.example.org"})), Ok("w.example.org:*:*".parse().unwrap()));
        assert_eq!(waiver(json!({"rule": "enum"})), Err("missing field `crd`".into()));
        assert_eq!(
            waiver(json!({"crd": "*", "paths": []})).unwrap_err(),
            "unknown field `paths`, expected one of `crd`, `rule`, `path`"
        );
        insta::assert_snapshot!(waiver(json!({"crd": "*", "rule": "enums"})).unwrap_err(), @r#"got rule "enums" in a waiver, expected * or the name of a rule as findings have it, such as existingFieldRemoval"#);
    }

    #[test]
    fn texts_of_errors() {
        let texts = ["", "enum", "a:enum", "A:enum:^", "a:Enum:^", "a::spec", "a::^.", "a::^spec"];
        let errors = texts.map(|text| match text.parse::<Waiver>() {
            Ok(waiver) => waiver.to_string(),
            Err(error) => error.to_string(),
        });
        insta::assert_snapshot!(errors.join("\n"), @r#"
        got waiver "", expected CRD:RULE:PATH, where * stands for any
        got waiver "enum", expected CRD:RULE:PATH, where * stands for any
        got waiver "a:enum", expected CRD:RULE:PATH, where * stands for any
        got definition "A" in a waiver, expected its name or *: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        got rule "Enum" in a waiver, expected * or the name of a rule as findings have it, such as existingFieldRemoval
        got path "spec" in a waiver, expected * or a path as findings have it, such as ^.spec.size or ^.spec.*
        got path "^." in a waiver, expected * or a path as findings have it, such as ^.spec.size or ^.spec.*
        got path "^spec" in a waiver, expected * or a path as findings have it, such as ^.spec.size or ^.spec.*
        "#);
    }

    #[rstest]
    #[case::there("*:enum:^.a", Some("^.a"), true)]
    #[case::another_rule("*:type:^.a", Some("^.a"), false)]
    #[case::any_rule("*::^.a", Some("^.a"), true)]
    #[case::below("*:enum:^.a", Some("^.a.b"), false)]
    #[case::below_asked_for("*:enum:^.a.*", Some("^.a.b.c"), true)]
    #[case::in_a_list_below("*:enum:^.a.*", Some("^.a[0]"), true)]
    #[case::there_and_below("*:enum:^.a.*", Some("^.a"), true)]
    #[case::a_longer_name("*:enum:^.a.*", Some("^.ab"), false)]
    #[case::any_path("*:enum:", Some("^.a"), true)]
    #[case::everywhere("*:enum:^.*", Some("^.a"), true)]
    #[case::without_a_path("*:enum:^.*", None, false)]
    #[case::without_a_path_and_any("*:enum:*", None, true)]
    fn where_it_silences(#[case] waiver: Waiver, #[case] path: Option<&str>, #[case] silenced: bool) {
        assert_eq!(waiver.silences(&rules::ENUM, path), silenced);
        assert!(waiver.is_for("w.example.org"));
    }
}
