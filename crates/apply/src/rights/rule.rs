//! Rules of RBAC, and what they allow.
//!
//! What a rule covers is decided as Kubernetes does when it looks for an escalation (component-helpers v0.36.3,
//! `auth/rbac/validation`), which is also how it authorizes requests.

use std::fmt;

use serde_json::{Value, json};

/// A rule, as it stands in a role: all its verbs on all its resources and URLs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    verbs: Vec<String>,
    groups: Vec<String>,
    resources: Vec<String>,
    names: Vec<String>,
    urls: Vec<String>,
}

/// One verb on one thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The thing.
    pub target: Target,
    /// The verb; `*` is any.
    pub verb: String,
}

/// What a permission is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Objects.
    Resource {
        /// Their API group; empty for the core group, `*` is any.
        group: String,
        /// Their plural, with a subresource as `pods/log`; `*` is any.
        resource: String,
        /// One of them; `None` is all of them.
        name: Option<String>,
    },
    /// A path that is no object, as `/metrics`; an asterisk at its end is anything.
    Url(String),
}

/// A permission, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The namespace; empty is the whole cluster.
    pub namespace: String,
    /// The permission.
    pub permission: Permission,
}

impl Rule {
    /// Of an element of `rules`, or of what a review of rights answers.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let list = |field: &str| {
            let items = value.get(field).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self {
            verbs: list("verbs"),
            groups: list("apiGroups"),
            resources: list("resources"),
            names: list("resourceNames"),
            urls: list("nonResourceURLs"),
        }
    }

    /// Whether it allows something.
    #[must_use]
    pub fn covers(&self, permission: &Permission) -> bool {
        let Permission { target, verb } = permission;
        if !has(&self.verbs, "*") && !has(&self.verbs, verb) {
            return false;
        }
        match target {
            Target::Resource { group, resource, name } => {
                (has(&self.groups, "*") || has(&self.groups, group))
                    && self.covers_resource(resource)
                    && (self.names.is_empty() || name.as_deref().is_some_and(|name| has(&self.names, name)))
            }
            Target::Url(url) => self.urls.iter().any(|held| {
                held == url || held.ends_with('*') && url.starts_with(held.trim_end_matches('*'))
            }),
        }
    }

    fn covers_resource(&self, resource: &str) -> bool {
        let of_any =
            |subresource| self.resources.iter().any(|held| held.strip_prefix("*/") == Some(subresource));
        has(&self.resources, "*")
            || has(&self.resources, resource)
            || resource.split_once('/').is_some_and(|(_, subresource)| of_any(subresource))
    }

    /// All that it allows, one by one.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> {
        let names: Vec<Option<&String>> = match self.names.as_slice() {
            [] => vec![None],
            names => names.iter().map(Some).collect(),
        };
        // Without a verb it is nothing, however much it names.
        let groups = self.groups.iter().filter(|_| !self.verbs.is_empty());
        let objects = groups.flat_map(move |group| {
            let names = names.clone();
            self.resources.iter().flat_map(move |resource| {
                names.clone().into_iter().map(move |name| Target::Resource {
                    group: group.clone(),
                    resource: resource.clone(),
                    name: name.cloned(),
                })
            })
        });
        let targets = objects.chain(self.urls.iter().cloned().map(Target::Url));
        targets.flat_map(|target| {
            self.verbs.iter().map(move |verb| Permission { target: target.clone(), verb: verb.clone() })
        })
    }

    /// The rules that cover everything.
    pub(super) fn everything() -> [Self; 2] {
        let all = json!(["*"]);
        [
            json!({"verbs": all, "apiGroups": all, "resources": all}),
            json!({"verbs": all, "nonResourceURLs": all}),
        ]
        .map(|rule| Self::of(&rule))
    }
}

impl From<&Permission> for Rule {
    fn from(permission: &Permission) -> Self {
        let verbs = vec![permission.verb.clone()];
        match permission.target.clone() {
            Target::Resource { group, resource, name } => Self {
                verbs,
                groups: vec![group],
                resources: vec![resource],
                names: name.into_iter().collect(),
                urls: vec![],
            },
            Target::Url(url) => Self { verbs, urls: vec![url], ..Self::default() },
        }
    }
}

impl Permission {
    /// A verb on objects.
    #[must_use]
    pub fn on(verb: &str, group: &str, resource: &str, name: Option<&str>) -> Self {
        let target = Target::Resource {
            group: group.into(),
            resource: resource.into(),
            name: name.map(str::to_owned),
        };
        Self { target, verb: verb.into() }
    }

    /// The same of all objects.
    pub(super) fn of_all(&self) -> Self {
        let mut permission = self.clone();
        if let Target::Resource { name, .. } = &mut permission.target {
            *name = None;
        }
        permission
    }

    /// Whether it stands for more than one thing by an asterisk.
    pub(super) fn is_wide(&self) -> bool {
        self.verb == "*"
            || match &self.target {
                Target::Resource { group, resource, .. } => group == "*" || resource.starts_with('*'),
                Target::Url(url) => url.ends_with('*'),
            }
    }
}

impl Right {
    /// Any verb on any object anywhere.
    #[must_use]
    pub fn everything() -> Self {
        Self { namespace: String::new(), permission: Permission::on("*", "*", "*", None) }
    }

    /// The same of all objects.
    pub(crate) fn of_all(&self) -> Self {
        Self { namespace: self.namespace.clone(), permission: self.permission.of_all() }
    }

    /// As a review of access asks for it.
    pub(crate) fn attributes(&self) -> Value {
        let Permission { target, verb } = &self.permission;
        match target {
            Target::Resource { group, resource, name } => {
                let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                json!({"resourceAttributes": {
                    "namespace": self.namespace, "verb": verb, "group": group, "resource": resource,
                    "subresource": subresource, "name": name.as_deref().unwrap_or_default(),
                }})
            }
            Target::Url(url) => json!({"nonResourceAttributes": {"verb": verb, "path": url}}),
        }
    }
}

impl fmt::Display for Target {
    /// `deployments.apps`, `pods/log`, `secrets "tls"`, `/metrics`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource { group, resource, name } => {
                f.write_str(resource)?;
                if !group.is_empty() {
                    write!(f, ".{group}")?;
                }
                name.as_ref().map_or(Ok(()), |name| write!(f, " {name:?}"))
            }
            Self::Url(url) => f.write_str(url),
        }
    }
}

fn has(list: &[String], item: &str) -> bool {
    list.iter().any(|one| one == item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> Rule {
        Rule::of(
            &json!({"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names}),
        )
    }

    #[rstest]
    #[case::same(rule(&["get"], &[""], &["pods"], &[]), true)]
    #[case::another_verb(rule(&["list"], &[""], &["pods"], &[]), false)]
    #[case::any_verb(rule(&["*"], &[""], &["pods"], &[]), true)]
    #[case::another_group(rule(&["get"], &["apps"], &["pods"], &[]), false)]
    #[case::any_group(rule(&["get"], &["*"], &["pods"], &[]), true)]
    #[case::any_resource(rule(&["get"], &[""], &["*"], &[]), true)]
    #[case::a_subresource(rule(&["get"], &[""], &["pods/log", "*/log"], &[]), false)]
    #[case::this_one(rule(&["get"], &[""], &["pods"], &["a", "b"]), true)]
    #[case::another_one(rule(&["get"], &[""], &["pods"], &["b"]), false)]
    #[case::nothing(Rule::default(), false)]
    fn pods_by_name(#[case] rule: Rule, #[case] covers: bool) {
        assert_eq!(rule.covers(&Permission::on("get", "", "pods", Some("a"))), covers);
    }

    #[rstest]
    #[case::all(rule(&["get"], &[""], &["pods/log"], &[]), true)]
    #[case::named(rule(&["get"], &[""], &["pods/log"], &["a"]), false)]
    #[case::the_resource(rule(&["get"], &[""], &["pods"], &[]), false)]
    #[case::of_any(rule(&["get"], &[""], &["*/log"], &[]), true)]
    #[case::of_any_another(rule(&["get"], &[""], &["*/status"], &[]), false)]
    #[case::any(rule(&["get"], &[""], &["*"], &[]), true)]
    fn a_subresource(#[case] rule: Rule, #[case] covers: bool) {
        assert_eq!(rule.covers(&Permission::on("get", "", "pods/log", None)), covers);
    }

    #[rstest]
    #[case::same("/metrics", "/metrics", true)]
    #[case::below("/logs/*", "/logs/a/b", true)]
    #[case::beside("/logs/*", "/log", false)]
    #[case::any("*", "/metrics", true)]
    #[case::any_is_not_one("/metrics", "*", false)]
    #[case::any_of_any("*", "*", true)]
    fn urls(#[case] held: &str, #[case] asked: &str, #[case] covers: bool) {
        let rule = Rule::of(&json!({"verbs": ["get"], "nonResourceURLs": [held]}));
        assert_eq!(
            rule.covers(&Permission { target: Target::Url(asked.into()), verb: "get".into() }),
            covers
        );
    }

    #[rstest]
    #[case::verb(Permission::on("*", "", "pods", None))]
    #[case::group(Permission::on("get", "*", "pods", None))]
    #[case::resource(Permission::on("get", "", "*", None))]
    #[case::subresource(Permission::on("get", "", "*/log", None))]
    fn an_asterisk_is_covered_by_an_asterisk_alone(#[case] asked: Permission) {
        let most = rule(&["get", "list"], &["", "apps"], &["pods", "pods/log"], &[]);
        assert!(asked.is_wide() && !most.covers(&asked));
        assert!(Rule::everything()[0].covers(&asked));
        assert!(Rule::from(&asked).covers(&asked));
    }

    #[test]
    fn a_rule_is_all_of_its_parts() {
        let value = json!({
            "verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["a", "b/c"], "resourceNames": ["x"],
            "nonResourceURLs": ["/u"],
        });
        let shown: Vec<_> =
            Rule::of(&value).permissions().map(|one| format!("{} {}", one.verb, one.target)).collect();
        assert_eq!(
            shown,
            [
                "get a \"x\"",
                "list a \"x\"",
                "get b/c \"x\"",
                "list b/c \"x\"",
                "get a.apps \"x\"",
                "list a.apps \"x\"",
                "get b/c.apps \"x\"",
                "list b/c.apps \"x\"",
                "get /u",
                "list /u",
            ]
        );
    }

    #[test]
    fn much_without_a_verb_is_nothing_at_once() {
        let many: Vec<_> = (0..10_000).map(|number| number.to_string()).collect();
        let value = json!({"apiGroups": many, "resources": many, "resourceNames": many});
        assert_eq!(Rule::of(&value).permissions().count(), 0);
    }

    #[rstest]
    #[case(json!(null))]
    #[case(json!({"verbs": "get", "resources": [1, {}]}))]
    fn odd_rules_allow_nothing(#[case] value: Value) {
        assert_eq!(Rule::of(&value), Rule::default());
        assert_eq!(Rule::of(&value).permissions().count(), 0);
    }

    #[test]
    fn a_review_names_the_subresource_apart() {
        let right =
            Right { namespace: "web".into(), permission: Permission::on("get", "", "pods/log", None) };
        assert_eq!(
            right.attributes(),
            json!({"resourceAttributes": {
                "namespace": "web", "verb": "get", "group": "", "resource": "pods", "subresource": "log", "name": "",
            }})
        );
    }
}
