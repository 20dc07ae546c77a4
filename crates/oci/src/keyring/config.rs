//! What `.dockerconfigjson`, `config.json`, `auth.json` and `.dockercfg` hold.
//!
//! Everything but the fields of credentials is ignored. Of a field's value an error says only the type.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use reqwest::header::HeaderValue;
use rukpak_tree::ShownPath;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::helper::Helper;
use super::matching::{self, Scope};
use super::{CredentialsError, Entry, Holder, Keyring, KeyringError};
use crate::{Basic, Credentials, Secret, json};

/// How many registries one document may name.
pub(super) const ENTRIES: usize = 10_000;

/// How many registries a warning names.
const NAMED_ENTRIES: usize = 5;

/// Users whose password is an identity token: Docker's, and that of Azure's registries.
const TOKEN_USERS: [&str; 2] = ["<token>", "00000000-0000-0000-0000-000000000000"];

/// Base64 as Go reads it, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How a document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Registries under `auths`, helpers under `credHelpers` and `credsStore`.
    DockerConfig,
    /// Registries at the top.
    Dockercfg,
}

/// A document. Its helpers are as they were found, since most documents must not have any.
pub(super) struct Config {
    entries: Vec<Entry>,
    helpers: BTreeMap<String, Value>,
    store: Value,
}

impl Config {
    pub(super) fn read(json: &[u8], form: Form) -> Result<Self, KeyringError> {
        let document = json::parse(json).map_err(|error| json_error(&error))?;
        let mut fields = object(document, "the top level")?;
        let (auths, helpers, store) = match form {
            Form::DockerConfig => {
                let mut take = |field| fields.remove(field).unwrap_or_default();
                let auths = object(take("auths"), "`auths`")?;
                (auths, object(take("credHelpers"), "`credHelpers`")?, take("credsStore"))
            }
            Form::Dockercfg => (fields, BTreeMap::new(), Value::Null),
        };
        let count = auths.len() + helpers.len();
        if count > ENTRIES {
            return Err(KeyringError::TooMany(count));
        }
        let mut entries = vec![];
        for (registry, entry) in auths {
            let read = credentials(&entry).map_err(|source| entry_error(&registry, source))?;
            let entry = read.map(|read| Entry { scope: Scope::of(&registry), holder: Holder::Here(read) });
            entries.extend(entry);
        }
        Ok(Self { entries, helpers, store })
    }

    /// The keyring of someone who may not run programs here.
    pub(super) fn without_helpers(self) -> Keyring {
        if let Some(ignored) = self.ignored() {
            tracing::warn!("a pull secret runs no credential helpers, ignored {ignored}");
        }
        Keyring::sorted(self.entries, vec![])
    }

    /// The keyring of someone who may run the programs in `search`, a list as in `$PATH`.
    pub(super) fn with_helpers(self, search: Option<&Arc<OsStr>>) -> Result<Keyring, KeyringError> {
        let mut entries = vec![];
        for (registry, name) in self.helpers {
            let holder = match helper(&name, search) {
                Some(Ok(helper)) => Holder::Helper(helper),
                Some(Err(source)) => return Err(entry_error(&registry, source)),
                None => Holder::NoHelper,
            };
            entries.push(Entry { scope: Scope::of(&registry), holder });
        }
        let store = helper(&self.store, search).transpose().map_err(|_| KeyringError::Type {
            field: "`credsStore`",
            expected: "the name of a credential helper, of letters, digits, `-`, `_` and `.`",
            got: kind(&self.store),
        })?;
        // Docker takes a helper's word over that of an entry for the same registry.
        entries.extend(self.entries);
        Ok(Keyring::sorted(entries, store.into_iter().collect()))
    }

    /// What a warning says of the helpers: the keys.
    fn ignored(&self) -> Option<String> {
        let mut keys: Vec<String> = self
            .helpers
            .keys()
            .take(NAMED_ENTRIES)
            .map(|registry| format!("credHelpers[{}]", ShownPath::new(matching::shown(registry))))
            .collect();
        if let Some(more @ 1..) = self.helpers.len().checked_sub(NAMED_ENTRIES) {
            keys.push(format!("{more} more of credHelpers"));
        }
        if !is_blank(&self.store) {
            keys.push("credsStore".into());
        }
        (!keys.is_empty()).then(|| keys.join(", "))
    }
}

/// The helper of a name, or why it is none. Without a name there is none.
fn helper(name: &Value, search: Option<&Arc<OsStr>>) -> Option<Result<Helper, CredentialsError>> {
    match name {
        name if is_blank(name) => None,
        Value::String(name) => Some(Helper::new(name, search.cloned()).ok_or(CredentialsError::HelperName)),
        _ => Some(Err(CredentialsError::HelperName)),
    }
}

fn is_blank(name: &Value) -> bool {
    name.is_null() || name.as_str().is_some_and(str::is_empty)
}

/// The credentials of one entry, where it has some.
fn credentials(entry: &Value) -> Result<Option<Credentials>, CredentialsError> {
    let fields = match entry {
        Value::Null => return Ok(None),
        Value::Object(fields) => fields,
        other => return Err(CredentialsError::Entry(kind(other))),
    };
    if let Some(token) = text(fields, "registrytoken")? {
        // It is sent as it is, whereas the others are encoded.
        HeaderValue::from_str(token).map_err(|_| CredentialsError::NoHeader)?;
        return Ok(Some(Credentials::Bearer(Secret::new(token))));
    }
    if let Some(token) = text(fields, "identitytoken")? {
        return Ok(Some(Credentials::Identity(Secret::new(token))));
    }
    let (username, password) = if let Some(auth) = text(fields, "auth")? {
        decode(auth)?
    } else {
        let text = |field| text(fields, field).map(|text| text.unwrap_or_default().to_owned());
        (text("username")?, text("password")?)
    };
    Ok(login(username, password))
}

/// What a user and a password are: either may be a sign for something else.
pub(super) fn login(username: String, password: String) -> Option<Credentials> {
    let is_token = TOKEN_USERS.contains(&username.as_str());
    match (username.is_empty() || is_token, password.is_empty()) {
        (true, true) => None,
        _ if is_token => Some(Credentials::Identity(Secret::new(password))),
        _ => Some(Credentials::Basic(Basic { username, password: Secret::new(password) })),
    }
}

/// The user and the password in `auth`.
fn decode(auth: &str) -> Result<(String, String), CredentialsError> {
    let auth: String = auth.trim().split(['\r', '\n']).collect();
    let decoded = BASE64.decode(auth).map_err(|_| CredentialsError::Base64)?;
    let decoded = String::from_utf8(decoded).map_err(|_| CredentialsError::Utf8)?;
    let (username, password) = decoded.split_once(':').ok_or(CredentialsError::NoColon)?;
    Ok((username.to_owned(), password.trim_end_matches('\0').to_owned()))
}

fn text<'a>(
    fields: &'a Map<String, Value>,
    field: &'static str,
) -> Result<Option<&'a str>, CredentialsError> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(other) => Err(CredentialsError::Field { field, got: kind(other) }),
    }
}

fn object(value: Value, field: &'static str) -> Result<BTreeMap<String, Value>, KeyringError> {
    match value {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(fields) => Ok(fields.into_iter().collect()),
        other => Err(KeyringError::Type { field, expected: "an object", got: kind(&other) }),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn entry_error(registry: &str, source: CredentialsError) -> KeyringError {
    KeyringError::Entry { registry: ShownPath::new(matching::shown(registry)), source }
}

/// Where the error is, without what `serde_json` quotes there.
fn json_error(error: &serde_json::Error) -> KeyringError {
    let got = match error.classify() {
        Category::Eof => "the end of the text",
        // Any value is taken for one, but not any number of them.
        Category::Data => "too many values",
        Category::Syntax | Category::Io => "something else",
    };
    KeyringError::Json { got, line: error.line(), column: error.column() }
}
