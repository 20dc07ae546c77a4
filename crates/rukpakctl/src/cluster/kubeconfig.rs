//! Where the cluster is: what the file says that is given, else those of `$KUBECONFIG`, else the usual one, else the cluster that this
//! runs in.

use std::env;
use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use kube::config::{Config, Kubeconfig};
use rukpak_apply::cluster::Login;
use rukpak_tree::ShownPath;

/// The variable that names files, the first of which wins.
const FILES: &str = "KUBECONFIG";

/// What is said where there is no cluster.
const HELP: &str = "found no cluster; --kubeconfig or $KUBECONFIG says where it is";

/// The cluster of a context or the current one, and who we are there.
pub(super) async fn login(file: Option<&Path>, context: Option<String>) -> anyhow::Result<Login> {
    if let Some(file) = file {
        let cannot = || format!("cannot use {}", ShownPath::of_host(file));
        let kubeconfig = read(file).with_context(cannot)?;
        return of(kubeconfig, context).await.with_context(cannot);
    }
    let found = match env::var_os(FILES).filter(|files| !files.is_empty()) {
        Some(files) => merged(&files)?.with_context(|| format!("no file of ${FILES} is there")),
        // The texts of these errors have their causes in them.
        None => Kubeconfig::read().map_err(|error| anyhow!("{error}")),
    };
    match found {
        Ok(kubeconfig) => of(kubeconfig, context).await,
        Err(error) => Config::incluster().map(Login::from).map_err(|_| error.context(HELP)),
    }
}

/// The files of a list, the first of which wins. Those that are not there are left out, as `kubectl` does; `None` where none is.
fn merged(files: &OsStr) -> anyhow::Result<Option<Kubeconfig>> {
    let mut merged: Option<Kubeconfig> = None;
    for file in env::split_paths(files).filter(|file| !file.as_os_str().is_empty() && file.exists()) {
        let cannot = || format!("cannot use {}", ShownPath::of_host(&file));
        let next = read(&file).with_context(cannot)?;
        merged = Some(match merged {
            Some(before) => before.merge(next).map_err(|error| anyhow!("{error}")).with_context(cannot)?,
            None => next,
        });
    }
    Ok(merged)
}

fn read(file: &Path) -> anyhow::Result<Kubeconfig> {
    Kubeconfig::read_from(file).map_err(|error| anyhow!("{error}"))
}

async fn of(kubeconfig: Kubeconfig, context: Option<String>) -> anyhow::Result<Login> {
    if let Some(wanted) = &context {
        let names: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
        if !names.contains(&wanted.as_str()) {
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            bail!("there is no context {wanted:?}; there are {there}");
        }
    }
    Ok(Login::of(kubeconfig, context, |name| env::var(name).ok()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn kubeconfig(name: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: Config, current-context: {name}, \
             clusters: [{{name: {name}, cluster: {{server: 'https://{name}.example'}}}}], \
             contexts: [{{name: {name}, context: {{cluster: {name}, user: {name}}}}}], \
             users: [{{name: {name}, user: {{}}}}]}}"
        )
    }

    #[test]
    fn files_that_are_not_there_are_left_out_and_the_first_wins() {
        let folder = tempfile::tempdir().unwrap();
        let [nowhere, a, b] = ["nowhere", "a", "b"].map(|name| folder.path().join(name));
        fs::write(&a, kubeconfig("a")).unwrap();
        fs::write(&b, kubeconfig("b")).unwrap();
        let list = |files: &[&Path]| merged(&env::join_paths(files).unwrap()).unwrap();
        let all = list(&[&nowhere, &a, Path::new(""), &b]).unwrap();
        let names: Vec<_> = all.contexts.iter().map(|context| context.name.as_str()).collect();
        assert_eq!((all.current_context.as_deref(), &names[..]), (Some("a"), &["a", "b"][..]));
        assert!(list(&[&nowhere]).is_none());
    }

    #[tokio::test]
    async fn a_context_that_is_not_there_tells_which_are() {
        let kubeconfig: Kubeconfig = serde_json::from_value(serde_json::json!({
            "contexts": [{"name": "here"}, {"name": "there"}],
        }))
        .unwrap();
        let error = of(kubeconfig, Some("elsewhere".into())).await.unwrap_err().to_string();
        assert_eq!(error, "there is no context \"elsewhere\"; there are here, there");
    }
}
