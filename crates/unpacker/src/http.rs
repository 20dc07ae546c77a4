//! Archives that a web server hands out.

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

/// Reads an archive and computes its digest.
pub(crate) async fn fetch(
    http: &HttpClient,
    url: &Url,
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
        match fetch_once(http, url, access, keep, limits, progress).await {
            Err(UnpackError::Http(error @ (HttpError::Broken { .. } | HttpError::Stalled { .. }))) => {
                debug!(%error, "the archive broke off");
            }
            result => return result,
        }
    }
    fetch_once(http, url, access, keep, limits, progress).await
}

async fn fetch_once(
    http: &HttpClient,
    url: &Url,
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
        let (keep, limits, url) = (keep.clone(), limits.clone(), url.clone());
        move || {
            FileTree::from_archive(&mut receiver, &keep, &limits.tree).map_err(|error| explain(&url, error))
        }
    });
    let mut digest = None;
    let sending = async { digest = pass_on(&mut response, sender, &**progress).await };
    let tree = while_reading(reading, sending).await?;
    Ok((digest.ok_or(UnpackError::Interrupted)?, tree))
}

/// The error of the connection, if it comes from there.
fn explain(url: &Url, error: TreeError) -> UnpackError {
    let source = match error {
        TreeError::ReadInput { source } => match source.downcast::<HttpError>() {
            Ok(error) => return error.into(),
            Err(source) => TreeError::ReadInput { source },
        },
        error => error,
    };
    UnpackError::Archive { archive: ShownUrl::from(url).to_string(), source }
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
        url: response.shown_url(),
        status: response.status().as_u16(),
        message: credentials.message(&text),
    }
}
