//! What a content server answers. Pure.

use anyhow::bail;
use http::StatusCode;

/// An answer, its body read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The content, or why there is none.
    pub(super) fn content(self, name: &str) -> anyhow::Result<Vec<u8>> {
        let text = String::from_utf8_lossy(&self.body);
        let said = text.trim();
        match self.status {
            StatusCode::OK => Ok(self.body),
            StatusCode::UNAUTHORIZED => bail!(
                "the content server does not accept the token: {said}; --service-account asks with a new one"
            ),
            StatusCode::FORBIDDEN => {
                bail!("{said}; a ClusterRoleBinding to the ClusterRole bundle-reader gives this right")
            }
            status => bail!("the content server answers {status} about {name}: {said}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::content(200, "bytes", Ok("bytes"))]
    #[case::unauthorized(
        401,
        "it has expired\n",
        Err(
            "the content server does not accept the token: it has expired; --service-account asks with a new one"
        )
    )]
    #[case::forbidden(
        403,
        "kim may not get /bundles/a.tgz\n",
        Err(
            "kim may not get /bundles/a.tgz; a ClusterRoleBinding to the ClusterRole bundle-reader gives this right"
        )
    )]
    #[case::unavailable(
        503,
        "not yet\n",
        Err("the content server answers 503 Service Unavailable about a: not yet")
    )]
    fn answers(#[case] status: u16, #[case] body: &str, #[case] expected: Result<&str, &str>) {
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), body: body.into() };
        let content = answer.content("a").map_err(|error| error.to_string());
        assert_eq!(content, expected.map(|text| text.as_bytes().to_vec()).map_err(str::to_owned));
    }
}
