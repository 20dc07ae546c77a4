//! The namespace that an operator wants to be installed in.
//!
//! In: two annotations of the `ClusterServiceVersion`. `operatorframework.io/suggested-namespace-template` is a
//! Namespace in JSON, of which the name, the labels (those for pod security, as a rule) and the annotations are used;
//! `operatorframework.io/suggested-namespace` is a name. Out: the name to use where nobody chooses one, in the order
//! of operator-controller's `resolveSystemManagedNamespace`: template, suggestion, `<package>-system`.

use std::collections::BTreeMap;

use rukpak_manifest::name::{InvalidNamespace, Namespace};
use serde_json::Value;

use crate::csv::{self, read::Draft};
use crate::finding::NAMESPACE_SUGGESTION;
use crate::report::{Report, steps};

const TEMPLATE: &str = "operatorframework.io/suggested-namespace-template";
const NAME: &str = "operatorframework.io/suggested-namespace";

/// What a bundle says about the namespace that it is to be installed in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamespaceSuggestion {
    /// Its name, where one is suggested that a namespace can have.
    pub name: Option<Namespace>,
    /// Labels that the namespace should get when it is created.
    pub labels: BTreeMap<String, String>,
    /// Annotations that the namespace should get when it is created.
    pub annotations: BTreeMap<String, String>,
}

impl NamespaceSuggestion {
    /// Reads the annotations. What cannot be used is reported and left out.
    pub(crate) fn read(report: &mut Report<'_>, draft: &Draft<'_>) -> Self {
        let annotations = &draft.csv.annotations;
        let mut refuse = |key: &str, message: String| {
            report
                .tell(&NAMESPACE_SUGGESTION, &draft.place, &steps!["metadata", "annotations", key], message)
                .hint("say which namespace to install in");
        };
        let mut suggestion = Self::default();
        let text = |key| annotations.get(key).map(String::as_str).filter(|text| !text.is_empty());
        if let Some(template) = text(TEMPLATE) {
            let template = csv::readable(template);
            match template.and_then(|text| serde_json::from_str(text).map_err(|error| error.to_string())) {
                Ok(Value::Object(template)) => {
                    let metadata = template.get("metadata").unwrap_or(&Value::Null);
                    suggestion.labels = texts(metadata.get("labels"));
                    suggestion.annotations = texts(metadata.get("annotations"));
                    let name = metadata.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
                    match name.map(str::parse).transpose() {
                        Ok(name) => suggestion.name = name,
                        Err(error) => refuse(TEMPLATE, invalid(TEMPLATE, &error)),
                    }
                }
                Ok(_) => refuse(TEMPLATE, format!("{TEMPLATE} is no Namespace in JSON")),
                Err(error) => refuse(TEMPLATE, format!("{TEMPLATE} is no Namespace in JSON: {error}")),
            }
        }
        if suggestion.name.is_none() {
            match text(NAME).map(str::parse).transpose() {
                Ok(name) => suggestion.name = name,
                Err(error) => refuse(NAME, invalid(NAME, &error)),
            }
        }
        suggestion
    }

    /// The namespace to install in where nobody chooses one.
    ///
    /// # Errors
    /// Nothing is suggested, and `<package>-system` is no name of a namespace.
    pub(crate) fn resolve(&self, package: &str) -> Result<Namespace, InvalidNamespace> {
        self.name.clone().map_or_else(|| format!("{package}-system").parse(), Ok)
    }
}

fn invalid(key: &str, error: &InvalidNamespace) -> String {
    format!("{key} is not used: {error}")
}

fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
