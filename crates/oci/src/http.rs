//! HTTP as everything here speaks it: bounded, patient to a point, and careful with credentials.
//!
//! In: a [`Request`]. Out: a [`Response`] whose status is the caller's to judge, or an [`HttpError`]. The rules:
//!
//! - Redirects are followed here and not by the client library, at most ten in a row. `https` is never left for `http`. An
//!   `Authorization` header goes to the origin (scheme, host and port) that it was made for and to no other.
//! - A server that is busy (429, 500, 502, 503, 504) is asked again, up to three times, after the time that it names in
//!   `Retry-After` or one that doubles; not where that adds up to more than 20 s. A connection that fails, stalls or is cut
//!   is tried again once.
//! - Nothing is waited for longer than [`HttpOptions::idle`] while less than 4 KiB arrive.
//! - What is read into memory has a limit. An error's text has 64 KiB.
//! - Proxies are those of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`); none is used for a loopback address.
//! - No URL is printed with its user, password or query; of where a redirect leads to another server only the origin is, and a path of the
//!   same one without what it was sent: see [`ShownUrl`].

mod body;
mod client;
mod error;
mod pace;
mod request;
mod retry;
mod shown;

pub use body::Response;
pub use client::{HttpClient, HttpOptions, is_loopback};
pub use error::HttpError;
pub use request::{Payload, Request};
pub use shown::ShownUrl;
