//! The roles that would let somebody do what they may not, as data: the error that tells of it goes to standard error.

use rukpak_apply::engine::EngineError;
use rukpak_manifest::{Object, yaml};

use crate::cli::ReportOutput;
use crate::output::{self, List};

/// What would let somebody do all that a set needs, where an error is that they may not.
pub(crate) fn missing(error: &anyhow::Error) -> Option<Vec<Object>> {
    let EngineError::MissingRights(missing) = error.downcast_ref()? else { return None };
    Some(missing.to_manifests())
}

/// Prints the same on standard output, in the form that was asked for. The error is as it was.
pub(crate) fn printed(error: anyhow::Error, output: ReportOutput) -> anyhow::Error {
    let Some(roles) = missing(&error) else { return error };
    let printed = match output {
        ReportOutput::Text => output::data(|out| yaml::write_objects(&roles, out)),
        ReportOutput::Json => output::json(&List::of(&roles)),
    };
    match output::read_or_not(printed) {
        Ok(()) => error,
        Err(unwritten) => error.context(unwritten.to_string()),
    }
}
