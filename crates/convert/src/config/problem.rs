//! What is wrong with a configuration.

use std::fmt;

use rukpak_manifest::types::{Mismatch, Struct, UnknownField};
use thiserror::Error;

use crate::{UnknownCertificateProvider, WatchNamespacesError};

/// Everything that is wrong with a configuration; not empty.
#[derive(Debug, Clone, Error)]
pub struct ConfigError {
    /// What is wrong, sorted by what is checked first.
    pub problems: Vec<ConfigProblem>,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, Error)]
pub enum ConfigProblem {
    /// A field that nobody knows, and the fields of the type that it stands in, where they are few.
    #[error("{}", unknown_field(.0, *.1))]
    UnknownField(UnknownField, Option<&'static Struct>),
    /// A value of the wrong type.
    #[error("{0}")]
    Mismatch(Mismatch),
    /// One of several things of a kind that has no name, by its list within `deploymentConfig` and its index.
    #[error("deploymentConfig.{list}[{index}]: expected a name, got none")]
    Unnamed {
        /// The field of `deploymentConfig`.
        list: &'static str,
        /// Which of its items, from 0.
        index: usize,
    },
    /// One of `watchNamespaces`, from 0, is null.
    #[error("watchNamespaces[{0}]: expected the name of a namespace, got null")]
    NullWatchNamespace(usize),
    /// `watchNamespace` or `watchNamespaces` names no namespaces.
    #[error("{0}: {1}")]
    WatchNamespaces(&'static str, WatchNamespacesError),
    /// Both fields for one thing.
    #[error("watchNamespace and watchNamespaces are both set, expected one of them")]
    TwoWatches,
    /// `certificateProvider` names none.
    #[error("certificateProvider: {0}")]
    CertificateProvider(UnknownCertificateProvider),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid configuration: ")?;
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

fn unknown_field(field: &UnknownField, structure: Option<&'static Struct>) -> String {
    match structure {
        None => field.to_string(),
        Some(structure) => {
            let known: Vec<_> = structure.fields.iter().map(|field| field.name).collect();
            format!("{field}, expected one of {}", known.join(", "))
        }
    }
}
