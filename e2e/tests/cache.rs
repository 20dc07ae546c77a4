//! The cache: what is damaged, what cannot be written, who comes at the same time, and who is killed.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "cache/access.rs"]
mod access;
#[path = "cache/damage.rs"]
mod damage;
#[path = "cache/disks.rs"]
mod disks;
#[path = "cache/kills.rs"]
mod kills;
#[path = "cache/many.rs"]
mod many;
#[path = "cache/size.rs"]
mod size;

use std::path::{Path, PathBuf};

use e2e::faults::Faults;
use e2e::image::{Image, Tar, layer};
use e2e::noise::noise;
use e2e::process::{Host, VARIES, below};
use rukpak_tree::Keep;
use rukpak_unpacker::{Cache, Limits, Unpacker};
use tokio::runtime::{self, Runtime};

/// A registry with `bundle:v1`: several layers, and what comes out of them.
struct Place {
    host: Host,
    /// The cache of the host, for unpackers of this process.
    cache: Cache,
    faults: Faults,
    image: Image,
}

impl Place {
    fn new() -> Self {
        let layers: Vec<_> = (0..6_u8)
            .map(|number| {
                let tar = Tar::new().file("elsewhere/noise", noise(64 << 10, number.into()));
                let name = format!("manifests/{number}.yaml");
                layer(&tar.file("manifests/all.yaml", [b'0' + number]).file(name, SERVICE))
            })
            .collect();
        let image = Image::new(&layers);
        let host = Host::new();
        let cache = Cache::new(host.cache(), Cache::BYTES);
        Self { host, cache, faults: Faults::serving(&image), image }
    }

    /// The image by its digest.
    fn reference(&self) -> String {
        self.faults.image(&format!("bundle@{}", self.image.digest()))
    }

    /// An unpacker that has the cache of the host.
    fn unpacker(&self) -> Unpacker {
        Unpacker::new(Some(self.cache.clone()), Keep::prefixes(["manifests"]), Limits::default())
    }

    /// How often each layer was asked for.
    fn gets(&self) -> Vec<usize> {
        self.image
            .layers()
            .iter()
            .map(|layer| {
                let requests = self.faults.requests_for(&layer.digest);
                requests.iter().filter(|request| request.method == "GET").count()
            })
            .collect()
    }

    /// Unpacks, and compares. What it says.
    fn unpack(&self, to: &str) -> String {
        let run = self.host.run(["unpack", "-q=false", &self.reference(), "--to", to]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_right(&self.host.path(to));
        run.stderr
    }

    fn entries(&self) -> Vec<PathBuf> {
        below(&self.host.cache().join("entries"))
    }

    /// Everything was cleaned up.
    fn is_tidy(&self) {
        runtime().block_on(self.cache.settled());
        assert_eq!(self.host.leftovers(), Vec::<&Path>::new());
    }
}

fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The files of the image are in this directory, and no others.
fn assert_right(directory: &Path) {
    let mut expected: Vec<_> =
        (0..6).map(|number| (format!("manifests/{number}.yaml"), SERVICE.as_bytes().to_vec())).collect();
    expected.push(("manifests/all.yaml".to_owned(), b"5".to_vec()));
    assert!(e2e::process::files(directory) == expected, "{}", directory.display());
}

const SERVICE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// What is said, ports and places aside.
fn assert_says(name: &str, text: &str) {
    let keys = [(r"image-[0-9a-f]{64}", "image-[KEY]"), (r"manifests/\w+\.yaml", "manifests/[FILE]")];
    let filters = VARIES.into_iter().chain(keys);
    insta::with_settings!({ filters => filters }, { insta::assert_snapshot!(name, text) });
}

/// The warnings among what is said.
fn assert_warns(name: &str, text: &str) {
    let warnings: Vec<_> = text.lines().filter(|line| line.starts_with("warning")).collect();
    assert_says(name, &warnings.join("\n"));
}
