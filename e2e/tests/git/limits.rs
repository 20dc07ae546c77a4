//! Servers that send too much, nothing, half of it, or all of it slowly; and callers who lose patience.

use std::sync::Arc;
use std::time::Instant;

use e2e::git::{Behaviour, HttpServer, Options, Repository};
use e2e::noise::noise;
use rukpak_unpacker::{Cache, Progress, Source, SshAccess, Unpacker};
use tokio::task::JoinSet;

use super::*;

const MIB: usize = 1 << 20;

fn large(bytes: usize) -> Repository {
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[("file", &noise(bytes, 1))]).unwrap();
    repository
}

fn serve(repository: &Repository, behaviour: Behaviour) -> HttpServer {
    HttpServer::start(repository.root(), Options { behaviour, ..Options::default() }).unwrap()
}

#[tokio::test]
async fn a_repository_over_the_limit() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = large(3 * MIB);
    let server = serve(&repository, Behaviour::Serve);
    let source = source(server.url(REPOSITORY), branch("main"));
    let refusal = Call::anonymous().git_bytes(2 * MIB as u64).refused(&source).await;
    assert_eq!(refusal.text, format!("{} needs more than 2 MiB on disk, the limit", source.repository));
    assert!(refusal.error.is_permanent());
    assert!(Call::anonymous().git_bytes(4 * MIB as u64).get(&source).await.is_ok());
}

#[tokio::test]
async fn a_fetch_ends_when_the_limit_is_reached() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = large(20 * MIB);
    // 20 MiB take at least 10 s.
    let server = serve(&repository, Behaviour::Throttle { bytes: 20_000 });
    let source = source(server.url(REPOSITORY), branch("main"));
    let begin = Instant::now();
    let refusal = Call::anonymous().git_bytes(MIB as u64).refused(&source).await;
    assert!(matches!(refusal.error, GitError::TooLarge { .. }), "{}", refusal.text);
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

/// A commit compresses to almost nothing, and git holds all of it.
#[tokio::test]
async fn a_commit_that_takes_memory_is_refused() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = Repository::new().unwrap();
    let name = repository.commit_saying(&vec![b'x'; 100 * MIB]).unwrap();
    let server = serve(&repository, Behaviour::Serve);
    let refusal = Call::anonymous().refused(&source(server.url(REPOSITORY), commit(&name))).await;
    assert!(matches!(refusal.error, GitError::Fetch { .. }), "{}", refusal.text);
    assert!(refusal.text.contains("over limit"), "{}", refusal.text);
}

/// Files of any size lie beside a bundle, and are passed by.
#[tokio::test]
async fn files_larger_than_what_git_may_allocate_are_no_matter() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    let large = vec![0; 100 * MIB];
    repository.commit("main", &[("large", &large), ("manifests/a.yaml", b"a: 1\n")]).unwrap();
    let server = serve(&repository, Behaviour::Serve);
    let call = Call::anonymous();
    let pinned = call.resolve(&source(server.url(REPOSITORY), branch("main"))).await.unwrap();
    let keep = Keep::prefixes(["manifests"]);
    let tree =
        git::fetch(&pinned, &call.access, &keep, &call.limits, &call.directory("fetch")).await.unwrap();
    assert_eq!(files(&tree), [("manifests/a.yaml", "a: 1\n")]);
}

/// The directories to work in of this process.
fn working() -> usize {
    let of_ours = format!("scratch-{}-", std::process::id());
    let places = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let places = places.filter(|place| place.file_name().to_string_lossy().starts_with("rukpak-"));
    let entries = places.flat_map(|place| fs::read_dir(place.path()).into_iter().flatten().flatten());
    let of_ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&of_ours));
    of_ours.filter(|entry| entry.path().is_dir()).count()
}

/// Each may fill the disk as far as the limit goes; and the cache is not the place for that.
#[tokio::test]
async fn two_commits_are_fetched_at_a_time() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    let noise = noise(MIB, 1);
    let paths: Vec<_> = (0..6).map(|number| format!("{number}/file")).collect();
    let contents: Vec<_> = paths.iter().map(|path| (path.as_str(), noise.as_slice())).collect();
    let name = repository.commit("main", &contents).unwrap();
    let server = serve(&repository, Behaviour::Throttle { bytes: 20_000 });
    let cache = tempfile::tempdir().unwrap();
    let work = cache.path().join("work");
    let cached = Cache::new(cache.path().to_owned(), Cache::BYTES);
    let unpacker = Arc::new(Unpacker::new(Some(cached.clone()), Keep::everything(), Limits::default()));
    let mut fetches = JoinSet::new();
    for number in 0..6 {
        let source = GitSource {
            directory: Some(number.to_string()),
            ..source(server.url(REPOSITORY), commit(&name))
        };
        let (unpacker, source) = (Arc::clone(&unpacker), Source::Git(source));
        fetches.spawn(async move {
            let progress: Arc<dyn Progress> = Arc::new(());
            unpacker.fetch(&source, &Access::default(), &progress).await
        });
    }
    let mut most = 0;
    while !fetches.is_empty() {
        most = most.max(working());
        let in_cache = fs::read_dir(&work).into_iter().flatten().flatten();
        assert_eq!(
            in_cache.filter(|entry| entry.path().extension().is_some_and(|end| end == "d")).count(),
            0
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
        while let Some(fetched) = fetches.try_join_next() {
            assert_eq!(fetched.unwrap().unwrap().tree().iter().count(), 1);
        }
    }
    assert_eq!((most, working()), (2, 0));
    cached.settled().await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_asked_twice() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = large(1);
    let server = serve(&repository, Behaviour::Stall);
    let url = server.url(REPOSITORY);
    let stalled = format!("got nothing from {url} for 1s, the limit");
    let call = || Call::anonymous().idle(Duration::from_secs(1));

    let refusal = call().refused(&source(&url, branch("main"))).await;
    assert_eq!(refusal.text, stalled);
    assert!(!refusal.error.is_permanent());
    assert_eq!(server.connections(), 2);

    let refusal = call().refused(&source(&url, commit(&"a".repeat(40)))).await;
    assert_eq!(refusal.text, stalled);
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn an_ssh_server_that_says_nothing_is_asked_twice() {
    if !all_installed(&["git", "ssh"]) {
        return;
    }
    let server = serve(&large(1), Behaviour::Stall);
    let url = server.url(REPOSITORY).replace("http://", "ssh://git@");
    let ssh = SshAccess { private_key: Secret::new("key"), known_hosts: "host".to_owned() };
    let call = Call::new(Access { ssh: Some(ssh), ..Access::default() }).idle(Duration::from_secs(1));
    let refusal = call.refused(&source(&url, branch("main"))).await;
    assert_eq!(refusal.text, format!("got nothing from {url} for 1s, the limit"));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn an_answer_that_is_cut_is_asked_for_once_more() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = large(MIB);
    for (answers, is_had) in [(1, true), (2, false)] {
        let server = serve(&repository, Behaviour::Cut { answers, after: MIB / 2 });
        let source = source(server.url(REPOSITORY), branch("main"));
        let call = Call::anonymous();
        if is_had {
            assert_eq!(call.get(&source).await.unwrap().get("file").unwrap().len(), MIB);
        } else {
            let refusal = call.refused(&source).await;
            assert!(matches!(refusal.error, GitError::Cut { .. }), "{}", refusal.text);
        }
    }
}

#[tokio::test]
async fn what_is_slow_and_goes_on_is_waited_for() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = large(MIB);
    let server = serve(&repository, Behaviour::Throttle { bytes: 3000 });
    let begin = Instant::now();
    let call = Call::anonymous().idle(Duration::from_secs(2));
    assert!(call.get(&source(server.url(REPOSITORY), branch("main"))).await.is_ok());
    assert!(begin.elapsed() > Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn who_loses_patience_leaves_no_process() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = large(20 * MIB);
    let server = serve(&repository, Behaviour::Throttle { bytes: 2000 });
    let call = Call::anonymous();
    let source = source(server.url(REPOSITORY), branch("main"));
    let pinned = call.resolve(&source).await.unwrap();
    let directory = call.scratch.path().join("fetch");
    let is_under_way = async {
        loop {
            let running = e2e::git::of_directory(&directory).unwrap();
            // git, its helper for HTTP, and the one that writes the pack.
            if running.iter().any(|line| line.contains("index-pack")) {
                assert!(running.len() >= 3, "{running:?}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        outcome = call.fetch(&pinned) => panic!("{outcome:?}"),
        () = is_under_way => {}
    }
    assert_eq!(e2e::git::of_directory(call.scratch.path()).unwrap(), Vec::<String>::new());
    let path = call.scratch.path().to_owned();
    call.scratch.close().unwrap();
    assert!(!path.exists());
}
