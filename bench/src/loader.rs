//! The loader: every file of the corpus into values, on one core, from memory.

use std::hint::black_box;

use anyhow::Result;

use crate::corpus::Corpus;
use crate::go::GoProgram;
use crate::peers::{PEERS, Peer};
use crate::report::{Bound, Report, Row};
use crate::rounds::{Contender, Round, interleave};

/// What a reader of the figures has to know.
const NOTES: [&str; 3] = [
    "Load: one core; the files are in memory before the clock starts, and what was made of a file is dropped before it \
     stops. `rukpak-manifest` gets whole files and separates their documents itself; the others get documents that were \
     separated before, as Kubernetes separates them. The rate counts all bytes of all files. `refused` counts files; the \
     rest of a refused file is not read.",
    "The crates make `serde_json::Value`s, as ours does, or (events only) parse and make nothing. serde-saphyr runs without \
     limits and comments, reads octal numbers, and lets the last of equal keys win; the others have nothing to set. None of \
     them reads all scalars, keys and merges as Kubernetes does.",
    "Go makes `map[string]any` with `yaml.Unmarshal`, with `GOMAXPROCS=1` on the same core. With \
     the files in its heap its garbage collector has little to do; *file by file* reads each file within the round, as a \
     program does that goes from file to file.",
];

/// Our loader, the peers of this language, and Go's.
pub(crate) fn measure(corpus: &Corpus, go: &mut [GoProgram], rounds: u32, command: &str) -> Result<Report> {
    let documents: Vec<Vec<&str>> = corpus.files.iter().map(|file| file.documents()).collect();
    let mut ours = Contender::new("rukpak-manifest", || Round::of(|| load(corpus)));
    let mut peers: Vec<_> = PEERS.iter().map(|peer| contender(peer, &documents)).collect();
    peers.extend(go.iter_mut().map(GoProgram::contender));
    interleave(&mut ours, &mut peers, rounds)?;

    let ours_takes = ours.series.median().as_secs_f64();
    let row = |contender: &Contender<'_>| {
        let ratio = contender.series.median().as_secs_f64() / ours_takes;
        Row::of_files("load", contender, corpus, format!("{ratio:.2} x ours"), command)
    };
    let mut report = Report::default();
    report.rows.push(Row { ratio: "1".to_owned(), ..row(&ours) });
    report.rows.extend(peers.iter().map(row));
    let rate = corpus.bytes() as f64 / 1e6 / ours_takes;
    report.goal("load, on one core", Bound::AtLeast(75.0), rate, "MB/s");
    report.notes(NOTES);
    Ok(report)
}

/// Loads every file with our loader and drops what it made; how many it refused.
fn load(corpus: &Corpus) -> usize {
    corpus.files.iter().filter(|file| black_box(rukpak_manifest::read(file.text.as_bytes())).is_err()).count()
}

/// A peer of this language over the documents of each file.
fn contender<'a>(peer: &'a Peer, documents: &'a [Vec<&str>]) -> Contender<'a> {
    let takes_all = |file: &[&str]| file.iter().all(|document| peer.takes(document));
    let refused = move || documents.iter().filter(|file| !takes_all(file)).count();
    Contender::new(peer.title(), move || Round::of(refused))
}
