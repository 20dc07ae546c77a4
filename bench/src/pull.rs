//! Pulling and unpacking a bundle image from a registry, beside `skopeo copy` to a local layout and `tar x`.

mod images;
pub(crate) mod registry;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::report::{Bound, Report};
use crate::runs::Runs;

use images::Image;
use registry::Registry;

/// How often a round unpacks what is in the cache.
const AGAIN: u32 = 3;

/// What is measured with.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// Ours.
    pub(crate) rukpakctl: PathBuf,
    /// The registry.
    pub(crate) registry: PathBuf,
}

/// Pulls each image, in turn with skopeo, and once more from the cache.
pub(crate) fn measure(bundles: &Path, programs: &Programs, command: &str) -> Result<Report> {
    let mut report = Report::default();
    if !has("skopeo") {
        report.note("Pull: left out, since skopeo is not installed.");
        return Ok(report);
    }
    let folder = TempDir::new()?;
    let registry = Registry::start(&programs.registry, folder.path())?;
    let mut notes = Vec::new();
    for image in images::push_all(bundles, programs, &registry, folder.path())? {
        let Image { measured, reference, pinned, layers, rounds, what } = image;
        eprintln!("pull of {what}: {rounds} rounds");
        let (mut ours, mut peer, mut cached, mut floor) =
            (Runs::default(), Runs::default(), Runs::default(), Runs::default());
        for _ in 0..rounds {
            let round = Round { folder: TempDir::new_in(folder.path())?, rukpakctl: &programs.rukpakctl };
            ours.add(round.unpack(&reference, "first"))?;
            // Before the peer, whose image the disk is busy with for some time after, and not before the disk is done with what was pushed;
            // and several times, since after half a gigabyte nothing is at hand for the first.
            ensure!(Command::new("sync").status()?.success(), "sync failed");
            for number in 0..AGAIN {
                cached.add(round.unpack(&pinned, &format!("again-{number}")))?;
                floor.add(round.copy("again-0", &format!("copy-{number}")))?;
            }
            peer.add(round.skopeo(&reference, &layers))?;
            round.compare()?;
        }
        report.rows.push(ours.row(measured, "rukpakctl unpack", None, command));
        report.rows.push(peer.row(measured, "skopeo copy, tar x", Some(&ours), command));
        report.rows.push(cached.row(measured, "rukpakctl unpack, again by digest", Some(&ours), command));
        report.rows.push(floor.row(measured, "cp -r (floor of again)", Some(&ours), command));
        report.goal(
            format!("{measured}, beside skopeo and tar"),
            Bound::AtMost(0.5),
            ours.series.part_of(&peer.series),
            "of their time",
        );
        report.goal(measured, Bound::AtMost(40.0), ours.peak(), "MB");
        report.goal(format!("{measured}, again by digest"), Bound::AtMost(5.0), cached.milliseconds(), "ms");
        notes.push(what);
    }
    report.note(format!(
        "Pull: {}. Both programs fetch from one registry (distribution) on a loopback address and write what they get to one \
         disk. Ours writes the folders of the bundle, and starts with an empty cache; skopeo writes an image layout, from \
         which GNU tar unpacks every layer. *Again by digest* is ours with the cache that the first run has filled, {AGAIN} times a round, once \
         the disk has done what was written before, and makes no connection; beside it `cp -r` of what it has written, which is what this disk takes without reading an archive and \
         verifying it. The memory is the highest of any process.",
        notes.join("; "),
    ));
    Ok(report)
}

/// The directories of one round.
struct Round<'a> {
    folder: TempDir,
    rukpakctl: &'a Path,
}

impl Round<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn unpack(&self, reference: &str, to: &str) -> Command {
        let mut command = Command::new(self.rukpakctl);
        command.args(["unpack", "-q", &format!("docker://{reference}"), "--to"]).arg(self.path(to));
        command.env("XDG_CACHE_HOME", self.path("cache")).stdin(Stdio::null());
        command
    }

    fn copy(&self, from: &str, to: &str) -> Command {
        let mut command = Command::new("cp");
        command.arg("-r").args([self.path(from), self.path(to)]).stdin(Stdio::null());
        command
    }

    fn skopeo(&self, reference: &str, layers: &[String]) -> Command {
        let script = "skopeo copy -q --src-tls-verify=false docker://$0 oci:layout:x && mkdir peer && \
                      for layer; do tar -xf layout/blobs/sha256/$layer -C peer || exit 1; done";
        let mut command = Command::new("sh");
        command.args(["-c", script, reference]).args(layers).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    /// Makes sure that all got the same bundle.
    fn compare(&self) -> Result<()> {
        for folder in ["manifests", "metadata"] {
            for other in ["again-0", "peer"] {
                let same = Command::new("diff")
                    .arg("-r")
                    .args([self.path("first").join(folder), self.path(other).join(folder)])
                    .status()?;
                ensure!(same.success(), "{folder} differs between first and {other}");
            }
        }
        Ok(())
    }
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Runs a program of ours and gives what it prints.
fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Digests of the layers of an image in a layout with one image, without their algorithm.
fn layers_of(layout: &Path) -> Result<Vec<String>> {
    let document =
        |path: PathBuf| -> Result<serde_json::Value> { Ok(serde_json::from_slice(&fs::read(path)?)?) };
    let hex = |descriptor: &serde_json::Value| {
        let digest = descriptor.get("digest").and_then(serde_json::Value::as_str).unwrap_or_default();
        digest.trim_start_matches("sha256:").to_owned()
    };
    let index = document(layout.join("index.json"))?;
    let manifest = index.pointer("/manifests/0").map(hex).context("an empty layout")?;
    let manifest = document(layout.join("blobs/sha256").join(manifest))?;
    let layers =
        manifest.get("layers").and_then(serde_json::Value::as_array).context("an image without layers")?;
    Ok(layers.iter().map(hex).collect())
}
