//! `--config FILE`: what `spec.config` of a `BundleDeployment` holds.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};
use rukpak_convert::BundleConfig;
use rukpak_tree::{ByteSize, ShownPath};
use serde_json::Value;

/// No API server takes an object that is larger.
const MAX_BYTES: u64 = 3 << 20;

/// The configuration of an operator, with every field known and in its place.
pub(super) fn read(path: &Path) -> anyhow::Result<BundleConfig> {
    let config = value(path)?;
    BundleConfig::from_value(config).with_context(|| ShownPath::of_host(path).to_string())
}

/// The fields that a configuration sets, whatever they are.
pub(super) fn fields(path: &Path) -> anyhow::Result<Vec<String>> {
    match value(path)? {
        Value::Object(map) => Ok(map.into_iter().map(|(field, _)| field).collect()),
        _ => Ok(Vec::new()),
    }
}

/// A file of one document, YAML or JSON; null where it is empty.
pub(crate) fn value(path: &Path) -> anyhow::Result<Value> {
    let context = || format!("cannot read the configuration {}", ShownPath::of_host(path));
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .with_context(context)?;
    ensure!(
        bytes.len() as u64 <= MAX_BYTES,
        "{}: it has more than {}, the limit",
        context(),
        ByteSize(MAX_BYTES)
    );
    let (mut documents, _) = rukpak_manifest::read(&bytes).with_context(context)?;
    ensure!(documents.len() <= 1, "{}: expected one document, got {}", context(), documents.len());
    Ok(documents.pop().map_or(Value::Null, |document| document.value))
}
