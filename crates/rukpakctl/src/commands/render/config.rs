//! `--config FILE`: what `spec.config` of a `BundleDeployment` holds.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use rukpak_tree::{ByteSize, ShownPath};
use serde_json::Value;

/// The API server takes no object that is larger, by default.
const MAX_BYTES: u64 = 3 << 20;

/// Reads a configuration, YAML or JSON. An empty file is `null`.
pub(super) fn read(path: &Path) -> anyhow::Result<Value> {
    let shown = ShownPath::of_host(path);
    let context = || format!("cannot read the configuration {shown}");
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).with_context(context)?;
    ensure!(bytes.len() as u64 <= MAX_BYTES, "{}: it has more than {}, the limit", context(), ByteSize(MAX_BYTES));
    let (documents, _) = rukpak_manifest::read(&bytes).with_context(context)?;
    let mut documents = documents.into_iter().map(|document| document.value);
    match (documents.next(), documents.next()) {
        (first, None) => Ok(first.unwrap_or_default()),
        (_, Some(_)) => bail!("{}: expected one document, got several", context()),
    }
}
