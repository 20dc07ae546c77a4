//! What a server says about an error.

use serde::Deserialize;

use crate::secret::{Secret, redact};

/// How many characters of a server's message are kept.
const MESSAGE_CHARACTERS: usize = 500;

/// The errors of an answer (distribution specification, "Error Codes"), or of a token server.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    errors: Vec<OneError>,
    /// Token servers say it in other ways.
    details: Option<String>,
    error_description: Option<String>,
    error: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// What an error's body says, on one line, without the secrets that the server may have been sent.
pub(crate) fn message_of(body: &[u8], secrets: &[Secret]) -> String {
    let text = match serde_json::from_slice::<Envelope>(body) {
        Ok(Envelope { errors, details, error_description, error, message }) if !errors.is_empty() => {
            let _ = (details, error_description, error, message);
            let one = |OneError { code, message }| match (code.as_str(), message.as_str()) {
                (code, "") => code.to_owned(),
                ("", message) => message.to_owned(),
                (code, message) => format!("{message} ({code})"),
            };
            errors.into_iter().map(one).collect::<Vec<_>>().join("; ")
        }
        Ok(Envelope { details, error_description, error, message, errors: _ }) => {
            details.or(error_description).or(message).or(error).unwrap_or_default()
        }
        // A page for people is no message.
        Err(_) if body.trim_ascii_start().starts_with(b"<") => String::new(),
        // Nor is what is no text, but for a character that was cut off.
        Err(_) => match str::from_utf8(body) {
            Err(error) if error.error_len().is_some() => String::new(),
            _ => String::from_utf8_lossy(body).into_owned(),
        },
    };
    let text = redact(&text, secrets);
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(MESSAGE_CHARACTERS) {
        line.truncate(end);
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::distribution(
        r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"},{"code":"DENIED"}]}"#,
        "manifest unknown (MANIFEST_UNKNOWN); DENIED"
    )]
    #[case::docker_hub(r#"{"details":"incorrect username or password"}"#, "incorrect username or password")]
    #[case::oauth(r#"{"error":"invalid_grant","error_description":"no such user"}"#, "no such user")]
    #[case::text("Client sent an\nHTTP request\n", "Client sent an HTTP request")]
    #[case::page("\n<html><body>nginx</body></html>", "")]
    #[case::nothing("", "")]
    #[case::empty_object("{}", "")]
    fn messages(#[case] body: &str, #[case] message: &str) {
        assert_eq!(message_of(body.as_bytes(), &[]), message);
    }

    #[test]
    fn what_is_no_text_is_no_message() {
        assert_eq!(message_of(b"\x1f\x8b\x08", &[]), "");
        assert_eq!(
            message_of("cut off in an é".as_bytes().split_last().unwrap().1, &[]),
            "cut off in an \u{fffd}"
        );
    }

    #[test]
    fn messages_are_short_and_keep_secrets() {
        let body = format!("hunter2 {}", "é".repeat(1000));
        let message = message_of(body.as_bytes(), &[Secret::new("hunter2")]);
        assert!(message.starts_with("<redacted> é") && message.chars().count() == 503, "{message}");
    }
}
