//! What can go wrong with an answer.

use std::sync::Arc;
use std::time::Duration;

use super::Fault;
use crate::server::{Length, Response, Step};

/// Another answer altogether.
#[must_use]
pub fn instead(response: Response) -> Fault {
    Arc::new(move |_, _| response.clone())
}

/// The right answer, later.
#[must_use]
pub fn late(delay: Duration) -> Fault {
    Arc::new(move |_, response| response.after(delay))
}

/// As much of the right answer, then the end of the connection.
#[must_use]
pub fn cut_after(bytes: usize) -> Fault {
    Arc::new(move |_, response| {
        let beginning = beginning(&response, bytes);
        let length = response.length;
        response.sent(length, vec![Step::Send(beginning), Step::Cut])
    })
}

/// As much of the right answer, then nothing for ever.
#[must_use]
pub fn stall_after(bytes: usize) -> Fault {
    Arc::new(move |_, response| {
        let beginning = beginning(&response, bytes);
        let length = response.length;
        response.sent(length, vec![Step::Send(beginning), Step::Hang])
    })
}

/// The right answer, a piece at a time.
#[must_use]
pub fn slowly(piece: usize, pause: Duration) -> Fault {
    Arc::new(move |_, response| {
        let (bytes, length) = (response.body(), response.length);
        response.sent(length, vec![Step::Slowly { bytes, piece, pause }])
    })
}

/// The right answer, in which something else stands.
#[must_use]
pub fn content(bytes: impl Into<Arc<[u8]>>) -> Fault {
    let bytes = bytes.into();
    Arc::new(move |_, response| {
        let length = Length::Bytes(bytes.len() as u64);
        response.sent(length, vec![Step::Send(Arc::clone(&bytes))])
    })
}

/// The right answer, in which this follows without an end.
#[must_use]
pub fn endless(status: u16, bytes: impl Into<Arc<[u8]>>) -> Fault {
    let bytes = bytes.into();
    Arc::new(move |_, response| {
        let steps = vec![Step::Repeat(Arc::clone(&bytes), u64::MAX)];
        Response { status, ..response.sent(Length::Chunked, steps) }
    })
}

/// The right answer, with a header more.
#[must_use]
pub fn with_header(name: &'static str, value: impl Into<String>) -> Fault {
    let value = value.into();
    Arc::new(move |_, response| {
        let headers = response.headers.iter().filter(|(other, _)| !other.eq_ignore_ascii_case(name));
        let headers = headers.cloned().collect();
        Response { headers, ..response }.header(name, value.clone())
    })
}

/// Access for those who show one of these `Authorization` headers; for others a status of 401 and what to do about it.
#[must_use]
pub fn guarded(authorizations: &[&str], challenge: impl Into<String>) -> Fault {
    let authorizations: Vec<_> = authorizations.iter().map(|&one| one.to_owned()).collect();
    let challenge = challenge.into();
    Arc::new(move |request, response| {
        let shown = request.header("authorization");
        if shown.is_some_and(|shown| authorizations.iter().any(|one| one == shown)) {
            return response;
        }
        super::error(401, "UNAUTHORIZED", "authentication required")
            .header("WWW-Authenticate", challenge.clone())
    })
}

fn beginning(response: &Response, bytes: usize) -> Arc<[u8]> {
    let body = response.body();
    body.get(..bytes).unwrap_or(&body).into()
}
