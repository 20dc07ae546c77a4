//! Archives that a web server hands out.

use std::io::{self, Read as _};
use std::sync::Arc;

use rukpak_oci::http::{HttpClient, HttpError, Request, Response, ShownUrl};
use rukpak_oci::{Algorithm, Credentials, Digest, Hasher, Secret};
use rukpak_tree::{FileTree, Keep, TreeError};
use tokio::task::spawn_blocking;
use tracing::debug;
use url::Url;

use crate::image::while_reading;
use crate::pipe::{Sender, pipe};
use crate::{Access, Event, Limits, Progress, UnpackError};

/// How often a connection that breaks or stalls is made up for.
const FAULTS: usize = 1;

/// How much of an archive that cannot be read is read on, to see whether it is the one that was asked for.
const AFTERMATH_BYTES: u64 = 32 << 20;

/// Reads an archive and computes its digest, which must be this one where one is expected.
pub(crate) async fn fetch(
    http: &HttpClient,
    url: &Url,
    expected: Option<&Digest>,
    access: &Access,
    keep: &Keep,
    limits: &Limits,
    progress: &Arc<dyn Progress>,
) -> Result<(Digest, FileTree), UnpackError> {
    let refuse = |why| Err(UnpackError::HttpUrl { url: url.into(), why });
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("is no web address, expected https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("has a user or password in it, which belong in a Secret");
    }
    for _ in 0..FAULTS {
        match fetch_once(http, url, expected, access, keep, limits, progress).await {
            Err(UnpackError::Http(error @ (HttpError::Broken { .. } | HttpError::Stalled { .. }))) => {
                debug!(%error, "the archive broke off");
            }
            result => return result,
        }
    }
    fetch_once(http, url, expected, access, keep, limits, progress).await
}

async fn fetch_once(
    http: &HttpClient,
    url: &Url,
    expected: Option<&Digest>,
    access: &Access,
    keep: &Keep,
    limits: &Limits,
    progress: &Arc<dyn Progress>,
) -> Result<(Digest, FileTree), UnpackError> {
    let basic = access.basic.as_ref().map(|basic| Secret::new(format!("Basic {}", basic.encoded().expose())));
    if basic.is_some() && url.scheme() != "https" {
        return Err(UnpackError::CredentialsInTheClear { url: url.into() });
    }
    let mut response = http.open(&Request::get(url.clone()).authorization(basic)).await?;
    if !response.status().is_success() {
        return Err(refused(&mut response, access).await);
    }
    let (sender, mut receiver) = pipe::<HttpError>();
    let reading = spawn_blocking({
        let (keep, limits, is_pinned) = (keep.clone(), limits.clone(), expected.is_some());
        move || {
            let read = FileTree::from_archive(&mut receiver, &keep, &limits.tree);
            if is_pinned && read.is_err() {
                // Where the connection fails, it stays unknown what it would have been.
                let _ = io::copy(&mut receiver.take(AFTERMATH_BYTES), &mut io::sink());
            }
            Ok(read)
        }
    });
    let mut digest = None;
    let sending = async { digest = pass_on(&mut response, sender, &**progress).await };
    let read = while_reading(reading, sending).await?;
    judge(url, expected, digest, read)
}

/// What came of reading an archive whose digest is known if it was read to its end.
///
/// Only content that was pinned is what it is for ever. Everything else may be what stands in for it today: the page of a server
/// that is being maintained, the half of a file that is being written.
fn judge(
    url: &Url,
    expected: Option<&Digest>,
    got: Option<Digest>,
    read: Result<FileTree, TreeError>,
) -> Result<(Digest, FileTree), UnpackError> {
    let read = match read {
        Err(TreeError::ReadInput { source }) => match source.downcast::<HttpError>() {
            Ok(error) => return Err(error.into()),
            Err(source) => Err(TreeError::ReadInput { source }),
        },
        read => read,
    };
    match (read, expected, got) {
        (_, Some(expected), Some(got)) if got != *expected => {
            Err(UnpackError::HttpDigest { url: url.into(), expected: expected.clone(), got })
        }
        (Ok(tree), _, Some(got)) => Ok((got, tree)),
        (Ok(_), _, None) => Err(UnpackError::Interrupted),
        (Err(source), Some(_), Some(_)) => {
            Err(UnpackError::Archive { archive: ShownUrl::from(url).to_string(), source })
        }
        (Err(source), _, _) => Err(UnpackError::HttpContent { url: url.into(), source }),
    }
}

/// Passes a body on, as fast as it is decoded; the digest of all of it, if it came to its end.
async fn pass_on(
    response: &mut Response,
    sender: Sender<HttpError>,
    progress: &dyn Progress,
) -> Option<Digest> {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut bytes = 0;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                hasher.update(&chunk);
                bytes += chunk.len() as u64;
                progress.event(Event::Received { layer: 0, bytes });
                sender.send(chunk).await.ok()?;
            }
            Ok(None) => {
                sender.end().ok()?;
                return Some(hasher.finish());
            }
            Err(error) => {
                // Where the decoder has given up, it has said why.
                let _ = sender.fail(error);
                return None;
            }
        }
    }
}

async fn refused(response: &mut Response, access: &Access) -> UnpackError {
    let text = response.error_text().await;
    let credentials = access.basic.clone().map(Credentials::Basic).unwrap_or_default();
    UnpackError::HttpStatus {
        url: response.shown_answerer(),
        status: response.status().as_u16(),
        message: credentials.message(&text),
    }
}
