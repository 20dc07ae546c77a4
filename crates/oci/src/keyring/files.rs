//! The files of whoever sits at the command line, in the order of `containers-auth.json(5)`.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rukpak_tree::ShownPath;

use super::config::{Config, Form};
use super::{Keyring, KeyringError};

/// Bytes of a file.
pub(super) const FILE_SIZE: u64 = 4 << 20;

/// What [`Keyring::from_environment`] says. A variable that is empty counts as unset.
pub(super) fn read(
    env: &dyn Fn(&str) -> Option<OsString>,
    authfile: Option<&Path>,
) -> Result<Keyring, KeyringError> {
    let env = |name| env(name).filter(|value| !value.is_empty());
    let search: Option<Arc<OsStr>> = env("PATH").map(Arc::from);
    let variable = env("REGISTRY_AUTH_FILE").map(PathBuf::from);
    let named = authfile.map(|path| (path, "--authfile"));
    if let Some((path, named_by)) = named.or(variable.as_deref().map(|path| (path, "$REGISTRY_AUTH_FILE"))) {
        return keyring(path, Form::DockerConfig, search.as_ref())?
            .ok_or_else(|| KeyringError::NoFile { path: ShownPath::of_host(path), named_by });
    }
    let mut read = Keyring::default();
    for (path, form) in usual(env) {
        if let Some(keyring) = keyring(&path, form, search.as_ref())? {
            read = read.merge(keyring);
        }
    }
    Ok(read)
}

/// Where files lie that nobody named. Those of Podman come first.
fn usual(env: impl Fn(&'static str) -> Option<OsString>) -> impl Iterator<Item = (PathBuf, Form)> {
    let directory = |name| env(name).map(PathBuf::from);
    let home = directory("HOME");
    let in_home = |name| home.as_ref().map(|home| home.join(name));
    let podman = |directory: Option<PathBuf>| directory.map(|it| it.join("containers").join("auth.json"));
    let docker = directory("DOCKER_CONFIG").or_else(|| in_home(".docker"));
    // As root and in jobs nobody sets it, and Podman takes what it would usually be.
    let runtime = directory("XDG_RUNTIME_DIR");
    let of_user =
        || PathBuf::from(format!("/run/containers/{}/auth.json", rustix::process::getuid().as_raw()));
    let paths = [
        (podman(runtime.clone()).or_else(|| Some(of_user())), Form::DockerConfig),
        (podman(directory("XDG_CONFIG_HOME").or_else(|| in_home(".config"))), Form::DockerConfig),
        (docker.map(|docker| docker.join("config.json")), Form::DockerConfig),
        (in_home(".dockercfg"), Form::Dockercfg),
    ];
    paths.into_iter().filter_map(|(path, form)| Some((path?, form)))
}

/// The keyring in a file, where there is one. A blank file is one of nothing, as it is to Docker.
fn keyring(path: &Path, form: Form, search: Option<&Arc<OsStr>>) -> Result<Option<Keyring>, KeyringError> {
    let shown = || ShownPath::of_host(path);
    let content = match content(path) {
        Ok(content) => content,
        // `HOME=/dev/null` is customary, and nothing is below a file.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(KeyringError::ReadFile { path: shown(), source }),
    };
    if content.len() as u64 > FILE_SIZE {
        return Err(KeyringError::LargeFile { path: shown() });
    }
    if content.trim_ascii().is_empty() {
        return Ok(Some(Keyring::default()));
    }
    let keyring = Config::read(&content, form).and_then(|config| config.with_helpers(search));
    match keyring {
        Ok(keyring) => Ok(Some(keyring)),
        Err(error) => Err(KeyringError::File { path: shown(), source: Box::new(error) }),
    }
}

/// As much of a file as shows whether it is too large.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = vec![];
    File::open(path)?.take(FILE_SIZE + 1).read_to_end(&mut content)?;
    Ok(content)
}
