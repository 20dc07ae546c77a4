//! The format of operators, `registry+v1`.
//!
//! In: the objects of `manifests/` and the files of `metadata/`. Out: a [`RegistryV1`], typed and valid. The steps are
//! those of operator-controller's `source.FromFS`, except that a second `ClusterServiceVersion` is an error and all
//! findings are made in one go.

use rukpak_manifest::Object;
use rukpak_manifest::name::{InvalidNamespace, Namespace};

use crate::annotations::{self, Annotations};
use crate::dependencies::{self, Dependency};
use crate::finding::{CSV_DUPLICATE, CSV_MISSING};
use crate::manifests::{self, Manifests};
use crate::namespace::NamespaceSuggestion;
use crate::properties::{self, Property};
use crate::report::{Located, Report};
use crate::typed::check_metadata;
use crate::v1beta1::Budget;
use crate::validate::{self, Draft};
use crate::{Capabilities, ClusterServiceVersion, csv, definitions};

/// An operator's bundle. Only reading one that has no errors makes it, and nothing can change it.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryV1(Box<RegistryV1Parts>);

/// What an operator's bundle consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryV1Parts {
    /// The package that it is a version of; not empty.
    pub package: String,
    /// What it says about itself as an image.
    pub annotations: Annotations,
    /// How it is to be installed.
    pub csv: ClusterServiceVersion,
    /// Its custom resource definitions, in `apiextensions.k8s.io/v1` and with the fields that its types know. No two
    /// have the same name.
    pub definitions: Vec<Object>,
    /// Its other objects, each of one of the [`SUPPORTED_KINDS`](crate::SUPPORTED_KINDS), as they are written, in the
    /// order of the files' names and of the documents in each. Several may have the same identity: the last counts.
    pub extras: Vec<Object>,
    /// Its properties, those of the `ClusterServiceVersion` first.
    pub properties: Vec<Property>,
    /// What it needs besides itself, as its author declared it.
    pub dependencies: Vec<Dependency>,
    /// The namespace that it wants to be installed in.
    pub namespace: NamespaceSuggestion,
}

impl RegistryV1 {
    /// What it consists of.
    #[must_use]
    pub fn parts(&self) -> &RegistryV1Parts {
        &self.0
    }

    /// What it consists of, to be used up.
    #[must_use]
    pub fn into_parts(self) -> RegistryV1Parts {
        *self.0
    }

    /// The namespace to install it in where nobody chooses one: that of the suggested template, the suggested one, or
    /// `<package>-system`.
    ///
    /// # Errors
    /// Nothing is suggested, and `<package>-system` is no name of a namespace.
    pub fn install_namespace(&self) -> Result<Namespace, InvalidNamespace> {
        self.0.namespace.resolve(&self.0.package)
    }

    /// A namespace to install it in, as it is made where it is absent: with the labels and annotations that the bundle suggests.
    #[must_use]
    pub fn namespace(&self, name: &Namespace) -> Object {
        let NamespaceSuggestion { name: _, labels, annotations } = &self.0.namespace;
        let mut namespace = Object::new("v1", "Namespace", None, name.as_str());
        if !labels.is_empty() {
            namespace.metadata_mut().insert("labels".into(), serde_json::json!(labels));
        }
        for (key, value) in annotations {
            namespace.set_annotation(key, value);
        }
        namespace
    }
}

/// Makes the bundle of what `manifests/` holds; `None` where there is an error.
pub(crate) fn read<'t>(
    report: &mut Report<'t>,
    manifests: Manifests<'t>,
    capabilities: Option<&Capabilities>,
) -> Option<RegistryV1> {
    let annotations = annotations::read(report);
    let mut budget = Budget::of(manifests.budget);
    let mut draft = sort_by_kind(report, manifests);
    for definition in &mut draft.definitions {
        definitions::read(report, definition, &mut budget);
    }
    let properties = match &mut draft.csv {
        Some(csv) => properties::merge(report, &mut csv.csv, &csv.place),
        None => Vec::new(),
    };
    let dependencies = dependencies::read(report, &properties);
    let namespace = match &draft.csv {
        Some(csv) => NamespaceSuggestion::read(report, csv),
        None => NamespaceSuggestion::default(),
    };
    validate::registry_v1(report, &draft, capabilities);

    let Draft { csv: Some(csv), definitions, extras, complete: _ } = draft else { return None };
    let parts = || RegistryV1Parts {
        package: annotations.package().to_owned(),
        annotations,
        csv: csv.csv,
        definitions: definitions.into_iter().map(Located::into_object).collect(),
        extras: extras.into_iter().map(Located::into_object).collect(),
        properties: properties.into_iter().flat_map(|(_, properties)| properties).collect(),
        dependencies,
        namespace,
    };
    (!report.has_errors()).then(|| RegistryV1(Box::new(parts())))
}

/// Tells the `ClusterServiceVersion`, definitions and other objects apart, by their kinds alone as the reference does.
fn sort_by_kind<'t>(report: &mut Report<'t>, manifests: Manifests<'t>) -> Draft<'t> {
    let Manifests { objects, complete, is_empty: _, budget: _ } = manifests;
    let mut draft = Draft { csv: None, definitions: Vec::new(), extras: Vec::new(), complete };
    for located in objects {
        validate::api_version(report, &located);
        match located.object.kind() {
            "ClusterServiceVersion" => {
                let csv = csv::read::read(report, located);
                if let Some(first) = &draft.csv {
                    let message = "bundle contains a second ClusterServiceVersion";
                    let hint = format_args!("the first one, {}, is in {}", first.csv.name, first.place);
                    report.tell(&CSV_DUPLICATE, &csv.place, &[], message).hint(hint);
                } else {
                    draft.csv = Some(csv);
                }
            }
            "CustomResourceDefinition" => draft.definitions.push(located),
            _ => {
                check_metadata(report, &located);
                draft.extras.push(located);
            }
        }
    }
    if draft.csv.is_none() && complete {
        let is_empty = draft.definitions.is_empty() && draft.extras.is_empty();
        let message = if is_empty {
            "no ClusterServiceVersion found: there is no object at all"
        } else {
            "no ClusterServiceVersion found"
        };
        report
            .tell_file(&CSV_MISSING, manifests::DIRECTORY, None, message)
            .hint("manifests without one are a plain bundle: read it with the format plain");
    }
    draft
}
