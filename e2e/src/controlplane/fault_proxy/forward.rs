//! A request: what goes wrong with it, or what the API server answers.

use std::error::Error;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, Response, Version};
use kube::client::{Body, Client};
use serde_json::json;
use tokio::time::sleep;

use super::{Asked, Fault, Shared};

/// What is about a connection, and not about a message (RFC 9110, section 7.6.1), and what each side says for itself.
const NOT_FORWARDED: [header::HeaderName; 5] =
    [header::CONNECTION, header::TRANSFER_ENCODING, header::TE, header::UPGRADE, header::HOST];

/// An error cuts the connection.
type Answer = Result<Response<Body>, Box<dyn Error + Send + Sync>>;

pub(super) async fn answer(request: Request<Incoming>, client: &Client, shared: &Shared) -> Answer {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let asked = Asked { method: request.method().to_string(), path };
    match shared.fault(&asked) {
        Some(Fault::Cut) => return Err("cut".into()),
        // As priority and fairness answers.
        Some(Fault::Busy(seconds)) => {
            let mut response = text(429, "text/plain", "Too many requests, please try again later.\n")?;
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            return Ok(response);
        }
        Some(Fault::Status(code)) => {
            let message = format!("injected by the fault proxy: {code}");
            let status = json!({
                "apiVersion": "v1",
                "kind": "Status",
                "metadata": {},
                "status": "Failure",
                "message": message,
                "reason": "InternalError",
                "code": code,
            });
            return text(code, "application/json", &status.to_string());
        }
        Some(Fault::Lost) => {
            forward(request, &asked.path, client).await?;
            return Err("lost".into());
        }
        Some(Fault::Slow(time)) => sleep(time).await,
        Some(Fault::Stuck) => return shared.get_stuck().await,
        Some(Fault::Unanswered) => {
            forward(request, &asked.path, client).await?;
            return shared.get_stuck().await;
        }
        None => {}
    }
    forward(request, &asked.path, client).await
}

async fn forward(request: Request<Incoming>, path: &str, client: &Client) -> Answer {
    let (mut head, body) = request.into_parts();
    head.uri = path.parse()?;
    head.version = Version::default();
    keep_end_to_end(&mut head.headers);
    let body = Body::from(body.collect().await?.to_bytes());
    let mut response = client.send(Request::from_parts(head, body)).await?;
    *response.version_mut() = Version::default();
    keep_end_to_end(response.headers_mut());
    Ok(response)
}

fn keep_end_to_end(headers: &mut HeaderMap) {
    for name in NOT_FORWARDED {
        headers.remove(name);
    }
}

fn text(code: u16, media_type: &'static str, body: &str) -> Answer {
    let mut response = Response::new(Body::from(body.as_bytes().to_vec()));
    *response.status_mut() = code.try_into()?;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}
