//! Manifests on standard output.

use std::io::{self, Write};

use rukpak_manifest::{ManifestSet, Object, yaml};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::RenderOutput;
use crate::output;
use crate::printable::Printable;

/// Writes all objects in their order.
pub(super) fn manifests(manifests: &ManifestSet, format: RenderOutput) -> anyhow::Result<()> {
    match format {
        RenderOutput::Yaml => output::data(|out| yaml::write_objects(manifests, out)),
        RenderOutput::Json => output::json(&List::of(manifests)),
        RenderOutput::Name => output::data(|out| manifests.iter().try_for_each(|object| name(out, object))),
    }
}

/// `v1 List`, the form in which kubectl takes several objects as one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    api_version: &'static str,
    items: Vec<&'a Map<String, Value>>,
    kind: &'static str,
}

impl<'a> List<'a> {
    fn of(manifests: &'a ManifestSet) -> Self {
        Self { api_version: "v1", items: manifests.iter().map(Object::fields).collect(), kind: "List" }
    }
}

/// `kind.group/name`, as `kubectl get -o name` prints it.
fn name(out: &mut impl Write, object: &Object) -> io::Result<()> {
    write!(out, "{}", Printable(&object.kind().to_lowercase()))?;
    if !object.group().is_empty() {
        write!(out, ".{}", Printable(object.group()))?;
    }
    writeln!(out, "/{}", Printable(object.name()))
}
