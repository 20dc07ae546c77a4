//! How soon what somebody does to an object of a deployment is undone.

use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::{Stream, TryStreamExt as _};
use kube::Client;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::rounds::{Round, Series};

/// How often each is done.
const ROUNDS: u32 = 9;

/// How long it may take to be undone.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was done, and how long it was so.
#[derive(Default)]
pub(super) struct Repairs {
    pub(super) deleted: Series,
    pub(super) edited: Series,
}

/// Deletes a `ConfigMap` with `data.value`, and changes that, again and again. It ends when a watch shows what was there before.
pub(super) async fn measure(client: Client, namespace: &str, name: &str) -> Result<Repairs> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    let api: Api<DynamicObject> = Api::namespaced_with(client, namespace, &kind);
    let only = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut events = pin!(watcher(api.clone(), only).default_backoff().applied_objects());
    let mut repairs = Repairs::default();
    let mut now = until(&mut events, |_| true).await?;
    let value = now.data.pointer("/data/value").cloned().context("it has no value")?;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        api.delete(name, &DeleteParams::default()).await?;
        let uid = now.metadata.uid.clone();
        until(&mut events, |seen| seen.metadata.uid != uid).await?;
        repairs.deleted.push(Round { time: start.elapsed(), refused: 0 });

        let start = Instant::now();
        let params = PatchParams { field_manager: Some("bench".into()), ..PatchParams::default() };
        let edited = json!({"data": {"value": "edited"}});
        api.patch(name, &params, &Patch::Merge(&edited)).await?;
        let is = |seen: &DynamicObject, value: &Value| seen.data.pointer("/data/value") == Some(value);
        until(&mut events, |seen| !is(seen, &value)).await?;
        now = until(&mut events, |seen| is(seen, &value)).await?;
        repairs.edited.push(Round { time: start.elapsed(), refused: 0 });
    }
    Ok(repairs)
}

async fn until(
    events: &mut Pin<&mut impl Stream<Item = Result<DynamicObject, watcher::Error>>>,
    is_it: impl Fn(&DynamicObject) -> bool,
) -> Result<DynamicObject> {
    let found = async {
        loop {
            match events.try_next().await? {
                Some(seen) if is_it(&seen) => return Ok(seen),
                Some(_) => {}
                None => bail!("the watch has ended"),
            }
        }
    };
    timeout(PATIENCE, found).await.context("it is not undone")?
}
