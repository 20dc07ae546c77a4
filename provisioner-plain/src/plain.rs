//! The format plain+v0: objects that are applied as they are.

use rukpak_api::{Bundle, names};
use rukpak_bundle::{Bundle as Read, Findings, Format as Form, Plain, read_for};
use rukpak_certificates::{Certificates, Request};
use rukpak_manifest::name::Namespace;
use rukpak_manifest::{ManifestSet, Object};
use rukpak_provisioner::format::{Content, Format, FormatError, Manifests, Wish};
use rukpak_tree::FileTree;
use serde_json::Value;

/// What went wrong is said in rukpak's words.
const CONTEXT: &str = "load plain+v0 bundle: ";

/// The format plain+v0.
pub(crate) struct PlainFormat;

impl Format for PlainFormat {
    fn class(&self) -> &'static str {
        names::PLAIN_CLASS
    }

    fn service(&self) -> &'static str {
        "provisioner-plain"
    }

    fn read(&self, files: &FileTree, wish: Wish) -> Result<Box<dyn Content>, FormatError> {
        let Wish { config, namespace, capabilities } = wish;
        let Some(namespace) = namespace else {
            return Err(FormatError::Config(
                "spec.installNamespace must be set: a plain bundle suggests none".into(),
            ));
        };
        let refused = |findings| FormatError::Bundle { context: context(&findings).into(), findings };
        let (bundle, findings) = read_for(files, Form::Plain, Some(&capabilities)).map_err(refused)?;
        let Read::Plain(bundle) = bundle else {
            return Err(FormatError::Convert {
                context: CONTEXT,
                message: "it is an operator's bundle".into(),
            });
        };
        check_is_no_operator(&bundle, &findings)?;
        let mut warnings: Vec<_> = findings.warnings().map(ToString::to_string).collect();
        let keys = config.as_ref().and_then(Value::as_object).into_iter().flat_map(|config| config.keys());
        warnings.extend(keys.map(|key| format!("spec.config.{key} has no effect on a plain bundle")));
        Ok(Box::new(PlainContent { bundle, namespace, warnings }))
    }
}

/// Refuses what says itself that it is an operator's bundle: applied as it is, it would be a `ClusterServiceVersion` that nobody reads.
/// One among plain manifests is all right; Operator Lifecycle Manager itself has one.
fn check_is_no_operator(bundle: &Plain, findings: &Findings) -> Result<(), FormatError> {
    let csv = bundle.objects.iter().find(|object| object.kind() == "ClusterServiceVersion");
    let media_type = findings.warnings().find(|finding| finding.code == "media-type");
    let (Some(csv), Some(media_type)) = (csv, media_type) else { return Ok(()) };
    let message = format!(
        "{}, and has the ClusterServiceVersion {:?}; the class of registry+v1 bundles is {}",
        media_type.message,
        csv.name(),
        names::REGISTRY_CLASS
    );
    Err(FormatError::Convert { context: CONTEXT, message })
}

/// What was tried, and what rukpak says of what is wrong, for who waits for its words.
fn context(findings: &Findings) -> String {
    let words = findings.errors().filter_map(|finding| match finding.code {
        "manifests-missing" => Some("readdir manifests: file does not exist: ".to_owned()),
        "subdirectory" => Some(format!(
            "subdirectories are not allowed within the \"manifests\" directory of the bundle image filesystem: found {:?}: ",
            finding.file
        )),
        _ => None,
    });
    format!("{CONTEXT}{}", words.collect::<String>())
}

struct PlainContent {
    bundle: Plain,
    namespace: Namespace,
    warnings: Vec<String>,
}

impl Content for PlainContent {
    fn bundle(&self) -> Bundle {
        Bundle::default()
    }

    fn namespace(&self) -> Object {
        Object::new("v1", "Namespace", None, self.namespace.as_str())
    }

    fn certificates(&self) -> Vec<Request> {
        Vec::new()
    }

    fn manifests(self: Box<Self>, _: Certificates) -> Result<Manifests, FormatError> {
        let Self { bundle, namespace: _, warnings } = *self;
        // That several objects have one identity was found when the bundle was read.
        let (set, _) = ManifestSet::new(bundle.objects);
        Ok(Manifests { set, warnings })
    }
}
