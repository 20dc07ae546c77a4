//! Whether a server would make an object that is not there, asked by a dry run.
//!
//! What is made is made by a `POST`, and changed by server-side apply from then on. That says what a `POST` lets pass: fields that the
//! kind does not have, and two elements of a list that are to be one. A strict `POST` says the first as well, and is less work for the
//! server, above all with large definitions; so it is asked where somebody else has looked for the second.

use http::HeaderValue;
use http::header::ACCEPT;
use rukpak_manifest::Object;

use super::{
    Address, ApiError, Cluster, Made, Mode, Refusal, check_size, post, server_side_apply, validated,
};

/// How a server is asked whether it would make an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// By server-side apply.
    Apply,
    /// By a strict `POST`.
    Post,
}

/// An object of fewer bytes does not become too large by what the server adds: it notes who has each field, which is less than twice
/// as much again.
const BULKY: usize = 1 << 18;

/// An answer without what was sent. Who does not know that, answers as always.
const OUTLINE: HeaderValue =
    HeaderValue::from_static("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json");

impl Cluster {
    /// Whether the server would make an object; `false` where there is one of its name.
    pub async fn would_create(
        &self,
        address: &Address,
        object: &Object,
        trial: Trial,
    ) -> Result<bool, ApiError> {
        let request = match trial {
            Trial::Apply => server_side_apply(address, object, Mode::DryRun),
            Trial::Post => validated(post(address, object, Mode::DryRun), "Strict"),
        };
        let answer = match self.send("create", &address.id, outlined(request)).await {
            Err(error) if trial == Trial::Post && error.refusal() == Refusal::AlreadyExists => {
                return Ok(false);
            }
            answer => answer?,
        };
        check_size("create", &address.id, &answer)?;
        Ok(answer.is_created)
    }
}

/// The same request, whose answer does not have what was sent, where that is not needed to tell how large the object becomes.
fn outlined(mut request: Made) -> Made {
    if let Ok(request) = &mut request
        && request.body().len() < BULKY
    {
        request.headers_mut().insert(ACCEPT, OUTLINE);
    }
    request
}
