//! `metadata/annotations.yaml`: what a bundle says about itself as an image.

use std::collections::BTreeMap;

use rukpak_manifest::type_name;
use serde_json::{Map, Value};

use crate::finding::{ANNOTATIONS_MISSING, ANNOTATIONS_UNREADABLE, MEDIA_TYPE, PACKAGE_EMPTY};
use crate::metadata::{self, Fault, Metadata};
use crate::report::{Place, Report, steps};

/// Where the annotations are.
pub(crate) const FILE: &str = "metadata/annotations.yaml";

const PACKAGE: &str = "operators.operatorframework.io.bundle.package.v1";
const MEDIA_TYPE_KEY: &str = "operators.operatorframework.io.bundle.mediatype.v1";
const CHANNELS: &str = "operators.operatorframework.io.bundle.channels.v1";
const DEFAULT_CHANNEL: &str = "operators.operatorframework.io.bundle.channel.default.v1";

const MANIFESTS_DIRECTORY: &str = "operators.operatorframework.io.bundle.manifests.v1";
const METADATA_DIRECTORY: &str = "operators.operatorframework.io.bundle.metadata.v1";

/// The media type of a registry+v1 bundle.
const REGISTRY_V1: &str = "registry+v1";

/// The media type of a plain bundle.
const PLAIN_V0: &str = "plain+v0";

/// The annotations of a bundle's image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annotations(BTreeMap<String, String>);

impl Annotations {
    /// The package that the bundle is a version of; empty where it is not said.
    #[must_use]
    pub fn package(&self) -> &str {
        self.get(PACKAGE).unwrap_or_default()
    }

    /// The channels of the package that offer the bundle, in the order in which they are written.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        let channels = self.get(CHANNELS).unwrap_or_default();
        channels.split(',').map(str::trim).filter(|channel| !channel.is_empty())
    }

    /// The channel that the package is installed from where nobody chooses one.
    #[must_use]
    pub fn default_channel(&self) -> Option<&str> {
        self.get(DEFAULT_CHANNEL).filter(|channel| !channel.is_empty())
    }

    /// The format that the bundle says it has, such as `registry+v1`.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.get(MEDIA_TYPE_KEY).filter(|media_type| !media_type.is_empty())
    }

    /// One annotation.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All annotations, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// Reads the annotations of a registry+v1 bundle; what is wrong with them goes into the report.
///
/// The reference uses the package's name alone; the media type is ours to look at.
pub(crate) fn read(report: &mut Report<'_>) -> Annotations {
    if report.file(FILE).is_none() {
        report.tell_file(&ANNOTATIONS_MISSING, FILE, None, "the file is missing").hint(format_args!(
            "a registry+v1 bundle names its package there, under annotations.{PACKAGE:?}"
        ));
    }
    let Some((annotations, place)) = read_file(report) else { return Annotations::default() };
    if annotations.package().is_empty() {
        report
            .tell(&PACKAGE_EMPTY, &place, &steps!["annotations", PACKAGE], "package name is empty")
            .hint(format_args!("set annotations.{PACKAGE:?} to the name of the package"));
    }
    check_media_type(report, &place, &annotations);
    annotations
}

/// What the file says, and where it stands. `None` where it is not there, or cannot be read, which is reported.
fn read_file<'t>(report: &mut Report<'t>) -> Option<(Annotations, Place<'t>)> {
    let Metadata { value, place } = metadata::read(report, FILE, &ANNOTATIONS_UNREADABLE)?;
    match parse(value) {
        Ok(annotations) => Some((annotations, place)),
        Err(fault) => {
            let hint = "expected annotations: {<key>: <text>}";
            metadata::tell(report, &ANNOTATIONS_UNREADABLE, &place, &fault, hint);
            None
        }
    }
}

/// The labels of a bundle's image: its annotations, which are there so that a registry's clients need not look into layers,
/// and the format and the folders where they do not say them. `None` where the file cannot be read, which is reported.
pub(crate) fn labels(report: &mut Report<'_>, is_registry_v1: bool) -> Option<BTreeMap<String, String>> {
    let Annotations(mut labels) = match report.file(FILE) {
        Some(_) => read_file(report)?.0,
        None => Annotations::default(),
    };
    let mut default = |key: &str, value: &str| {
        labels.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    };
    default(MEDIA_TYPE_KEY, if is_registry_v1 { REGISTRY_V1 } else { PLAIN_V0 });
    default(MANIFESTS_DIRECTORY, "manifests/");
    if is_registry_v1 {
        default(METADATA_DIRECTORY, "metadata/");
    }
    Some(labels)
}

/// Warns where a bundle that is read as plain says that it is not.
pub(crate) fn check_plain(report: &mut Report<'_>) {
    let Some(Metadata { value, place }) = metadata::read(report, FILE, &MEDIA_TYPE) else { return };
    let annotations = parse(value).unwrap_or_default();
    if let Some(other) = annotations.media_type().filter(|media_type| *media_type != PLAIN_V0) {
        let message = format_args!("the bundle is read as {PLAIN_V0}, and says that it is {other:?}");
        report.tell(&MEDIA_TYPE, &place, &steps!["annotations", MEDIA_TYPE_KEY], message);
    }
}

fn check_media_type(report: &mut Report<'_>, place: &Place<'_>, annotations: &Annotations) {
    let message = match annotations.media_type() {
        Some(REGISTRY_V1) => return,
        Some(other) => format!("the bundle is read as registry+v1, and says that it is {other:?}"),
        None => "the bundle does not say what it is".to_owned(),
    };
    let hint = match annotations.media_type() {
        Some(PLAIN_V0) => "read it with the format plain, or correct the annotation".into(),
        _ => format!("set annotations.{MEDIA_TYPE_KEY:?} to {REGISTRY_V1:?}"),
    };
    report.tell(&MEDIA_TYPE, place, &steps!["annotations", MEDIA_TYPE_KEY], message).hint(hint);
}

fn parse(value: Value) -> Result<Annotations, Fault> {
    let mut file = match value {
        Value::Null => return Ok(Annotations::default()),
        Value::Object(file) => file,
        other => return Err(Fault::at(&[], format!("expected a mapping, got {}", type_name(&other)))),
    };
    match file.remove("annotations") {
        None | Some(Value::Null) => Ok(Annotations::default()),
        Some(Value::Object(annotations)) => texts(annotations),
        Some(other) => {
            let message = format!("annotations is {}, expected a mapping", type_name(&other));
            Err(Fault::at(&steps!["annotations"], message))
        }
    }
}

/// Scalars as text, as `sigs.k8s.io/yaml` makes them where a string is wanted. What is no scalar is refused where the
/// reference needs it, and left out elsewhere.
fn texts(annotations: Map<String, Value>) -> Result<Annotations, Fault> {
    let mut texts = BTreeMap::new();
    for (key, value) in annotations {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            other @ (Value::Array(_) | Value::Object(_))
                if [PACKAGE, CHANNELS, DEFAULT_CHANNEL].contains(&&*key) =>
            {
                let message = format!("{key} is {}, expected a string", type_name(&other));
                return Err(Fault::at(&steps!["annotations", &*key], message));
            }
            Value::Null | Value::Array(_) | Value::Object(_) => continue,
        };
        texts.insert(key, text);
    }
    Ok(Annotations(texts))
}
