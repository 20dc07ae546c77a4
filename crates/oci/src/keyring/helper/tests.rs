use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rstest::rstest;

use crate::keyring::tests::{basic, chain, reference};
use crate::keyring::{HELPER_TIMEOUT, Keyring};
use crate::{Credentials, Secret};

/// A directory of helpers, which is `$PATH` but for what the scripts themselves need.
struct Helpers(tempfile::TempDir);

impl Helpers {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a script. Another process does it: were the file open for writing here while another test starts a program,
    /// that one would inherit it for a moment, and the script would be "busy".
    fn script(self, name: &str, body: &str) -> Self {
        let path = self.0.path().join(format!("docker-credential-{name}"));
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", r#"cat > "$0" && chmod +x "$0""#]).arg(path).stdin(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        write!(shell.stdin.take().unwrap(), "#!/bin/sh\ncd {:?}\n{body}\n", self.0.path()).unwrap();
        assert!(shell.wait().unwrap().success());
        self
    }

    fn keyring(&self, config: &str) -> Keyring {
        let file = self.0.path().join("config.json");
        fs::write(&file, config).unwrap();
        let path = format!("relative:{}:/usr/bin:/bin", self.0.path().display());
        let env = |name: &str| (name == "PATH").then(|| OsString::from(&path));
        Keyring::from_environment(env, Some(&file)).unwrap()
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.0.path().join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

async fn ask(keyring: &Keyring, image: &str, timeout: Duration) -> Result<Vec<Credentials>, String> {
    let found = keyring.credentials_within(&reference(image), timeout).await;
    found.map_err(|error| {
        let all = format!("{error:?} {keyring:?}");
        assert!(!all.contains("hunter2"), "{all}");
        chain(&error)
    })
}

const ANSWER: &str = r#"echo '{"ServerURL": "x", "Username": "kim", "Secret": "hunter2"}'"#;

#[rstest]
#[case::answer(ANSWER, vec![basic("kim", "hunter2")])]
#[case::token(
    r#"echo '{"Username": "<token>", "Secret": "hunter2"}'"#,
    vec![Credentials::Identity(Secret::new("hunter2"))]
)]
#[case::nothing_in_it(r#"echo '{"Username": "", "Secret": ""}'"#, vec![])]
#[case::not_found("echo credentials not found in native keychain; exit 1", vec![])]
#[case::not_found_on_stderr("echo credentials not found in native keychain >&2; exit 1", vec![])]
#[case::chatter(r#"echo warning >&2; echo '{"Username": "kim", "Secret": "hunter2"}'"#, vec![basic("kim", "hunter2")])]
#[case::much_chatter(
    r#"head -c 3000000 /dev/zero >&2; echo '{"Username": "kim", "Secret": "hunter2"}'"#,
    vec![basic("kim", "hunter2")]
)]
#[tokio::test]
async fn answers(#[case] body: &str, #[case] expected: Vec<Credentials>) {
    let helpers = Helpers::new().script("x", body);
    let keyring = helpers.keyring(r#"{"credHelpers": {"e.com": "x"}}"#);
    assert_eq!(ask(&keyring, "e.com/a", HELPER_TIMEOUT).await, Ok(expected));
    assert_eq!(ask(&keyring, "quay.io/a", HELPER_TIMEOUT).await, Ok(vec![]));
    assert_eq!(keyring.lookup(&reference("e.com/a")), []);
}

#[tokio::test]
async fn failures() {
    let stalled = Duration::from_millis(300);
    let cases = [
        ("echo no access to the keychain; exit 1", HELPER_TIMEOUT),
        ("printf 'first\\033[31m\\nsecond\\r\\n' >&2; echo third; exit 3", HELPER_TIMEOUT),
        ("exit 2", HELPER_TIMEOUT),
        ("kill -TERM $$", HELPER_TIMEOUT),
        (
            r#"echo '{"Username": "kim", "Secret": "hunter2"}'; echo used hunter2 for kim >&2; exit 1"#,
            HELPER_TIMEOUT,
        ),
        (r#"echo '{"Username": "kim", "Secret": "hunter2'; exit 1"#, HELPER_TIMEOUT),
        ("head -c 5000 /dev/zero | tr '\\0' x; exit 1", HELPER_TIMEOUT),
        ("echo hunter2", HELPER_TIMEOUT),
        (r#"echo '{"Username": "kim", "Secret": 22}'"#, HELPER_TIMEOUT),
        ("", HELPER_TIMEOUT),
        ("yes hunter2 | head -c 3000000", HELPER_TIMEOUT),
        ("sleep 60", stalled),
    ];
    let mut errors = vec![];
    for (body, timeout) in cases {
        let keyring = Helpers::new().script("x", body);
        let keyring = (keyring.keyring(r#"{"credsStore": "x"}"#), keyring);
        errors.push(format!("{body}\n    {}", ask(&keyring.0, "e.com/a", timeout).await.unwrap_err()));
    }
    let missing = Helpers::new().keyring(r#"{"credHelpers": {"docker.io": "desktop.exe"}}"#);
    errors.push(format!("none\n    {}", ask(&missing, "busybox", HELPER_TIMEOUT).await.unwrap_err()));
    assert_snapshot!(errors.join("\n"));
}

#[tokio::test]
async fn a_helper_that_hangs_is_ended_with_all_it_started() {
    let helpers = Helpers::new().script("x", "sleep 60 &\necho $! > child\necho $$ > self\nwait");
    let keyring = helpers.keyring(r#"{"credsStore": "x"}"#);
    let begin = Instant::now();
    ask(&keyring, "e.com/a", Duration::from_secs(3)).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(30));
    for file in ["self", "child"] {
        let number = &helpers.lines(file)[0];
        let is_gone = || match fs::read_to_string(Path::new("/proc").join(number).join("stat")) {
            // It may wait for someone to take note.
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        };
        let mut left = 100;
        while !is_gone() && left > 0 {
            left -= 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(is_gone(), "{file}");
    }
}

#[tokio::test]
async fn a_helper_is_asked_for_the_registry_once() {
    let helpers = Helpers::new().script("x", r#"echo "$* $(cat)" >> asked; echo '{}'"#);
    let keyring = helpers.keyring(
        r#"{"credHelpers": {"e.com:5000/a": "x", "e.com:5000": "x", "https://index.docker.io/v1/": "x", "docker.io": "x"}}"#,
    );
    for image in ["e.com:5000/a/b:v1", "busybox", "quay.io/a"] {
        assert_eq!(ask(&keyring, image, HELPER_TIMEOUT).await, Ok(vec![]));
    }
    assert_eq!(helpers.lines("asked"), ["get e.com:5000", "get https://index.docker.io/v1/"]);
}

#[rstest]
#[case::helper_before_entry("e.com/a", &["helper", "entry"])]
#[case::specific_before_helper("e.com/org/a", &["path", "helper", "entry"])]
#[case::no_store_beside_an_entry("b.com/a", &["b"])]
#[case::no_store_where_none_is_named("c.com/a", &[])]
#[case::store_for_the_rest("d.com/a", &["store"])]
#[case::store_for_an_empty_entry("f.com/a", &["store"])]
#[tokio::test]
async fn order(#[case] image: &str, #[case] expected: &[&str]) {
    let answer = |user: &str| format!(r#"echo '{{"Username": "{user}", "Secret": "x"}}'"#);
    let helpers = Helpers::new().script("own", &answer("helper")).script("all", &answer("store"));
    let keyring = helpers.keyring(
        r#"{
            "auths": {
                "e.com": {"username": "entry", "password": "x"}, "e.com/org": {"username": "path", "password": "x"},
                "b.com": {"username": "b", "password": "x"}, "f.com": {}
            },
            "credHelpers": {"e.com": "own", "c.com": ""},
            "credsStore": "all"
        }"#,
    );
    let expected = expected.iter().map(|user| basic(user, "x")).collect();
    assert_eq!(ask(&keyring, image, HELPER_TIMEOUT).await, Ok(expected));
}

#[tokio::test]
async fn stores_are_asked_in_turn() {
    let helpers = Helpers::new()
        .script("a", "echo a >> asked; echo credentials not found in native keychain; exit 1")
        .script("b", &format!("echo b >> asked; {ANSWER}"))
        .script("c", &format!("echo c >> asked; {ANSWER}"));
    let keyring = ["a", "b", "a", "c"].map(|name| helpers.keyring(&format!(r#"{{"credsStore": "{name}"}}"#)));
    let keyring = keyring.into_iter().fold(Keyring::default(), Keyring::merge);
    assert_eq!(ask(&keyring, "e.com/a", HELPER_TIMEOUT).await, Ok(vec![basic("kim", "hunter2")]));
    assert_eq!(helpers.lines("asked"), ["a", "b"]);
}
