//! The images that are pulled.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use rukpak_oci::{Algorithm, Descriptor, Hasher, ImageWriter};
use serde_json::json;

use super::registry::Registry;
use super::{Programs, layers_of, output};
use crate::process::nearest;

/// Bytes of a small bundle's files.
const SMALL: u64 = 100_000;

/// Bytes of a large bundle's files.
const LARGE: u64 = 4_500_000;

/// Bytes of the files of the bundle that stands in a large layer.
const IN_LAYER: u64 = 1_000_000;

/// Bytes of the large layer, compressed.
const LAYER: u64 = 500_000_000;

/// Bytes of one file beside the bundle in it.
const FILE: usize = 1 << 20;

const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// An image in the registry.
#[derive(Debug)]
pub(super) struct Image {
    /// Its name in the table.
    pub(super) measured: &'static str,
    /// By its tag.
    pub(super) reference: String,
    /// By its digest.
    pub(super) pinned: String,
    /// The digests of its layers, without their algorithm.
    pub(super) layers: Vec<String>,
    /// How often it is pulled.
    pub(super) rounds: u32,
    /// What it is.
    pub(super) what: String,
}

/// Makes the images and pushes them.
pub(super) fn push_all(
    bundles: &Path,
    programs: &Programs,
    registry: &Registry,
    folder: &Path,
) -> Result<Vec<Image>> {
    let mut images = Vec::new();
    for (measured, wanted, rounds) in [("pull, small bundle", SMALL, 30), ("pull, large bundle", LARGE, 20)] {
        let (bundle, size) = nearest(bundles, &programs.rukpakctl, wanted)?;
        let name = bundle.strip_prefix(bundles).unwrap_or(&bundle).display().to_string();
        let layout = folder.join(measured);
        let mut pull = Command::new(&programs.rukpakctl);
        output(pull.args(["pull", "-q"]).arg(&bundle).arg("--to").arg(in_layout(&layout)))?;
        let what = format!("`{name}` ({:.1} kB) in one layer", size as f64 / 1e3);
        images.push(push(programs, registry, &layout, measured, rounds, what)?);
    }
    let (bundle, size) = nearest(bundles, &programs.rukpakctl, IN_LAYER)?;
    let layout = folder.join("layout");
    let layer = large_layer(&bundle, folder)?;
    write_layout(&layout, &layer)?;
    fs::remove_file(&layer.path)?;
    let name = bundle.strip_prefix(bundles).unwrap_or(&bundle).display().to_string();
    let what = format!(
        "`{name}` ({:.1} MB) in a layer of {:.0} MB, compressed with gzip, {:.0} MB uncompressed",
        size as f64 / 1e6,
        layer.descriptor.size as f64 / 1e6,
        layer.uncompressed as f64 / 1e6,
    );
    images.push(push(programs, registry, &layout, "pull, 500 MB layer", 3, what)?);
    Ok(images)
}

fn push(
    programs: &Programs,
    registry: &Registry,
    layout: &Path,
    measured: &'static str,
    rounds: u32,
    what: String,
) -> Result<Image> {
    let reference = format!("{}/{}:v1", registry.address, measured.replace([' ', ','], "").to_lowercase());
    let mut push = Command::new(&programs.rukpakctl);
    let pinned = output(push.args(["push", "-q"]).arg(in_layout(layout)).arg(&reference))?;
    let layers = layers_of(layout)?;
    fs::remove_dir_all(layout)?;
    Ok(Image { measured, reference, pinned, layers, rounds, what })
}

fn in_layout(path: &Path) -> String {
    format!("oci:{}", path.display())
}

/// A layer in a file.
struct Layer {
    path: PathBuf,
    descriptor: Descriptor,
    uncompressed: u64,
}

/// A layer with a bundle and much else.
fn large_layer(bundle: &Path, folder: &Path) -> Result<Layer> {
    let path = folder.join("layer.tar.gz");
    let compressed = Counted::new(io::BufWriter::new(File::create(&path)?));
    let mut archive = tar::Builder::new(Counted::new(GzEncoder::new(compressed, Compression::fast())));
    archive.mode(tar::HeaderMode::Deterministic);
    let mut dice = Dice(1);
    let half =
        |archive: &mut tar::Builder<Counted<GzEncoder<Counted<_>>>>, until, dice: &mut Dice, part: &str| {
            let mut number = 0;
            while archive.get_ref().inner.get_ref().count < until {
                let content = dice.text(FILE);
                let mut header = tar::Header::new_gnu();
                header.set_size(content.len() as u64);
                header.set_mode(0o644);
                archive.append_data(&mut header, format!("usr/share/{part}/{number}"), content.as_slice())?;
                number += 1;
            }
            anyhow::Ok(())
        };
    half(&mut archive, LAYER / 2, &mut dice, "before")?;
    for name in ["manifests", "metadata"] {
        archive.append_dir_all(name, bundle.join(name))?;
    }
    half(&mut archive, LAYER, &mut dice, "after")?;
    let Counted { inner, count: uncompressed, .. } = archive.into_inner()?;
    let Counted { mut inner, count: size, hasher } = inner.finish()?;
    inner.flush()?;
    let descriptor = Descriptor { media_type: LAYER_TYPE.into(), digest: hasher.finish(), size };
    Ok(Layer { path, descriptor, uncompressed })
}

fn write_layout(layout: &Path, layer: &Layer) -> Result<()> {
    let descriptor =
        |of: &Descriptor| json!({"mediaType": of.media_type, "digest": of.digest, "size": of.size});
    let config =
        json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}});
    let config = config.to_string().into_bytes();
    let config_descriptor = Descriptor::of(CONFIG_TYPE, &config);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(&config_descriptor),
        "layers": [descriptor(&layer.descriptor)],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut writer = ImageWriter::oci_layout(layout)?;
    writer.blob(&config_descriptor, &mut config.as_slice())?;
    writer.blob(&layer.descriptor, &mut File::open(&layer.path)?)?;
    Ok(writer.finish(&Descriptor::of(MANIFEST_TYPE, &manifest), &manifest, None)?)
}

/// Counts and hashes what is written.
struct Counted<W> {
    inner: W,
    count: u64,
    hasher: Hasher,
}

impl<W> Counted<W> {
    fn new(inner: W) -> Self {
        Self { inner, count: 0, hasher: Hasher::new(Algorithm::Sha256) }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count += written as u64;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    /// Hexadecimal digits, which compress to half their size, as programs do.
    fn text(&mut self, bytes: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(bytes + 16);
        while text.len() < bytes {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            text.extend_from_slice(format!("{:016x}", self.0).as_bytes());
        }
        text.truncate(bytes);
        text
    }
}
