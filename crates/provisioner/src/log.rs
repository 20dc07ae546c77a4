//! Logs, to standard error.
//!
//! In: a [`Format`], and a filter: a level (`info`), or directives as `tracing-subscriber` has them (`warn,rukpak_apply=debug`).
//! Out: a [`Level`], by which the filter can be changed while the process runs. A level alone is about our own crates; of others
//! only warnings are told, since what they say at `debug` is about themselves, and of the client of the API server only errors.

use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

use clap::ValueEnum;
use thiserror::Error;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer as _, Registry, reload};

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// An object of JSON in each line.
    Json,
}

/// What is logged. A clone is a handle on the same.
#[derive(Clone)]
pub struct Level {
    filter: Arc<Mutex<String>>,
    handle: reload::Handle<EnvFilter, Registry>,
}

/// No log, or no other one.
#[derive(Debug, Error)]
pub enum LogError {
    /// What is to be logged cannot be understood.
    #[error(
        "cannot log {0:?}, expected a level (off, error, warn, info, debug, trace) or directives like warn,rukpak_apply=debug"
    )]
    Filter(String),
    /// There is a log already.
    #[error("cannot begin to log")]
    Start(#[from] TryInitError),
    /// The log has ended.
    #[error("cannot change what is logged")]
    Reload(#[from] reload::Error),
}

/// Begins to log, for the whole process.
///
/// # Errors
/// Where the filter cannot be understood, or the process logs already.
pub fn start(format: Format, filter: &str) -> Result<Level, LogError> {
    let (subscriber, level) = subscriber(format, filter, io::stderr)?;
    subscriber.try_init()?;
    Ok(level)
}

fn subscriber(
    format: Format,
    filter: &str,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> Result<(impl Subscriber + Send + Sync, Level), LogError> {
    let (layer, handle) = reload::Layer::new(parse(filter)?);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        // Whoever collects logs has no terminal.
        Format::Text => lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    let level = Level { filter: Arc::new(Mutex::new(filter.trim().to_owned())), handle };
    Ok((tracing_subscriber::registry().with(layer).with(lines), level))
}

impl Level {
    /// The filter, as it was given.
    #[must_use]
    pub fn filter(&self) -> String {
        self.filter.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another filter, from now on.
    ///
    /// # Errors
    /// Where it cannot be understood; then everything stays as it was.
    pub fn set(&self, filter: &str) -> Result<(), LogError> {
        let parsed = parse(filter)?;
        let mut current = self.filter.lock().unwrap_or_else(PoisonError::into_inner);
        self.handle.reload(parsed)?;
        filter.trim().clone_into(&mut current);
        Ok(())
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Level").field(&self.filter()).finish()
    }
}

fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    let wrong = || LogError::Filter(filter.chars().take(200).collect());
    let filter = filter.trim();
    // No text is a level to the parser.
    if filter.split(',').any(|part| part.trim().is_empty()) {
        return Err(wrong());
    }
    if let Ok(level) = filter.parse::<LevelFilter>() {
        let others = level.min(LevelFilter::WARN);
        // It warns of each watch whose connection is cut, and so do we, in words.
        let client = level.min(LevelFilter::ERROR);
        // A directive holds for every target that begins with its own.
        let ours = format!("{others},kube_client::client={client},rukpak={level},provisioner={level}");
        return EnvFilter::try_new(ours).map_err(|_| wrong());
    }
    // A word that is no level would be a target, of which everything is logged: a slip of the pen.
    let is_directive = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
    if !filter.split(',').all(is_directive) {
        return Err(wrong());
    }
    EnvFilter::try_new(filter).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    fn logging(format: Format, filter: &str, act: impl FnOnce(&Lines, &Level)) {
        let lines = Lines::default();
        let writer = lines.clone();
        let (subscriber, level) = subscriber(format, filter, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || act(&lines, &level));
    }

    #[rstest]
    #[case::a_level("info")]
    #[case::in_capitals(" WARN\n")]
    #[case::nothing_at_all("off")]
    #[case::directives("warn,rukpak_apply=debug")]
    fn filters(#[case] filter: &str) {
        assert!(parse(filter).is_ok());
    }

    #[rstest]
    #[case::empty("")]
    #[case::no_level("verbose")]
    #[case::one_of_several("info,rukpak_apply")]
    #[case::not_a_level("rukpak_apply=loud")]
    fn what_is_no_filter(#[case] filter: &str) {
        assert!(matches!(parse(filter), Err(LogError::Filter(_))), "{filter}");
    }

    #[test]
    fn a_level_alone_is_about_our_own_crates() {
        logging(Format::Text, "debug", |lines, _| {
            tracing::debug!(target: "rukpak_apply::engine", "ours");
            tracing::debug!(target: "provisioner_plain", "the binary's");
            tracing::debug!(target: "hyper::proto", "of others");
            tracing::warn!(target: "hyper::proto", "a warning");
            tracing::warn!(target: "kube_client::client", "of others: eof in poll");
            let text = lines.take();
            assert!(
                text.contains("ours") && text.contains("the binary's") && text.contains("a warning"),
                "{text}"
            );
            assert!(!text.contains("of others"), "{text}");
        });
    }

    #[test]
    fn the_level_changes_while_it_runs() {
        logging(Format::Json, "info", |lines, level| {
            tracing::debug!(name = "web", "unseen");
            level.set("debug").unwrap();
            tracing::debug!(name = "web", "seen");
            level.set("loud").unwrap_err();
            assert_eq!(level.filter(), "debug");
            let text = lines.take();
            let line: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (&line["message"], &line["name"], &line["level"]),
                (&"seen".into(), &"web".into(), &"DEBUG".into())
            );
        });
    }
}
