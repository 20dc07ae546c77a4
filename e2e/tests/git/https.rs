//! Passwords and certificates.

use e2e::git::{Behaviour, Certificate, HttpServer, Options, Repository};

use super::*;

struct Https {
    repository: Repository,
    certificate: Certificate,
    server: HttpServer,
}

impl Https {
    fn start(behaviour: Behaviour) -> Self {
        let mut repository = Repository::new().unwrap();
        repository.commit("main", &[("file", b"1")]).unwrap();
        let certificate = Certificate::new().unwrap();
        let options = Options {
            credentials: Some(format!("kim:{PASSWORD}")),
            certificate: Some(certificate.clone()),
            behaviour,
            is_old: false,
        };
        let server = HttpServer::start(repository.root(), options).unwrap();
        Self { repository, certificate, server }
    }

    /// Another server of the same repository and certificate that lets everyone in.
    fn open(&self, behaviour: Behaviour) -> HttpServer {
        let certificate = Some(self.certificate.clone());
        let options = Options { certificate, behaviour, ..Options::default() };
        HttpServer::start(self.repository.root(), options).unwrap()
    }

    /// Who trusts another server, too.
    fn kim_trusting(&self, other: &Self) -> Call {
        let both = [self.certificate.authority(), other.certificate.authority()].concat();
        Call::new(kim(PASSWORD, &both))
    }

    fn source(&self) -> GitSource {
        source(self.server.url(REPOSITORY), branch("main"))
    }

    fn kim(&self, password: &str) -> Call {
        Call::new(kim(password, self.certificate.authority()))
    }
}

#[tokio::test]
async fn the_right_password() {
    if !all_installed(&["git"]) {
        return;
    }
    let https = Https::start(Behaviour::Serve);
    for host in ["127.0.0.1", "localhost"] {
        let source = source(https.server.url_of(host, REPOSITORY), branch("main"));
        let tree = https.kim(PASSWORD).get(&source).await.unwrap();
        assert_eq!(files(&tree), [("file", "1")]);
    }
    assert!(https.server.requests().iter().any(|request| request.authorization.is_some()));
}

#[tokio::test]
async fn a_password_of_odd_characters() {
    if !all_installed(&["git"]) {
        return;
    }
    let password = "a b\t'\"$(id)`%0a\\ö=;#:@/";
    let https = Https::start(Behaviour::Serve);
    let options = Options {
        credentials: Some(format!("kim:{password}")),
        certificate: Some(https.certificate.clone()),
        ..Options::default()
    };
    let server = HttpServer::start(https.repository.root(), options).unwrap();
    let source = source(server.url(REPOSITORY), branch("main"));
    assert!(https.kim(password).get(&source).await.is_ok());
}

#[tokio::test]
async fn a_wrong_password_and_none() {
    if !all_installed(&["git"]) {
        return;
    }
    let https = Https::start(Behaviour::Serve);
    let anonymous = Access { basic: None, ..https.kim("").access };
    for call in [https.kim("hunter2-hunter2 "), Call::new(anonymous)] {
        let refusal = call.refused(&https.source()).await;
        assert!(matches!(refusal.error, GitError::Authentication { .. }), "{}", refusal.text);
        assert!(!refusal.error.is_permanent());
    }
}

#[tokio::test]
async fn a_password_does_not_go_over_http() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[("file", b"1")]).unwrap();
    let server = HttpServer::start(repository.root(), Options::default()).unwrap();
    let url = server.url(REPOSITORY);
    let refusal = Call::new(kim(PASSWORD, "")).refused(&source(&url, branch("main"))).await;
    let text = format!("cannot log in to {url}: a password must not go over http, expected https or ssh");
    assert_eq!(refusal.text, text);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_another_host_does_not_carry_the_password() {
    if !all_installed(&["git"]) {
        return;
    }
    let wanting = Https::start(Behaviour::Serve);
    let open = wanting.open(Behaviour::Serve);
    // Another port of the same name is another host, too.
    for host in ["127.0.0.1", "localhost"] {
        let [to_wanting, to_open] =
            [&wanting.server, &open].map(|to| Behaviour::Redirect { to: to.url_of(host, "") });

        // One that wants the same password does not get it, neither when it was sent before nor when it was not.
        let from = Https::start(to_wanting.clone());
        let refusal = from.kim_trusting(&wanting).refused(&from.source()).await;
        assert!(matches!(refusal.error, GitError::Authentication { .. }), "{}", refusal.text);
        assert!(from.server.requests().iter().any(|request| request.authorization.is_some()));
        let from_open = from.open(to_wanting);
        let refusal =
            from.kim_trusting(&wanting).refused(&source(from_open.url(REPOSITORY), branch("main"))).await;
        assert!(matches!(refusal.error, GitError::Authentication { .. }), "{}", refusal.text);

        // One that wants none does not get it either, and is of use.
        let from = Https::start(to_open);
        let tree = from.kim_trusting(&wanting).get(&from.source()).await.unwrap();
        assert_eq!(files(&tree), [("file", "1")]);
        assert!(from.server.requests().iter().any(|request| request.authorization.is_some()));
    }
    for server in [&wanting.server, &open] {
        let requests = server.requests();
        assert!(!requests.is_empty());
        assert!(requests.iter().all(|request| request.authorization.is_none()), "{requests:?}");
    }
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_refused() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[("file", b"1")]).unwrap();
    let plain = HttpServer::start(repository.root(), Options::default()).unwrap();
    let from = Https::start(Behaviour::Redirect { to: plain.url("") });
    let refusal = from.kim(PASSWORD).refused(&from.source()).await;
    assert!(matches!(refusal.error, GitError::Fetch { .. }), "{}", refusal.text);
    assert_eq!(plain.connections(), 0);
}

#[tokio::test]
async fn a_server_that_repeats_the_password() {
    if !all_installed(&["git"]) {
        return;
    }
    let message = format!("you sent {{authorization}}, that is {PASSWORD}, in \x1b[31mred");
    let https = Https::start(Behaviour::Fail { message });
    let refusal = https.kim(PASSWORD).refused(&https.source()).await;
    let expected = "you sent Basic <redacted>, that is <redacted>, in ?[31mred";
    assert!(refusal.text.contains(expected), "{}", refusal.text);
}

#[tokio::test]
async fn certificates() {
    if !all_installed(&["git"]) {
        return;
    }
    let https = Https::start(Behaviour::Serve);
    let other = Certificate::new().unwrap();
    let without = Access { certificates: None, ..https.kim(PASSWORD).access };
    for access in [kim(PASSWORD, other.authority()), without.clone()] {
        let refusal = Call::new(access).refused(&https.source()).await;
        assert!(matches!(refusal.error, GitError::Certificate { .. }), "{}", refusal.text);
    }
    assert!(https.server.requests().is_empty());

    let trusting = Access { insecure_skip_verify: true, ..without };
    assert!(Call::new(trusting).get(&https.source()).await.is_ok());

    let refusal = https.kim(PASSWORD);
    let refusal = Call::new(Access { certificates: Some("ca.crt".to_owned()), ..refusal.access });
    let text = refusal.refused(&https.source()).await.text;
    assert!(text.ends_with("the given certificates hold none in PEM"), "{text}");
}
