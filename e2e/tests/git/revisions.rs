//! Which commit a branch, a tag or nothing at all means, and how it is had.

use e2e::git::{Behaviour, HttpServer, Options, Repository};

use super::*;

/// `main` with three commits, of which only the last two are the tip of anything.
struct History {
    repository: Repository,
    commits: [String; 3],
}

impl History {
    fn new(format: &str) -> Self {
        let mut repository = Repository::with_format(format).unwrap();
        let commits =
            [b"1", b"2", b"3"].map(|number| repository.commit("main", &[("file", number)]).unwrap());
        let [_, second, _] = &commits;
        repository.git(&["tag", "light", second]).unwrap();
        repository.git(&["tag", "-a", "-m", "x", "annotated", second]).unwrap();
        repository.git(&["tag", "-a", "-m", "x", "annotated-twice", "annotated"]).unwrap();
        repository.git(&["tag", "tree", "main^{tree}"]).unwrap();
        repository.git(&["tag", "main", second]).unwrap();
        repository.commit("feature/x", &[("file", b"x")]).unwrap();
        Self { repository, commits }
    }

    fn serve(&self, is_old: bool) -> HttpServer {
        HttpServer::start(self.repository.root(), Options { is_old, ..Options::default() }).unwrap()
    }
}

async fn file_of(server: &HttpServer, revision: GitRevision) -> String {
    let tree = Call::anonymous().get(&source(server.url(REPOSITORY), revision)).await.unwrap();
    let [("file", content)] = files(&tree)[..] else { panic!("{tree:?}") };
    content.to_owned()
}

#[tokio::test]
async fn every_kind_of_revision() {
    if !all_installed(&["git"]) {
        return;
    }
    let history = History::new("sha1");
    for is_old in [false, true] {
        let server = history.serve(is_old);
        assert_eq!(file_of(&server, GitRevision::Default).await, "3");
        assert_eq!(file_of(&server, branch("main")).await, "3");
        assert_eq!(file_of(&server, branch("feature/x")).await, "x");
        assert_eq!(file_of(&server, tag("light")).await, "2");
        assert_eq!(file_of(&server, tag("main")).await, "2", "a tag that is called as a branch");
        assert_eq!(file_of(&server, tag("annotated")).await, "2");
        assert_eq!(file_of(&server, tag("annotated-twice")).await, "2");
        assert_eq!(file_of(&server, commit(&history.commits[2])).await, "3", "the tip of a branch");
        assert_eq!(file_of(&server, commit(&history.commits[1].to_uppercase())).await, "2");
    }
}

#[tokio::test]
async fn a_commit_that_no_branch_names_by_its_name() {
    if !all_installed(&["git"]) {
        return;
    }
    let history = History::new("sha1");
    let first = commit(&history.commits[0]);
    let requests = |server: &HttpServer| server.requests().iter().filter(|one| one.method == "POST").count();

    let server = history.serve(false);
    assert_eq!(file_of(&server, first.clone()).await, "1");

    // Version 0 of the protocol gives only what it names, unless it is told otherwise.
    let server = history.serve(true);
    assert_eq!(file_of(&server, first.clone()).await, "1");
    assert_eq!(server.requests().iter().filter(|one| one.target.contains("info/refs")).count(), 2);

    history.repository.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]).unwrap();
    let server = history.serve(true);
    assert_eq!(file_of(&server, first).await, "1");
    assert_eq!(server.requests().iter().filter(|one| one.target.contains("info/refs")).count(), 1);
    assert!(requests(&server) >= 1);
}

#[tokio::test]
async fn names_by_sha256() {
    if !all_installed(&["git"]) {
        return;
    }
    let history = History::new("sha256");
    assert_eq!(history.commits[0].len(), 64);
    for is_old in [false, true] {
        let server = history.serve(is_old);
        assert_eq!(file_of(&server, branch("main")).await, "3");
        assert_eq!(file_of(&server, commit(&history.commits[0])).await, "1");
    }
}

#[tokio::test]
async fn a_branch_that_moves_in_between_does_not_matter() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut history = History::new("sha1");
    for is_old in [false, true] {
        let server = history.serve(is_old);
        let call = Call::anonymous();
        let pinned = call.resolve(&source(server.url(REPOSITORY), branch("main"))).await.unwrap();
        assert_eq!(pinned.commit, history.repository.name_of("refs/heads/main").unwrap());
        let content = if is_old { "moved once" } else { "3" };
        history.repository.commit("main", &[("file", b"moved once")]).unwrap();
        history.repository.git(&["update-ref", "-d", "refs/tags/main"]).unwrap();
        assert_eq!(files(&call.fetch(&pinned).await.unwrap()), [("file", content)]);
    }
}

/// As a server calls it.
#[tokio::test]
async fn a_branch_may_be_given_its_whole_name() {
    if !all_installed(&["git"]) {
        return;
    }
    let history = History::new("sha1");
    let server = history.serve(false);
    for name in ["main", "refs/heads/main"] {
        let pinned = Call::anonymous().resolve(&source(server.url(REPOSITORY), branch(name))).await.unwrap();
        assert_eq!(pinned.commit, history.repository.name_of("refs/heads/main").unwrap());
    }
}

#[tokio::test]
async fn what_is_not_there() {
    if !all_installed(&["git"]) {
        return;
    }
    let history = History::new("sha1");
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    for is_old in [false, true] {
        let server = history.serve(is_old);
        let url = server.url(REPOSITORY);
        for (revision, named) in [
            (branch("mein"), "branch mein".to_owned()),
            (branch("light"), "branch light".to_owned()),
            (tag("v1"), "tag v1".to_owned()),
            (tag("feature"), "tag feature".to_owned()),
            (commit(nowhere), format!("commit {nowhere}")),
        ] {
            let refusal = Call::anonymous().refused(&source(&url, revision)).await;
            assert_eq!(refusal.text, format!("found no {named} in {url}"));
            assert!(!refusal.error.is_permanent(), "it may be pushed");
        }
        let refusal = Call::anonymous().refused(&source(&url, tag("tree"))).await;
        let tree = history.repository.name_of("refs/heads/main^{tree}").unwrap();
        assert_eq!(refusal.text, format!("{tree} of {url} is a tree, expected a commit"));
        assert!(refusal.error.is_permanent());

        let refusal = Call::anonymous().refused(&source(server.url("/other.git"), branch("main"))).await;
        assert!(matches!(refusal.error, GitError::NoSuchRepository { .. }), "{}", refusal.text);
    }
}

#[tokio::test]
async fn an_empty_repository_has_no_default_branch() {
    if !all_installed(&["git"]) {
        return;
    }
    let repository = Repository::new().unwrap();
    let server = HttpServer::start(repository.root(), Options::default()).unwrap();
    let url = server.url(REPOSITORY);
    let refusal = Call::anonymous().refused(&source(&url, GitRevision::Default)).await;
    assert_eq!(refusal.text, format!("found no default branch (HEAD) in {url}"));
}

#[tokio::test]
async fn a_commit_needs_no_network() {
    let options = Options { behaviour: Behaviour::Stall, ..Options::default() };
    let server = HttpServer::start(Path::new("/nonexistent"), options).unwrap();
    let mut source = source(server.url(REPOSITORY), commit(&"A".repeat(40)));
    source.directory = Some("./a//b/".to_owned());
    let pinned = Call::anonymous().resolve(&source).await.unwrap();
    assert_eq!(
        pinned,
        GitCommit {
            repository: server.url(REPOSITORY),
            commit: "a".repeat(40),
            directory: Some("a/b".to_owned())
        }
    );
    assert_eq!(pinned.to_string(), format!("{}@{}:a/b", server.url(REPOSITORY), "a".repeat(40)));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn nothing_runs_for_what_is_no_source() {
    for (repository, revision) in [
        ("file:///srv/repository.git", branch("main")),
        ("ext::sh", branch("main")),
        ("https://kim:hunter2-hunter2@127.0.0.1/r", branch("main")),
        ("https://127.0.0.1:1/r", branch("--upload-pack=x")),
        ("https://127.0.0.1:1/r", commit("main")),
    ] {
        let call = Call::anonymous();
        let refusal = call.refused(&source(repository, revision)).await;
        assert!(refusal.error.is_permanent(), "{}", refusal.text);
        assert_eq!(paths_below(&call.scratch.path().join("resolve")), Vec::<String>::new());
    }
}
