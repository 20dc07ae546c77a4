//! A registry that wants a name and a password (`htpasswd`): where they may stand.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::process::{Host, run};
use e2e::registry::{Options, PASSWORD, Registry};
use rstest::rstest;

use super::{assert_says, bundle};

fn guarded() -> Option<Registry> {
    Registry::start(&Options { has_users: true, ..Options::default() })
}

/// A configuration with the password of `kim`.
fn configuration(registry: &Registry, password: &str) -> String {
    let auth = STANDARD.encode(format!("kim:{password}"));
    format!(r#"{{ "auths": {{ "{}": {{ "auth": "{auth}" }} }} }}"#, registry.host())
}

/// Says to a command where its credentials are.
type Tell = fn(&Host, &Registry, &mut Command);

fn authfile(host: &Host, registry: &Registry, command: &mut Command) {
    command.args(["--authfile", &host.write("auth.json", configuration(registry, PASSWORD))]);
}

fn registry_auth_file(host: &Host, registry: &Registry, command: &mut Command) {
    command.env("REGISTRY_AUTH_FILE", host.write("auth.json", configuration(registry, PASSWORD)));
}

fn docker_config(host: &Host, registry: &Registry, command: &mut Command) {
    let _ = host.write("docker/config.json", configuration(registry, PASSWORD));
    command.env("DOCKER_CONFIG", host.path("docker"));
}

fn docker_home(host: &Host, registry: &Registry, _: &mut Command) {
    let _ = host.write("../home/.docker/config.json", configuration(registry, PASSWORD));
}

fn containers_runtime(host: &Host, registry: &Registry, command: &mut Command) {
    let _ = host.write("run/containers/auth.json", configuration(registry, PASSWORD));
    command.env("XDG_RUNTIME_DIR", host.path("run"));
}

fn containers_home(host: &Host, registry: &Registry, _: &mut Command) {
    let _ = host.write("../home/.config/containers/auth.json", configuration(registry, PASSWORD));
}

fn user_and_password(host: &Host, registry: &Registry, command: &mut Command) {
    let entry = format!(r#"{{ "username": "kim", "password": "{PASSWORD}" }}"#);
    let config = format!(r#"{{ "auths": {{ "http://{}/v2/": {entry} }} }}"#, registry.host());
    command.args(["--authfile", &host.write("auth.json", config)]);
}

fn with_path(host: &Host, command: &mut Command) {
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::split_paths(&path).chain([host.path("bin")]);
    command.env("PATH", std::env::join_paths(folders).unwrap());
}

/// A credential helper that knows one registry.
fn write_helper(host: &Host, registry: &Registry) {
    let script = format!(
        "#!/bin/sh\nread -r server\n[ \"$1 $server\" = \"get {}\" ] || exit 1\n\
         echo '{{\"ServerURL\":\"x\",\"Username\":\"kim\",\"Secret\":\"{PASSWORD}\"}}'\n",
        registry.host()
    );
    let path = host.write("bin/docker-credential-e2e", script);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn helper(host: &Host, registry: &Registry, command: &mut Command) {
    write_helper(host, registry);
    with_path(host, command);
    let config = format!(r#"{{ "credHelpers": {{ "{}": "e2e" }} }}"#, registry.host());
    command.args(["--authfile", &host.write("auth.json", config)]);
}

fn store(host: &Host, registry: &Registry, command: &mut Command) {
    write_helper(host, registry);
    with_path(host, command);
    let _ = host.write("../home/.docker/config.json", r#"{ "credsStore": "e2e" }"#);
}

/// The first of two entries that match is wrong: the second one is tried.
fn second_entry(host: &Host, registry: &Registry, command: &mut Command) {
    let (wrong, right) = (STANDARD.encode("kim:wrong"), STANDARD.encode(format!("kim:{PASSWORD}")));
    let host_of = registry.host();
    let config = format!(
        r#"{{ "auths": {{ "{host_of}/bundle": {{ "auth": "{wrong}" }}, "{host_of}": {{ "auth": "{right}" }} }} }}"#
    );
    command.args(["--authfile", &host.write("auth.json", config)]);
}

#[rstest]
#[case::authfile(authfile)]
#[case::registry_auth_file(registry_auth_file)]
#[case::docker_config(docker_config)]
#[case::docker_home(docker_home)]
#[case::containers_runtime(containers_runtime)]
#[case::containers_home(containers_home)]
#[case::user_and_password(user_and_password)]
#[case::helper(helper)]
#[case::store(store)]
#[case::second_entry(second_entry)]
fn credentials_are_found(#[case] tell: Tell) {
    let (host, Some(registry)) = (Host::new(), guarded()) else { return };
    let reference = registry.image("bundle:v1");
    let told = |arguments: &[&str]| {
        let mut command = host.rukpakctl(arguments);
        tell(&host, &registry, &mut command);
        run(&mut command)
    };
    told(&["push", &bundle(), &reference]).ok();
    assert_eq!(told(&["render", "-q", &reference]).ok(), host.run(["render", "-q", &bundle()]).ok());
}

#[rstest]
#[case::render("anonymous", &["render", "{}"])]
#[case::push("anonymous", &["push", "{bundle}", "{}"])]
#[case::pull("anonymous", &["pull", "{}", "--to", "oci:layout"])]
fn nobody_is_let_in_without_credentials(#[case] name: &str, #[case] command: &[&str]) {
    let (host, Some(registry)) = (Host::new(), guarded()) else { return };
    let (reference, bundle) = (registry.image("bundle:v1"), bundle());
    let fill = |argument: &&str| argument.replace("{}", &reference).replace("{bundle}", &bundle);
    let text = host.run(command.iter().map(fill)).refused();
    assert_says(name, &text);
    assert!(!host.path("layout").exists());
}

#[rstest]
#[case::render(&["render", "{}"])]
#[case::push(&["push", "{bundle}", "{}"])]
fn a_wrong_password_is_refused_and_not_printed(#[case] command: &[&str]) {
    let (host, Some(registry)) = (Host::new(), guarded()) else { return };
    let file = host.write("auth.json", configuration(&registry, "wrong-hunter"));
    let (reference, bundle) = (registry.image("bundle:v1"), bundle());
    let fill = |argument: &&str| argument.replace("{}", &reference).replace("{bundle}", &bundle);
    let arguments = command.iter().map(fill).chain(["--authfile".to_owned(), file]);
    let text = host.run(arguments).refused();
    assert!(!text.contains("wrong-hunter"), "{text}");
    assert_says("a_wrong_password", &text);
}

/// Who was let in once is not let in to another registry.
#[test]
fn credentials_of_another_registry_are_not_shown() {
    let (host, Some(registry)) = (Host::new(), guarded()) else { return };
    let config = configuration(&registry, PASSWORD).replace(registry.host(), "registry.example.com");
    let file = host.write("auth.json", config);
    let text = host.run(["render", &registry.image("bundle:v1"), "--authfile", &file]).refused();
    assert_says("anonymous", &text);
}
