//! Help, versions and wrong usage.

use insta::assert_snapshot;
use rstest::rstest;

use super::{Run, rukpakctl, run};

#[rstest]
#[case::no_command("no_command", &[])]
#[case::unknown_command("unknown_command", &["rendr", "bundle"])]
#[case::no_source("no_source", &["render"])]
#[case::unknown_flag("unknown_flag", &["render", "bundle", "--namespace", "x"])]
#[case::unknown_output("unknown_output", &["render", "bundle", "-o", "xml"])]
#[case::unknown_provider("unknown_provider", &["render", "bundle", "--cert-provider", "vault"])]
#[case::invalid_namespace("invalid_namespace", &["render", "bundle", "--install-namespace", "Not_A_Label"])]
#[case::invalid_watch_namespace("invalid_watch_namespace", &["render", "bundle", "--watch-namespace", "a.b"])]
#[case::invalid_boolean("invalid_boolean", &["validate", "bundle", "--strict=maybe"])]
#[case::boolean_is_no_argument("boolean_is_no_argument", &["validate", "--strict", "false", "bundle"])]
#[case::invalid_reference("invalid_reference", &["render", "docker://example.com/Bundle"])]
#[case::a_password("a_password", &["render", "docker://kim:hunter2@example.com/bundle"])]
#[case::push_to_a_digest("push_to_a_digest", &["push", "bundle", "example.com/a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"])]
#[case::pull_to_a_registry("pull_to_a_registry", &["pull", "bundle", "--to", "docker://example.com/a"])]
#[case::pull_to_nothing("pull_to_nothing", &["pull", "bundle", "--to", "oci:"])]
#[case::pull_to_no_name("pull_to_no_name", &["pull", "bundle", "--to", "docker-archive:x.tar:example.com/UPPER:y"])]
#[case::pull_to_no_tag("pull_to_no_tag", &["pull", "bundle", "--to", "oci:layout:a b"])]
#[case::no_path("no_path", &["render", "oci:"])]
#[case::pull_to_standard_output("pull_to_standard_output", &["pull", "bundle", "--to", "-"])]
#[case::unpack_to_standard_output("unpack_to_standard_output", &["unpack", "bundle", "--to", "-"])]
#[case::unpack_to_nothing("unpack_to_nothing", &["unpack", "bundle", "--to", ""])]
#[case::unknown_goal("unknown_goal", &["wait", "web", "--for", "soon"])]
#[case::unknown_kind("unknown_kind", &["get", "pod/web"])]
#[case::a_deployment_for_apply("a_deployment_for_apply", &["apply", "bd/web", "bundle"])]
#[case::an_inventory_for_run("an_inventory_for_run", &["run", "inventory/web", "bundle"])]
#[case::no_object_name("no_object_name", &["tree", "bd/Web"])]
#[case::a_long_name("a_long_name", &["run", "a-name-of-53-characters-which-is-one-more-than-it-has", "bundle"])]
#[case::a_token_by_http("a_token_by_http", &["content", "web", "--url", "http://example.com/web.tgz"])]
#[case::content_to_nowhere("content_to_nowhere", &["content", "web", "--to", ""])]
#[case::run_with_a_digest("run_with_a_digest", &["run", "web", "bundle", "--push", "example.com/a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"])]
#[case::invalid_version("invalid_version", &["render", "bundle", "--kube-version", "latest"])]
fn wrong_usage(#[case] name: &str, #[case] args: &[&str]) {
    let Run { code, stdout, stderr } = run(&mut rukpakctl(args.iter().copied()));
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    assert_snapshot!(name, stderr);
}

#[test]
fn help_goes_to_standard_output() {
    let Run { code, stdout, stderr } = run(&mut rukpakctl(["--help"]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("Exit codes:"), "{stdout}");
}

#[test]
fn version() {
    let Run { code, stdout, .. } = run(&mut rukpakctl(["--version"]));
    assert_eq!((code, stdout), (Some(0), format!("rukpakctl {}\n", env!("CARGO_PKG_VERSION"))));
}

#[rstest]
#[case(&["--strict"], 1)]
#[case(&["--strict=true"], 1)]
#[case(&["--strict=false"], 0)]
#[case(&[], 0)]
fn booleans_have_three_forms(#[case] flags: &[&str], #[case] code: i32) {
    let args = ["validate", "crates/rukpakctl/tests/cases/warning/bundle"].iter().chain(flags);
    assert_eq!(run(&mut rukpakctl(args.copied())).code, Some(code));
}

#[rstest]
#[case("bash")]
#[case("elvish")]
#[case("fish")]
#[case("powershell")]
#[case("zsh")]
fn completion_scripts_know_the_flags(#[case] shell: &str) {
    let Run { code, stdout, stderr } = run(&mut rukpakctl(["completion", shell]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("install-namespace"), "{stdout}");
}

#[test]
fn colours_are_for_terminals() {
    let plain = run(&mut rukpakctl(["render", "nowhere"]));
    assert!(!plain.stderr.contains('\u{1b}'), "{}", plain.stderr);
    let forced = run(rukpakctl(["render", "nowhere"]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.stderr.contains('\u{1b}'), "{}", forced.stderr);
    let refused = run(rukpakctl(["render", "nowhere"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
    assert_eq!(refused.stderr, plain.stderr);
}
