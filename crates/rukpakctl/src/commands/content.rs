//! `rukpakctl content`: what a `BundleDeployment` was unpacked to, as the provisioner hands it out.
//!
//! ```text
//! BundleDeployment ─▶ contentURL ─▶ Service ─▶ pod ══ port-forward ══▶ archive ─▶ names, files or bytes
//!                       └── or --url ────────────────── HTTPS ─────────▶
//! ```

mod answer;
mod forward;
mod token;
mod web;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use rukpak_api::BundleDeployment;
use rukpak_api::condition::UNPACKED;
use rukpak_api::names::{AUTHORITIES, AUTHORITIES_KEY};
use rukpak_apply::cluster::Address;
use rukpak_tree::{FileTree, Keep, Limits};
use serde_json::Value;
use url::Url;

use crate::cli::Content;
use crate::cluster::Connection;
use crate::deployment::condition;
use crate::destination::Destination;
use crate::printable::Printable;
use crate::{fetch, output};

/// Bytes of an archive: the provisioner's own limit for what it unpacks is a quarter of it by default.
const MOST: u64 = 256 << 20;

pub(crate) fn run(args: &Content, quiet: bool) -> anyhow::Result<ExitCode> {
    let archive = fetch::block_on(async {
        let archive = Box::pin(archive(args, quiet)).await?;
        if let Some(Destination::Directory(directory)) = &args.to {
            files(&archive)?.write_directory(directory)?;
        }
        Ok(archive)
    })?;
    match &args.to {
        Some(Destination::StandardOutput) => output::data(|out| out.write_all(&archive))?,
        Some(Destination::Directory(_)) => {}
        None => {
            let files = files(&archive)?;
            output::text(|out| files.iter().try_for_each(|(path, _)| writeln!(out, "{}", Printable(path))))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn files(archive: &[u8]) -> anyhow::Result<FileTree> {
    FileTree::from_archive(archive, &Keep::everything(), &Limits::default())
        .context("cannot read the content that was handed out")
}

/// The content, as a compressed tar archive.
async fn archive(args: &Content, quiet: bool) -> anyhow::Result<Vec<u8>> {
    let name = &args.name;
    let connection = Connection::open(&args.cluster, quiet).await?; // cluster
    let deployment = connection.deployment(name).await?.ok_or_else(|| {
        anyhow!("cannot get the content: bundledeployments.core.rukpak.io {name:?} not found")
    })?; // cluster
    let (authorities, account) = (authorities(&connection).await?, args.service_account.as_ref()); // cluster
    let answer = if let Some(url) = &args.url {
        let token = token::of(&connection, account).await?; // cluster
        web::get(url, authorities, token).await? // network
    } else {
        let url = content_url(&deployment)?; // pure
        let authorities = authorities.with_context(|| {
            let [map, key] = [AUTHORITIES, AUTHORITIES_KEY];
            format!("the ConfigMap {map} of the namespace {} has no {key}", connection.system_namespace())
        })?;
        let token = token::of(&connection, account).await?; // cluster
        forward::get(&connection, &url, &authorities, &token).await? // cluster
    };
    answer.content(name)
}

/// Where the content is handed out, as the provisioner says.
fn content_url(deployment: &BundleDeployment) -> anyhow::Result<Url> {
    let url = deployment.status.as_ref().and_then(|status| status.content_url.as_deref());
    let Some(url) = url else {
        let why = condition(deployment, UNPACKED).map_or_else(
            || "no provisioner has looked at it yet".to_owned(),
            |unpacked| format!("{} ({})", unpacked.message, unpacked.reason),
        );
        return Err(anyhow!("url is not available: {why}"));
    };
    url.parse().with_context(|| format!("status.contentURL is no URL: {url:?}"))
}

/// Whom the content servers are vouched for by, in PEM.
async fn authorities(connection: &Connection) -> anyhow::Result<Option<String>> {
    let [map, key] = [AUTHORITIES, AUTHORITIES_KEY];
    let kind = ["", "v1", "ConfigMap", "configmaps"];
    let live =
        connection.cluster.get(&Address::known(kind, Some(connection.system_namespace()), map)).await?;
    Ok(live.and_then(|live| live.get(&["data", key]).and_then(Value::as_str).map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::tests::deployment;

    #[test]
    fn content_that_is_not_there_yet() {
        let error = |conditions: &[(&str, &str, &str, &str, i64)]| {
            content_url(&deployment(conditions)).unwrap_err().to_string()
        };
        let unpacked = error(&[("Unpacked", "False", "UnpackFailed", "404: no such image", 2)]);
        assert_eq!(unpacked, "url is not available: 404: no such image (UnpackFailed)");
        assert_eq!(error(&[]), "url is not available: no provisioner has looked at it yet");
    }
}
