//! The cache is no larger than it may be.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use e2e::faults::Faults;
use e2e::image::Image;
use e2e::process::{Host, below};
use rukpak_tree::Keep;
use rukpak_unpacker::{Access, Cache, Limits, Progress, Source, Unpacker};

use super::runtime;

/// Several images, and a cache of so many bytes.
struct Place {
    host: Host,
    faults: Faults,
    bytes: u64,
}

impl Place {
    fn new(bytes: u64) -> Self {
        let faults = Faults::new();
        for tag in ["a", "b", "c"] {
            let content = tag.repeat(10_000);
            faults.put(&format!("bundle:{tag}"), &Image::of_files(&[("manifests/x.yaml", &content)]));
        }
        Self { host: Host::new(), faults, bytes }
    }

    /// Fetches an image, as a process of its own would.
    fn fetch(&self, tag: &str) {
        let cache = Cache::new(self.host.cache(), self.bytes);
        let unpacker = Unpacker::new(Some(cache.clone()), Keep::prefixes(["manifests"]), Limits::default());
        let source = Source::Image(self.faults.image(&format!("bundle:{tag}")).parse().unwrap());
        let progress: Arc<dyn Progress> = Arc::new(());
        let runtime = runtime();
        let bundle = runtime.block_on(unpacker.fetch(&source, &Access::default(), &progress)).unwrap();
        runtime.block_on(cache.settled());
        assert_eq!(bundle.tree().get("manifests/x.yaml"), Some(tag.repeat(10_000).as_bytes()));
    }

    /// How many blobs were fetched.
    fn fetched(&self) -> usize {
        self.faults.requests_for("/blobs/").len()
    }

    /// Makes all entries older, as if they had not been used for hours.
    fn age(&self) {
        for entry in below(&self.host.cache().join("entries")) {
            let file = std::fs::File::options().write(true).open(entry).unwrap();
            let used = file.metadata().unwrap().modified().unwrap();
            file.set_modified(used - Duration::from_hours(5)).unwrap();
            assert!(used <= SystemTime::now());
        }
    }
}

/// Room for two.
#[test]
fn the_one_that_was_not_used_for_the_longest_time_goes() {
    let place = Place::new(30_000);
    for tag in ["a", "b"] {
        place.fetch(tag);
        place.age();
    }
    assert_eq!(place.fetched(), 2);
    // Marked as used now.
    place.fetch("a");
    assert_eq!(place.fetched(), 2);
    place.age();
    place.fetch("c");
    assert_eq!(below(&place.host.cache().join("entries")).len(), 2);
    place.fetch("a");
    assert_eq!(place.fetched(), 3, "what was used last is gone");
    place.fetch("b");
    assert_eq!(place.fetched(), 4, "what was not used is there");
}

/// No room for one: nothing is kept, and all works.
#[test]
fn a_cache_without_room() {
    let place = Place::new(100);
    for _ in 0..2 {
        place.fetch("a");
        assert_eq!(below(&place.host.cache().join("entries")).len(), 0);
    }
    assert_eq!(place.fetched(), 2);
    assert_eq!(place.host.leftovers(), Vec::<&std::path::Path>::new());
}
