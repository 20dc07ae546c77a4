//! Programs that hang, talk without end, and leave others behind.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use super::*;
use crate::Access;
use crate::git::message::Secrets;

fn script(text: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", text]).stdout(Stdio::piped());
    command
}

async fn run(text: &str, watch: Watch<'_>) -> Result<Finished, Interruption> {
    Running::start(&mut script(text)).unwrap().finish(watch).await
}

/// A script that starts two processes, and their arguments: times to sleep that no other test sleeps for.
fn two_sleepers(seconds: u32) -> (String, String, String) {
    let id = std::process::id();
    let (first, second) = (format!("{seconds}.1{id}"), format!("{seconds}.2{id}"));
    (format!("sleep {first} & sleep {second}"), first, second)
}

/// Whether a process with this argument is there and no zombie.
fn is_running(argument: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok()).any(|line| {
        let mut arguments = line.split(|byte| *byte == 0);
        arguments.any(|other| other == argument.as_bytes())
    })
}

async fn wait_for(argument: &str) {
    while !is_running(argument) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn both_streams_and_the_status_come_back() {
    let finished = run("echo out; echo err >&2; exit 3", Watch::none()).await.unwrap();
    assert_eq!(finished.status.code(), Some(3));
    assert_eq!(finished.answer, b"out\n");
    assert_eq!(finished.tail.shown(&Secrets::of(&Access::default())), "err");
}

#[tokio::test]
async fn a_dropped_run_ends_all_that_it_started() {
    let (text, first, second) = two_sleepers(600);
    let running = Running::start(&mut script(&text)).unwrap();
    wait_for(&first).await;
    wait_for(&second).await;
    drop(running);
    assert!(!is_running(&first) && !is_running(&second));
}

#[tokio::test]
async fn a_cancelled_wait_ends_all_that_was_started() {
    let (text, first, second) = two_sleepers(601);
    tokio::select! {
        _ = run(&text, Watch::none()) => panic!("it ended"),
        () = async { wait_for(&first).await; wait_for(&second).await } => {}
    }
    assert!(!is_running(&first) && !is_running(&second));
}

#[tokio::test]
async fn what_outlives_the_program_is_ended() {
    let (text, first, second) = two_sleepers(602);
    let finished = run(&format!("{text} & exit 0"), Watch::none()).await.unwrap();
    assert!(finished.status.success());
    assert!(!is_running(&first) && !is_running(&second));
}

#[tokio::test]
async fn what_left_the_group_is_not_waited_for() {
    let begin = Instant::now();
    let finished = run("setsid sleep 6.5 & exit 0", Watch::none()).await.unwrap();
    assert!(finished.status.success());
    assert!(begin.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn silence_is_a_stall() {
    let (text, first, second) = two_sleepers(603);
    let interruption = run(&text, Watch::idle(Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(interruption, Interruption::Watch(Fault::Stalled)), "{interruption:?}");
    assert!(!is_running(&first) && !is_running(&second));
}

#[tokio::test]
async fn messages_are_progress() {
    let text = "for i in 1 2 3 4 5 6 7 8; do sleep 0.1; echo $i >&2; done";
    assert!(run(text, Watch::idle(Duration::from_millis(600))).await.is_ok());
}

#[tokio::test]
async fn growth_is_progress_and_has_an_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    let text = format!(
        "for i in 1 2 3 4 5 6 7 8; do sleep 0.1; head -c 10000 /dev/zero >> {0}; done",
        file.display()
    );
    let watch = || Watch::idle(Duration::from_millis(600));
    assert!(run(&text, watch().growth(directory.path(), 80_000)).await.is_ok());
    let interruption = run(&text, watch().growth(directory.path(), 120_000)).await.unwrap_err();
    assert!(matches!(interruption, Interruption::Watch(Fault::TooLarge)), "{interruption:?}");
    // What is over before anyone looked is looked at in the end.
    let text = format!("head -c 200000 /dev/zero > {}", file.display());
    let interruption = run(&text, watch().growth(directory.path(), 120_000)).await.unwrap_err();
    assert!(matches!(interruption, Interruption::Watch(Fault::TooLarge)), "{interruption:?}");
}

#[tokio::test]
async fn an_endless_answer_is_refused() {
    let interruption = run("exec yes", Watch::none()).await.unwrap_err();
    assert!(matches!(interruption, Interruption::AnswerTooLong), "{interruption:?}");
}

#[test]
fn programs_are_found_in_absolute_directories() {
    let directory = tempfile::tempdir().unwrap();
    let path = |folders: &[&Path]| std::env::join_paths(folders).unwrap();
    let file = directory.path().join("thing");
    fs::write(&file, "").unwrap();
    assert_eq!(find("thing", &path(&[directory.path()])), None, "it cannot be run");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(find("thing", &path(&[Path::new("/nonexistent"), directory.path()])), Some(file));
    assert_eq!(find("thing", OsStr::from_bytes(b"")), None);
    assert_eq!(find("src", &path(&[Path::new(".")])), None);
}
