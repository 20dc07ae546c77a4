//! The renderer in process: every bundle of the corpus, from its files in memory to the objects of an installation, on
//! one core.

use std::hint::black_box;
use std::path::PathBuf;

use anyhow::Result;
use rukpak_bundle::{Bundle, Format};
use rukpak_convert::{CertificateProvider, Options, convert};
use rukpak_manifest::ManifestSet;
use rukpak_tree::{FileTree, Keep, Limits};

use crate::corpus::Corpus;
use crate::go::GoProgram;
use crate::report::{Bound, Report, Row};
use crate::rounds::{Contender, Round, interleave};

/// What a reader of the figures has to know.
const NOTES: [&str; 1] = [
    "Render: every bundle once, from its file tree in memory to the ordered set of its objects: parse, validate, convert; no \
     watch namespace is given, and certificates come from cert-manager. *With JSON*: and each object written into a buffer. \
     `refused` counts bundles with errors (some of the corpus are made to have one) or without a fitting install mode. \
     Beside it, in the same rounds, Go loads the same files and makes no more of them.",
];

/// Our renderer, without and with output, beside Go's loader.
pub(crate) fn measure(
    folders: &[PathBuf],
    corpus: &Corpus,
    go: &mut [GoProgram],
    rounds: u32,
    command: &str,
) -> Result<Report> {
    let keep = Keep::prefixes(["manifests", "metadata"]);
    let read = |folder: &PathBuf| FileTree::from_directory(folder, &keep, &Limits::default());
    let trees: Vec<FileTree> = folders.iter().map(read).collect::<Result<_, _>>()?;
    let mut options = Options::new("operators".parse()?);
    options.certificate_provider = CertificateProvider::CertManager;

    let render_all = || trees.iter().filter(|tree| black_box(render(tree, &options)).is_none()).count();
    let mut buffer = Vec::new();
    let mut write_all = || {
        let written = |tree: &&FileTree| render(tree, &options).is_some_and(|set| write(&set, &mut buffer));
        trees.len() - trees.iter().filter(written).count()
    };
    let mut ours = Contender::new("rukpak-convert", || Round::of(render_all));
    let mut peers = vec![Contender::new("rukpak-convert, with JSON", || Round::of(&mut write_all))];
    peers.extend(go.iter_mut().map(GoProgram::contender));
    interleave(&mut ours, &mut peers, rounds)?;

    let mut report = Report::default();
    let (with_json, go) = peers.split_at(1);
    for contender in std::iter::once(&ours).chain(with_json) {
        let ratio = |peer: &Contender<'_>| contender.series.part_of(&peer.series);
        let ratio = match go {
            [in_memory, file_by_file] => {
                format!("{:.2} of Go's load ({:.2} file by file)", ratio(in_memory), ratio(file_by_file))
            }
            _ => String::new(),
        };
        report.rows.push(Row::of_files("render", contender, corpus, ratio, command));
    }
    if let [in_memory, _] = go {
        report.goal(
            "render, beside Go's load",
            Bound::AtMost(0.25),
            ours.series.part_of(&in_memory.series),
            "of its time",
        );
    }
    for peer in go {
        let ratio = peer.series.part_of(&ours.series);
        report.rows.push(Row::of_files("load", peer, corpus, format!("{ratio:.2} x our render"), command));
    }
    report.notes(NOTES);
    Ok(report)
}

/// The objects of an installation; none where the bundle has errors or does not support the default install mode.
fn render(tree: &FileTree, options: &Options) -> Option<ManifestSet> {
    match rukpak_bundle::read(tree, Format::Auto).ok()? {
        (Bundle::RegistryV1(bundle), _) => Some(convert(bundle, options).ok()?.manifests),
        (Bundle::Plain(bundle), _) => Some(ManifestSet::new(bundle.objects).0),
    }
}

/// Writes objects as JSON into a buffer that is used again and again; whether all could be written.
fn write(set: &ManifestSet, buffer: &mut Vec<u8>) -> bool {
    buffer.clear();
    set.iter().all(|object| serde_json::to_writer(&mut *buffer, object.fields()).is_ok())
}
