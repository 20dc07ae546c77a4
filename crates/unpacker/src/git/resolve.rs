//! From a tag or branch to a commit.

use super::GitError;
use super::revision::{Reference, commit};
use super::session::Session;

/// Asks the server; once more where nothing came or the connection was cut.
pub(super) async fn ask(session: &Session, reference: &Reference) -> Result<String, GitError> {
    match attempt(session, reference).await {
        Err(error) if error.is_interruption() => {
            tracing::debug!(repository = %session.url(), %error, "asking once more");
            attempt(session, reference).await
        }
        outcome => outcome,
    }
}

async fn attempt(session: &Session, reference: &Reference) -> Result<String, GitError> {
    let name = reference.full_name();
    let peeled = format!("{name}^{{}}");
    let url = session.url().to_string();
    let mut arguments = vec!["ls-remote", "--quiet"];
    // Spares the server from listing all that it has.
    arguments.extend(match reference {
        Reference::Tag(_) => Some("--tags"),
        Reference::Branch(_) => Some("--heads"),
        Reference::Head => None,
    });
    arguments.extend(["--", &url, &name, &peeled]);
    let finished = session.remote(&arguments).await?;
    if !finished.status.success() {
        return Err(session.failed(&finished, &reference.to_string()));
    }
    let answer = String::from_utf8_lossy(&finished.answer);
    let commit = pick(&answer, &name, &peeled).and_then(|commit_name| commit(commit_name).ok());
    commit.ok_or(GitError::NoSuchRevision { repository: url, revision: reference.to_string() })
}

/// The object of a reference, or what the annotated tag there leads to. git also lists what only ends with the name.
fn pick<'a>(answer: &'a str, name: &str, peeled: &str) -> Option<&'a str> {
    let object_of = |name: &str| {
        answer
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .find(|(_, other)| *other == name)
            .map(|(object, _)| object)
    };
    object_of(peeled).or_else(|| object_of(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("1\trefs/tags/v1\n", Some("1"))]
    #[case::annotated("1\trefs/tags/v1\n2\trefs/tags/v1^{}\n", Some("2"))]
    #[case::ends_alike("1\trefs/tags/refs/tags/v1\n2\trefs/tags/v1\n", Some("2"))]
    #[case::only_ends_alike("1\trefs/tags/refs/tags/v1\n", None)]
    #[case::nothing("", None)]
    #[case::no_tab("1 refs/tags/v1", None)]
    fn picks(#[case] answer: &str, #[case] expected: Option<&str>) {
        assert_eq!(pick(answer, "refs/tags/v1", "refs/tags/v1^{}"), expected);
    }
}
