//! Bundles in git repositories: on real servers of HTTPS and SSH.

use e2e::git::{Certificate, HttpServer, Options, Repository, SshServer};
use e2e::programs::all_installed;
use e2e::provisioners::bundle::map;
use e2e::provisioners::{Place, Seen, Which};
use rstest::rstest;
use serde_json::{Value, json};

/// A password that stands nowhere by chance.
const PASSWORD: &str = "hunter2-hunter2-git";

const PATH: &str = "/repository.git";

/// A repository with a bundle at its root and another one in a directory, and its server, which wants a password.
struct Git {
    repository: Repository,
    server: HttpServer,
    commit: String,
}

impl Git {
    fn start() -> Self {
        let mut repository = Repository::new().unwrap();
        let (root, deploy) = (map("root", "1").to_string(), map("deploy", "1").to_string());
        let files: [(&str, &[u8]); 2] =
            [("manifests/a.yaml", root.as_bytes()), ("dev/deploy/manifests/a.yaml", deploy.as_bytes())];
        let commit = repository.commit("main", &files).unwrap();
        repository.git(&["tag", "v1", &commit]).unwrap();
        let certificate = Some(Certificate::new().unwrap());
        let credentials = Some(format!("kim:{PASSWORD}"));
        let options = Options { credentials, certificate, ..Options::default() };
        let server = HttpServer::start(repository.root(), options).unwrap();
        Self { repository, server, commit }
    }

    /// The source, with a Secret of a name. Nobody vouches for the server, which an API of rukpak has no field for.
    fn source(&self, reference: &Value, secret: &str) -> Value {
        let auth = json!({"secret": {"name": secret}, "insecureSkipVerify": true});
        let git = json!({"repository": self.server.url(PATH), "ref": reference, "auth": auth});
        json!({"type": "git", "git": git})
    }
}

/// The Secret of `kim`.
async fn know_kim(place: &Place) -> String {
    let name = format!("{}-git", place.name());
    let data = json!({"username": "kim", "password": PASSWORD});
    place.system("v1/Secret").create(json!({"metadata": {"name": name}, "stringData": data})).await;
    name
}

fn pinned(seen: &Seen) -> (&str, Vec<&str>) {
    let reference = seen.at("/status/resolvedSource/git/ref").as_object().unwrap();
    (seen.text("/status/resolvedSource/git/ref/commit"), reference.keys().map(String::as_str).collect())
}

#[rstest]
#[case::commit("commit")]
#[case::tag("tag")]
#[case::branch("branch")]
#[tokio::test]
async fn what_is_meant_of_a_repository_is_pinned_to_a_commit(#[case] what: &str) {
    if !all_installed(&["git"]) {
        return;
    }
    let Some(place) = Place::new(&format!("git-{what}")).await else { return };
    let git = Git::start();
    let reference = match what {
        "commit" => json!({"commit": git.commit}),
        "tag" => json!({"tag": "v1"}),
        _ => json!({"branch": "main"}),
    };
    let secret = know_kim(&place).await;
    let web = place.create(place.spec_of(Which::Plain, git.source(&reference, &secret))).await;
    let seen = web.until_settled().await;
    assert_eq!(pinned(&seen), (git.commit.as_str(), vec!["commit"]), "{seen}");
    assert!(place.objects("v1/ConfigMap").has("root").await);
    assert!(!place.everything_said().await.contains(PASSWORD));
}

#[tokio::test]
async fn a_bundle_may_be_in_a_directory_of_a_repository() {
    if !all_installed(&["git"]) {
        return;
    }
    let Some(place) = Place::anywhere("git-directory").await else { return };
    let git = Git::start();
    let secret = know_kim(&place).await;
    let mut source = git.source(&json!({"branch": "main"}), &secret);
    source["git"]["directory"] = "./dev/deploy".into();
    let web = place.create(place.spec_of(Which::Plain, source)).await;
    web.until_settled().await;
    let maps = place.objects("v1/ConfigMap");
    assert!(maps.has("deploy").await && !maps.has("root").await);
}

#[tokio::test]
async fn a_repository_that_lets_only_some_in_is_fetched_with_their_password() {
    if !all_installed(&["git"]) {
        return;
    }
    let Some(place) = Place::anywhere("git-https").await else { return };
    let git = Git::start();
    let secret = format!("{}-git", place.name());
    let web = place.create(place.spec_of(Which::Plain, git.source(&json!({"tag": "v1"}), &secret))).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains(&format!("get secret rukpak-system/{secret}")), "{seen}");
    know_kim(&place).await;
    web.until_settled().await;
    assert!(git.server.requests().iter().any(|request| request.authorization.is_some()));
    place.until_warned("InsecureSource").await;
}

#[tokio::test]
async fn a_repository_behind_ssh_is_fetched_with_a_key() {
    if !all_installed(&["git", "ssh", "sshd", "ssh-keygen"]) {
        return;
    }
    let Some(place) = Place::new("git-ssh").await else { return };
    let git = Git::start();
    let ssh = SshServer::start().unwrap();
    let name = format!("{}-ssh", place.name());
    let data = json!({"ssh-privatekey": ssh.user_key()});
    place.system("v1/Secret").create(json!({"metadata": {"name": name}, "stringData": data})).await;
    let auth = json!({"secret": {"name": name}, "insecureSkipVerify": true});
    let source =
        json!({"repository": ssh.url(&git.repository.path()), "ref": {"branch": "main"}, "auth": auth});
    let web = place.create(place.spec_of(Which::Plain, json!({"type": "git", "git": source}))).await;
    let seen = web.until_settled().await;
    assert_eq!(pinned(&seen).0, git.commit);
    place.until_warned("InsecureSource").await;
    // The host key is part of who one talks to: where it is known, it counts.
    let known = json!({"stringData": {"ssh-knownhosts": ssh.known_hosts()}});
    place.system("v1/Secret").change(&name, known).await;
    web.respec(json!({"source": {"git": {"auth": {"insecureSkipVerify": false}, "ref": {"branch": null, "tag": "v1"}}}})).await;
    web.until_settled().await;
    let key = ssh.user_key().lines().nth(1).unwrap();
    assert!(!place.everything_said().await.contains(key));
}

/// While it is paused, too, it is looked at what the spec points to by now; what runs is what it was.
#[tokio::test]
async fn a_paused_one_that_points_elsewhere_is_not_what_it_was() {
    if !all_installed(&["git"]) {
        return;
    }
    let Some(place) = Place::new("git-paused").await else { return };
    let git = Git::start();
    let secret = know_kim(&place).await;
    let source = git.source(&json!({"branch": "main"}), &secret);
    let web = place.create(place.spec_of(Which::Plain, source)).await;
    let before = web.until_settled().await;
    let other = git.server.url("/other.git");
    web.respec(json!({"paused": true, "source": {"git": {"repository": other}}})).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert_eq!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
    assert_eq!(
        (seen.says("Installed"), seen.generation_of("Installed")),
        (before.says("Installed"), Some(1))
    );
}
