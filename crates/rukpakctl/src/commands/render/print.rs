//! Manifests on standard output.

use std::io::{self, Write};

use rukpak_manifest::{ManifestSet, Object, yaml};

use crate::cli::RenderOutput;
use crate::output::{self, List};
use crate::printable::Printable;

/// Writes all objects in their order.
pub(super) fn manifests(manifests: &ManifestSet, format: RenderOutput) -> anyhow::Result<()> {
    match format {
        RenderOutput::Yaml => output::data(|out| yaml::write_objects(manifests, out)),
        RenderOutput::Json => output::json(&List::of(manifests)),
        RenderOutput::Name => output::data(|out| manifests.iter().try_for_each(|object| name(out, object))),
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
