use std::collections::HashMap;
use std::fs;

use insta::assert_snapshot;
use rstest::rstest;

use super::*;
use crate::Credentials;
use crate::keyring::tests::{basic, chain, reference};

/// A home, and the variables that point into it.
struct Home {
    directory: tempfile::TempDir,
    variables: HashMap<String, OsString>,
}

impl Home {
    fn new(variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |value: &str| match value {
            "" => OsString::new(),
            value => directory.path().join(value).into_os_string(),
        };
        let variables = variables.iter().map(|(name, value)| ((*name).into(), path(value))).collect();
        Self { directory, variables }
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A file whose entry for e.com has the file's own path as user.
    fn auths(&self, path: &str) {
        let entry = format!(r#"{{"e.com": {{"username": "{path}", "password": "x"}}}}"#);
        let is_legacy = path.ends_with(".dockercfg");
        self.write(path, if is_legacy { entry } else { format!(r#"{{"auths": {entry}}}"#) });
    }

    fn read(&self, authfile: Option<&str>) -> Result<Vec<Credentials>, String> {
        let authfile = authfile.map(|file| self.directory.path().join(file));
        let env = |name: &str| self.variables.get(name).cloned();
        let keyring = Keyring::from_environment(env, authfile.as_deref());
        let found = keyring.map(|keyring| keyring.lookup(&reference("e.com/a")));
        let directory = self.directory.path().to_str().unwrap();
        found.map_err(|error| chain(&error).replace(directory, "HOME"))
    }

    fn users(&self, authfile: Option<&str>) -> Vec<String> {
        let users = self.read(authfile).unwrap().into_iter().map(|credentials| match credentials {
            Credentials::Basic(basic) => basic.username,
            other => panic!("{other:?}"),
        });
        users.collect()
    }
}

const FILES: [&str; 8] = [
    "run/containers/auth.json",
    "xdg/containers/auth.json",
    ".config/containers/auth.json",
    "docker/config.json",
    ".docker/config.json",
    ".dockercfg",
    "variable.json",
    "flag.json",
];

#[rstest]
#[case::home(&[("HOME", ".")], None, &[2, 4, 5])]
#[case::every_directory(
    &[("HOME", "."), ("XDG_RUNTIME_DIR", "run"), ("XDG_CONFIG_HOME", "xdg"), ("DOCKER_CONFIG", "docker")],
    None,
    &[0, 1, 3, 5]
)]
#[case::no_home(&[("XDG_RUNTIME_DIR", "run"), ("DOCKER_CONFIG", "docker")], None, &[0, 3])]
#[case::nothing(&[], None, &[])]
#[case::empty_variables(
    &[("HOME", "."), ("XDG_CONFIG_HOME", ""), ("DOCKER_CONFIG", ""), ("REGISTRY_AUTH_FILE", "")],
    None,
    &[2, 4, 5]
)]
#[case::variable(&[("HOME", "."), ("REGISTRY_AUTH_FILE", "variable.json")], None, &[6])]
#[case::flag(&[("HOME", "."), ("REGISTRY_AUTH_FILE", "variable.json")], Some("flag.json"), &[7])]
#[case::elsewhere(&[("HOME", "nowhere"), ("XDG_RUNTIME_DIR", "nowhere")], None, &[])]
#[case::below_a_file(&[("HOME", "flag.json")], None, &[])]
fn order(#[case] variables: &[(&str, &str)], #[case] authfile: Option<&str>, #[case] expected: &[usize]) {
    let home = Home::new(variables);
    for file in FILES {
        home.auths(file);
    }
    let expected: Vec<&str> = expected.iter().map(|index| FILES[*index]).collect();
    assert_eq!(home.users(authfile), expected);
}

#[test]
fn a_more_specific_entry_wins_over_an_earlier_file() {
    let home = Home::new(&[("HOME", ".")]);
    home.auths(".config/containers/auth.json");
    home.write(".docker/config.json", r#"{"auths": {"e.com/a": {"username": "kim", "password": "x"}}}"#);
    assert_eq!(home.users(None), ["kim", ".config/containers/auth.json"]);
}

#[test]
fn a_blank_file_holds_nothing() {
    let home = Home::new(&[("HOME", ".")]);
    home.write(".docker/config.json", "");
    home.write("flag.json", " \n");
    assert_eq!((home.users(None), home.users(Some("flag.json"))), (vec![], vec![]));
}

#[test]
fn errors() {
    let variable = Home::new(&[("REGISTRY_AUTH_FILE", "variable.json")]);
    let home = || Home::new(&[("HOME", ".")]);

    let malformed = home();
    malformed.write(".dockercfg", r#"{"e.com": {"auth": "hunter2!"}}"#);
    let no_json = home();
    no_json.write(".config/containers/auth.json", "{\n  \"auths\": {hunter2\n");
    let directory = home();
    directory.write(".docker/config.json/x", "");
    let large = home();
    large.write("flag.json", vec![b' '; (4 << 20) + 1]);
    let helper = home();
    helper.write("flag.json", r#"{"credHelpers": {"e.com": "a b"}}"#);

    let errors = [
        variable.read(None),
        variable.read(Some("flag.json")),
        malformed.read(None),
        no_json.read(None),
        directory.read(None),
        large.read(Some("flag.json")),
        helper.read(Some("flag.json")),
    ];
    assert_snapshot!(errors.map(Result::unwrap_err).join("\n"));
}

#[test]
fn the_largest_file_is_read() {
    let home = Home::new(&[]);
    let mut content = br#"{"auths": {"e.com": {"username": "kim", "password": "x"}}}"#.to_vec();
    content.resize(4 << 20, b' ');
    home.write("flag.json", content);
    assert_eq!(home.read(Some("flag.json")), Ok(vec![basic("kim", "x")]));
}
