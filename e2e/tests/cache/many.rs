//! Many who want the same at once: it is fetched once.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use e2e::faults::Times::Always;
use e2e::faults::{Faults, late, slowly};
use e2e::process::run;
use rukpak_tree::Keep;
use rukpak_unpacker::{Access, Limits, Progress, Source, Unpacker};

use super::{Place, assert_right, runtime};

/// Long enough for all to come while the first one fetches.
const LATE: Duration = Duration::from_millis(1500);

#[test]
fn thirty_processes() {
    let place = Place::new();
    place.faults.on("GET", "/blobs/", Always, late(LATE));
    let reference = place.reference();
    let runs: Vec<_> = (0..30)
        .map(|number| {
            let mut command = place.host.rukpakctl(["unpack", &reference, "--to", &format!("out-{number}")]);
            thread::spawn(move || run(&mut command))
        })
        .collect();
    for (number, run) in runs.into_iter().enumerate() {
        run.join().unwrap().ok();
        assert_right(&place.host.path(&format!("out-{number}")));
    }
    assert_eq!(place.gets(), [1; 6]);
    place.is_tidy();
}

/// Whether there is a cache or not: one process has one fetch under way.
#[rstest::rstest]
#[case::with_a_cache(true)]
#[case::without_a_cache(false)]
fn a_hundred_tasks(#[case] has_cache: bool) {
    let place = Place::new();
    place.faults.on("GET", "/blobs/", Always, late(LATE));
    let without = || Unpacker::new(None, Keep::prefixes(["manifests"]), Limits::default());
    let unpacker = Arc::new(if has_cache { place.unpacker() } else { without() });
    let source = Source::Image(place.reference().parse().unwrap());
    let runtime = runtime();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (unpacker, source) = (Arc::clone(&unpacker), source.clone());
                tokio::spawn(async move {
                    let progress: Arc<dyn Progress> = Arc::new(());
                    unpacker.fetch(&source, &Access::default(), &progress).await
                })
            })
            .collect();
        for task in tasks {
            let bundle = task.await.unwrap().unwrap();
            assert_eq!(bundle.tree().iter().count(), 7);
        }
    });
    assert_eq!(place.gets(), [1; 6]);
    place.is_tidy();
}

/// Whoever names a digest that others want too, at a registry of their own, could hold all of them up.
#[test]
fn a_slow_registry_holds_up_nobody_who_names_another() {
    let (place, slow) = (Place::new(), Faults::new());
    slow.put("elsewhere:v1", &place.image);
    // Half a minute, at least.
    slow.on("GET", "/blobs/", Always, slowly(4 << 10, Duration::from_secs(1)));
    let limits = Limits { idle: Duration::from_secs(3), ..Limits::default() };
    let unpacker = Arc::new(Unpacker::new(Some(place.cache.clone()), Keep::prefixes(["manifests"]), limits));
    let fetch = |reference: String| {
        let (unpacker, source) = (Arc::clone(&unpacker), Source::Image(reference.parse().unwrap()));
        tokio::spawn(async move {
            let progress: Arc<dyn Progress> = Arc::new(());
            unpacker.fetch(&source, &Access::default(), &progress).await
        })
    };
    let runtime = runtime();
    runtime.block_on(async {
        let slowly = fetch(slow.image(&format!("elsewhere@{}", place.image.digest())));
        while slow.requests_for("/blobs/").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..2 {
            let fetched = fetch(place.reference()).await.unwrap().unwrap();
            assert_eq!(fetched.tree().iter().count(), 7);
            place.cache.settled().await;
        }
        slowly.abort();
        assert!(slowly.await.is_err());
    });
    assert_eq!(place.gets(), [1; 6], "once, from where it was asked for");
    place.is_tidy();
}

/// One who gives up does not take the others with it.
#[test]
fn whoever_fetches_may_go_away() {
    let place = Place::new();
    place.faults.on("GET", "/blobs/", Always, late(Duration::from_millis(300)));
    let unpacker = Arc::new(place.unpacker());
    let source = Source::Image(place.reference().parse().unwrap());
    let runtime = runtime();
    runtime.block_on(async {
        let fetch = || {
            let (unpacker, source) = (Arc::clone(&unpacker), source.clone());
            tokio::spawn(async move {
                let progress: Arc<dyn Progress> = Arc::new(());
                unpacker.fetch(&source, &Access::default(), &progress).await
            })
        };
        let first = fetch();
        while place.gets().iter().sum::<usize>() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let second = fetch();
        tokio::time::sleep(Duration::from_millis(50)).await;
        first.abort();
        assert_eq!(second.await.unwrap().unwrap().tree().iter().count(), 7);
    });
    place.is_tidy();
}
