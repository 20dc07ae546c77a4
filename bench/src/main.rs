//! Measures this project beside its peers: the loader, the renderer in process, the command line as a process, pulling from a
//! registry, installing on a cluster, and provisioners at work.
//!
//! In: a folder of bundles and the programs that `bench/run` built. Out: one table in which every ratio comes from this
//! run, on standard output and, where a file is named, in `docs/benchmarks.md`.

mod apply;
mod corpus;
mod deployments;
mod go;
mod loader;
mod machine;
mod peers;
mod process;
mod pull;
mod render;
mod report;
mod rounds;
mod runs;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};

use crate::corpus::{Corpus, bundle_folders};
use crate::go::GoProgram;
use crate::pull::Programs;
use crate::report::Report;

/// What to measure, and with which programs.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folder of bundles.
    #[arg(long)]
    bundles: PathBuf,
    /// The bundles are the project's own examples, since no corpus is there.
    #[arg(long)]
    examples: bool,
    /// The built `rukpakctl`.
    #[arg(long)]
    rukpakctl: PathBuf,
    /// The built `provisioner-plain`.
    #[arg(long)]
    provisioner: PathBuf,
    /// The built registry; without it pulling and deployments are left out.
    #[arg(long)]
    registry: Option<PathBuf>,
    /// The built program of `bench/go`; without it the Go peer is left out.
    #[arg(long)]
    go: Option<PathBuf>,
    /// Measure this part alone.
    #[arg(long)]
    only: Option<Section>,
    /// How often each program runs, after one round that does not count.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Where to write the table, besides standard output; only a complete one is written.
    #[arg(long)]
    output: Option<PathBuf>,
}

/// A part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// YAML to values.
    Loader,
    /// Bundles to manifests, in process.
    Render,
    /// The command line, as a process.
    Process,
    /// Pulling and unpacking an image.
    Pull,
    /// Installing on a cluster.
    Apply,
    /// Provisioners at work.
    Deployments,
}

impl Section {
    fn name(self) -> &'static str {
        match self {
            Self::Loader => "loader",
            Self::Render => "render",
            Self::Process => "process",
            Self::Pull => "pull",
            Self::Apply => "apply",
            Self::Deployments => "deployments",
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let wanted = |section| arguments.only.is_none_or(|only| only == section);
    let command =
        |section: Section| format!("bench/run --only {} --rounds {}", section.name(), arguments.rounds);
    // First, while this process is small: what a child shares with its parent before its `exec` counts as its memory.
    let mut process = Report::default();
    if wanted(Section::Process) {
        process = process::measure(&arguments.bundles, &arguments.rukpakctl, &command(Section::Process))?;
    }

    if wanted(Section::Pull) {
        match &arguments.registry {
            Some(registry) => {
                let programs =
                    Programs { rukpakctl: arguments.rukpakctl.clone(), registry: registry.clone() };
                process.extend(pull::measure(&arguments.bundles, &programs, &command(Section::Pull))?);
            }
            None => process.note("Pull: left out, since there was no registry to pull from."),
        }
    }

    if wanted(Section::Apply) {
        process.extend(apply::measure(&arguments.rukpakctl, &command(Section::Apply))?);
    }

    if wanted(Section::Deployments) {
        match &arguments.registry {
            Some(registry) => {
                let programs = deployments::Programs {
                    rukpakctl: arguments.rukpakctl.clone(),
                    registry: registry.clone(),
                    provisioner: arguments.provisioner.clone(),
                };
                process.extend(deployments::measure(&programs, &command(Section::Deployments))?);
            }
            None => process.note("Deployments: left out, since there was no registry to pull from."),
        }
    }

    let cores = machine::cores()?;
    machine::pin_to_one_core()?;
    let corpus = Corpus::read(&arguments.bundles)?;
    let mut go = match &arguments.go {
        Some(program) => Vec::from(GoProgram::start_both(program, &corpus)?),
        None => Vec::new(),
    };
    let mut report = Report::default();
    if wanted(Section::Loader) {
        report.extend(loader::measure(&corpus, &mut go, arguments.rounds, &command(Section::Loader))?);
    }
    if wanted(Section::Render) {
        let bundles = bundle_folders(&arguments.bundles)?;
        report.extend(render::measure(
            &bundles,
            &corpus,
            &mut go,
            arguments.rounds,
            &command(Section::Render),
        )?);
    }
    report.extend(process);
    if go.is_empty() {
        report.note("Go's `sigs.k8s.io/yaml` is left out: there was no Go toolchain to build it with.");
    }

    let document = report
        .document(&machine::describe(cores, arguments.go.as_deref())?, &corpus.describe(arguments.examples));
    print!("{document}");
    if let (Some(path), None) = (&arguments.output, arguments.only) {
        std::fs::write(path, document).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
