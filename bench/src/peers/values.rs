//! Libraries that load a document into a `serde_json::Value`, as our loader does. None: the document is refused.

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;

pub(super) fn serde_yaml(document: &str) -> Option<Value> {
    serde_yaml::from_str(document).ok()
}

pub(super) fn serde_yaml_ng(document: &str) -> Option<Value> {
    serde_yaml_ng::from_str(document).ok()
}

pub(super) fn serde_norway(document: &str) -> Option<Value> {
    serde_norway::from_str(document).ok()
}

pub(super) fn yaml_serde(document: &str) -> Option<Value> {
    yaml_serde::from_str(document).ok()
}

/// Set as near to Kubernetes' reading as its options go: no limits, octal numbers, the last of equal keys wins.
pub(super) fn serde_saphyr(document: &str) -> Option<Value> {
    let options = serde_saphyr::options! {
        budget: None,
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        emit_comments: false,
        legacy_octal_numbers: true,
    };
    serde_saphyr::from_str_with_options(document, options).ok()
}
