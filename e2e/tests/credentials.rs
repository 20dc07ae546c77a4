//! Nothing of a credential is seen: not in what is printed, not in the cache, not where a server sends it back.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::faults::Times::Always;
use e2e::faults::{Fault, Faults, error, guarded, instead};
use e2e::image::Image;
use e2e::process::{Host, Run, VARIES, below, run};
use e2e::programs;
use e2e::server::Response;
use rstest::rstest;

/// Texts that stand nowhere by chance.
const PASSWORD: &str = "hunter2\"correct&horse";
const IDENTITY: &str = "identity-battery&staple";
const BEARER: &str = "bearer-battery-staple";
const SESAME: &str = "open-sesame-battery";

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// How someone shows who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `auth`, to the registry itself.
    Auth,
    /// `username` and `password`.
    Password,
    /// A password, to a token server.
    Token,
    /// `identitytoken`, to a token server.
    Identity,
    /// `registrytoken`.
    Bearer,
    /// From a credential helper.
    Helper,
}

/// Every form in which a secret may be seen.
fn secrets() -> Vec<String> {
    let json = serde_json::to_string(PASSWORD).unwrap();
    let mut secrets =
        [PASSWORD, json.trim_matches('"'), IDENTITY, BEARER, SESAME].map(str::to_owned).to_vec();
    secrets.push(STANDARD.encode(format!("kim:{PASSWORD}")));
    secrets.push(STANDARD.encode(PASSWORD));
    secrets.extend([PASSWORD, IDENTITY].map(|secret| {
        let escaped = secret.replace('"', "%22").replace('&', "%26");
        assert_ne!(escaped, secret);
        escaped
    }));
    // As it stands in the path of a URL.
    secrets.push(PASSWORD.replace('"', "%22"));
    secrets
}

/// Says what was shown, headers and bodies, to those who show something.
fn echo(status: u16) -> Fault {
    Arc::new(move |request, response| {
        if response.status == 401 || request.method == "HEAD" {
            return response;
        }
        let shown = request.header("authorization").unwrap_or("nothing");
        let body = String::from_utf8_lossy(&request.body);
        error(status, "DENIED", &format!("you said {shown} and {body} for {}", request.target))
    })
}

struct Place {
    host: Host,
    faults: Faults,
    form: Form,
    /// The image by its digest: nothing is asked before its manifest.
    pinned: String,
}

impl Place {
    fn new(form: Form) -> Self {
        let image = Image::of_files(&[("manifests/a.yaml", CONFIG_MAP)]);
        let faults = Faults::serving(&image);
        let pinned = faults.image(&format!("bundle@{}", image.digest()));
        let basic = format!("Basic {}", STANDARD.encode(format!("kim:{PASSWORD}")));
        let bearer = format!("Bearer {}", if form == Form::Bearer { BEARER } else { SESAME });
        let challenge = match form {
            Form::Auth | Form::Password | Form::Helper => "Basic realm=\"e2e\"".to_owned(),
            Form::Token | Form::Identity | Form::Bearer => {
                format!("Bearer realm=\"{}\",service=\"e2e\"", faults.server().url("/token"))
            }
        };
        faults.on("", "/v2/", Always, guarded(&[&basic, &bearer], challenge));
        let token = format!("{{\"token\":\"{SESAME}\"}}");
        faults.on("", "/token", Always, instead(Response::new(200, token.into_bytes())));
        let place = Self { host: Host::new(), faults, form, pinned };
        place.write_configuration();
        place
    }

    fn write_configuration(&self) {
        let Self { host, faults, form, pinned: _ } = self;
        let registry = faults.server().host();
        let auth = STANDARD.encode(format!("kim:{PASSWORD}"));
        let entry = match form {
            Form::Auth | Form::Token => serde_json::json!({ "auth": auth }),
            Form::Password => serde_json::json!({ "username": "kim", "password": PASSWORD }),
            Form::Identity => serde_json::json!({ "identitytoken": IDENTITY }),
            Form::Bearer => serde_json::json!({ "registrytoken": BEARER }),
            Form::Helper => serde_json::Value::Null,
        };
        let mut config = serde_json::json!({ "auths": { &registry: entry } });
        if *form == Form::Helper {
            config = serde_json::json!({ "credHelpers": { &registry: "e2e" } });
            let answer = serde_json::json!({ "Username": "kim", "Secret": PASSWORD });
            let script = format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n");
            let helper = host.write("../home/bin/docker-credential-e2e", script);
            fs::set_permissions(helper, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let _ = host.write("../home/.docker/config.json", config.to_string());
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.host.rukpakctl(arguments);
        let path = std::env::var_os("PATH").unwrap();
        let folders = std::env::split_paths(&path).chain([self.host.home().join("bin")]);
        command.env("PATH", std::env::join_paths(folders).unwrap());
        run(command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full"))
    }

    /// Runs all commands that speak to a registry, and looks everywhere for secrets.
    fn run_all(&self) -> Vec<Run> {
        let reference = self.faults.image("bundle:v1");
        let bundle = programs::root().join("examples/bundles/hello-operator");
        let bundle = bundle.to_str().unwrap();
        let push = self.faults.image("bundle:v2");
        let runs = [
            self.run(&["unpack", &reference, "--to", "out"]),
            self.run(&["render", "--format", "plain", &self.pinned]),
            self.run(&["pull", &reference, "--to", "oci:layout"]),
            self.run(&["push", bundle, &push]),
        ];
        for Run { stdout, stderr, .. } in &runs {
            for secret in secrets() {
                assert!(!stdout.contains(&secret) && !stderr.contains(&secret), "{secret}: {stdout}{stderr}");
            }
        }
        for place in [self.host.cache(), self.host.path(""), self.host.path("../temporary")] {
            assert_holds_no_secret(&place);
        }
        assert_eq!(self.host.leftovers(), Vec::<&Path>::new());
        runs.to_vec()
    }
}

fn assert_holds_no_secret(directory: &Path) {
    for path in below(directory) {
        let name = path.to_str().unwrap().as_bytes().to_vec();
        let content = if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        for secret in secrets() {
            let secret = secret.as_bytes();
            let has = |text: &[u8]| text.windows(secret.len()).any(|window| window == secret);
            assert!(!has(&name) && !has(&content), "{}", path.display());
        }
    }
}

#[rstest]
fn nothing_is_seen_where_all_is_well(
    #[values(Form::Auth, Form::Password, Form::Token, Form::Identity, Form::Bearer, Form::Helper)] form: Form,
) {
    let place = Place::new(form);
    let runs = place.run_all();
    // The registry takes nothing in.
    let codes: Vec<_> = runs.iter().map(|run| run.code).collect();
    assert_eq!(codes, [Some(0), Some(0), Some(0), Some(1)], "{runs:#?}");
}

/// A server that says what it was told.
#[rstest]
fn nothing_is_seen_where_a_server_repeats_it(
    #[values(Form::Auth, Form::Password, Form::Token, Form::Identity, Form::Bearer, Form::Helper)] form: Form,
    #[values(401, 403, 404)] status: u16,
    #[values("/v2/bundle/", "/blobs/", "/token")] path: &str,
) {
    let place = Place::new(form);
    place.faults.on("", path, Always, echo(status));
    let runs = place.run_all();
    let is_asked = path != "/token" || matches!(form, Form::Token | Form::Identity);
    if is_asked {
        assert_eq!(runs[0].code, Some(1), "{runs:#?}");
    }
}

/// A server that sends us on to what it was told, or has us uploading there: its own path, where nobody listens, a name of no host. What is
/// wrong there is told without that.
#[rstest]
#[case::own_path("/{}")]
#[case::another_server("http://127.0.0.1:1/{}")]
#[case::host("http://{}.invalid/")]
#[case::no_url("ftp://127.0.0.1/{}")]
fn nothing_is_seen_where_a_server_sends_us_to_it(
    #[values(Form::Auth, Form::Password, Form::Token, Form::Identity, Form::Bearer, Form::Helper)] form: Form,
    #[case] target: &'static str,
    #[values("/v2/bundle/", "/blobs/", "/token")] path: &str,
) {
    let place = Place::new(form);
    let sent_on: Fault = Arc::new(move |request, response| {
        let body = String::from_utf8_lossy(&request.body);
        let shown = request.header("authorization").and_then(|shown| shown.split_once(' '));
        let (_, shown) = shown.unwrap_or(("", &body));
        let password = STANDARD.decode(shown).ok().and_then(|basic| String::from_utf8(basic).ok());
        let password = password.and_then(|basic| Some(basic.split_once(':')?.1.to_owned()));
        let is_upload = request.path().ends_with("/uploads/");
        if response.status == 401 || !(is_upload || matches!(request.method.as_str(), "GET" | "HEAD")) {
            return response;
        }
        let told = [shown, &password.unwrap_or_default()].join("/");
        let told = if target.starts_with("http://{}") { told.replace(['/', '='], ".") } else { told };
        Response::redirect(if is_upload { 202 } else { 307 }, &target.replace("{}", &told))
    });
    place.faults.on("", path, Always, sent_on);
    place.run_all();
}

/// What is said instead. A token is as secret when it is refused, and has never been good.
#[rstest]
#[case::password("repeated_password", Form::Auth, "/v2/bundle/", 403)]
#[case::token("repeated_token", Form::Token, "/v2/bundle/", 403)]
#[case::token_as_unknown("repeated_token", Form::Token, "/v2/bundle/", 401)]
#[case::token_when_busy("repeated_when_busy", Form::Token, "/v2/bundle/", 500)]
#[case::identity("repeated_identity_token", Form::Identity, "/token", 403)]
#[case::bearer("repeated_bearer", Form::Bearer, "/v2/bundle/", 403)]
fn a_secret_is_struck_out(#[case] name: &str, #[case] form: Form, #[case] path: &str, #[case] status: u16) {
    let place = Place::new(form);
    place.faults.on("", path, Always, echo(status));
    let text = place.run(&["render", "-q", &place.pinned]).refused();
    insta::with_settings!({ filters => VARIES }, { insta::assert_snapshot!(name, text) });
}

/// A helper that fails and says too much.
#[test]
fn what_a_helper_says_is_not_repeated() {
    let place = Place::new(Form::Helper);
    let answer = serde_json::json!({ "Username": "kim", "Secret": PASSWORD });
    let script = format!("#!/bin/sh\necho '{answer}'\necho '{answer}' >&2\nexit 1\n");
    let _ = place.host.write("../home/bin/docker-credential-e2e", script);
    let text = place.run(&["render", &place.faults.image("bundle:v1")]).refused();
    insta::with_settings!({ filters => VARIES }, { insta::assert_snapshot!("helper", text) });
    place.run_all();
}

/// A configuration that is broken around a secret.
#[rstest]
#[case::not_json("broken_json", format!("{{\"auths\":{{\"x\":{{\"auth\":\"{PASSWORD}"))]
#[case::not_base64("broken_base64", format!("{{\"auths\":{{\"x\":{{\"auth\":\"{BEARER}!\"}}}}}}"))]
#[case::no_text("broken_type", format!("{{\"auths\":{{\"x\":{{\"password\":[\"{BEARER}\"]}}}}}}"))]
#[case::no_object("broken_entry", format!("{{\"auths\":{{\"x\":\"{BEARER}\"}}}}"))]
fn a_configuration_that_is_broken(#[case] name: &str, #[case] config: String) {
    let place = Place::new(Form::Auth);
    let _ = place.host.write("../home/.docker/config.json", config);
    let text = place.run(&["render", &place.faults.image("bundle:v1")]).refused();
    insta::with_settings!({ filters => VARIES }, { insta::assert_snapshot!(name, text) });
    place.run_all();
}

/// Where the cache lies only its owner may look: what is there may have taken credentials to get.
#[test]
fn the_cache_is_for_its_owner_alone() {
    let place = Place::new(Form::Auth);
    place.run(&["unpack", &place.faults.image("bundle:v1"), "--to", "out"]).ok();
    let mode = fs::metadata(place.host.cache()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
