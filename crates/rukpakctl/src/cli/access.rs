//! How registries are spoken to.

#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use super::SWITCH;

/// What these flags stand under.
const HEADING: &str = "Registries";

/// Credentials and trust.
#[derive(Debug, Args)]
pub(crate) struct AccessFlags {
    /// File with credentials [default: $REGISTRY_AUTH_FILE, else those of containers and docker]
    #[arg(long, help_heading = HEADING, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) authfile: Option<PathBuf>,
    /// File with certificates to trust beside those of the system, in PEM
    #[arg(long, help_heading = HEADING, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long, help_heading = HEADING, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
    pub(crate) insecure_skip_tls_verify: bool,
    /// Speak http and not https [default: only on loopback addresses that do]
    #[arg(long, help_heading = HEADING, value_name = SWITCH, action = ArgAction::Set)]
    pub(crate) plain_http: Option<bool>,
}
