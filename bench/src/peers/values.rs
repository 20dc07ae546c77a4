//! Libraries that load a document into a `serde_json::Value`, as our loader does.

use std::hint::black_box;

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;

pub(super) fn serde_yaml(document: &str) -> bool {
    black_box(serde_yaml::from_str::<Value>(document)).is_ok()
}

pub(super) fn serde_yaml_ng(document: &str) -> bool {
    black_box(serde_yaml_ng::from_str::<Value>(document)).is_ok()
}

pub(super) fn serde_norway(document: &str) -> bool {
    black_box(serde_norway::from_str::<Value>(document)).is_ok()
}

pub(super) fn yaml_serde(document: &str) -> bool {
    black_box(yaml_serde::from_str::<Value>(document)).is_ok()
}

/// Set as near to Kubernetes' reading as its options go: no limits, octal numbers, the last of equal keys wins.
pub(super) fn serde_saphyr(document: &str) -> bool {
    let options = serde_saphyr::options! {
        budget: None,
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        emit_comments: false,
        legacy_octal_numbers: true,
    };
    black_box(serde_saphyr::from_str_with_options::<Value>(document, options)).is_ok()
}
