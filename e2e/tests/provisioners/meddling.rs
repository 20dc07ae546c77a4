//! Somebody who deletes, changes and switches at any moment, also while something is installed: in the end everything is as the spec
//! says, whatever was done last.
//!
//! `CHAOS_ROUNDS` says how often that is looked at, four to one, `CHAOS_SEED` what chance begins with.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::Duration;

use e2e::controlplane::eventually;
use e2e::provisioners::bundle::{map, plain, workload};
use e2e::provisioners::{Objects, Place, Which};
use e2e::random::{Random, rounds, seed};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// What each version has: names of `ConfigMaps`, all with the number of the version as their value; and a Deployment of the last.
const VERSIONS: [&[&str]; 3] = [&["a", "b", "c", "d"], &["b", "c", "e"], &["a", "c"]];

/// What is done between two looks.
const DEEDS: usize = 8;

/// The longest pause between two deeds, in milliseconds.
const PAUSE: usize = 400;

/// A deployment with a namespace of its own, and who meddles with it.
struct Lane<'p> {
    place: &'p Place,
    suffix: String,
    images: &'p [String; 3],
    version: usize,
    random: Random,
}

impl Lane<'_> {
    fn name(&self) -> String {
        format!("{}-{}", self.place.name(), self.suffix)
    }

    fn objects(&self, kind: &str) -> Objects {
        Objects::new(self.place.client(), kind, Some(&self.name()))
    }

    async fn create(&self) {
        let mut spec = self.place.spec(Which::Plain, &self.images[self.version]);
        spec["installNamespace"] = self.name().into();
        self.place.create_other(&self.suffix, spec).await;
    }

    /// Does something. What, for whoever wants to know how it came to be as it is.
    async fn meddle(&mut self) -> String {
        let name = ["a", "b", "c", "d", "e"][self.random.below(5)];
        let (maps, workloads) = (self.objects("v1/ConfigMap"), self.objects("apps/v1/Deployment"));
        match self.random.below(100) {
            0..40 => format!("delete {name}: {}", maps.try_delete(name).await),
            40..60 => {
                let change = json!({"data": {"value": "meddled"}});
                format!("change {name}: {}", maps.try_change(name, change).await)
            }
            60..65 => format!("delete web: {}", workloads.try_delete("web").await),
            65..70 => {
                let change = json!({"spec": {"replicas": 3}});
                format!("scale web: {}", workloads.try_change("web", change).await)
            }
            70..92 => {
                self.version = self.random.below(VERSIONS.len());
                self.place.deployment(&self.name()).switch_to(&self.images[self.version]).await;
                format!("switch to {}", self.version)
            }
            _ => {
                let deployment = self.place.deployment(&self.name());
                deployment.delete().await;
                deployment.until_gone().await;
                self.create().await;
                format!("again, {}", self.version)
            }
        }
    }

    /// What is there, by its name; the cluster's own `ConfigMap` aside.
    async fn there(&self) -> BTreeMap<String, Value> {
        let maps = self.objects("v1/ConfigMap").list().await.into_iter();
        let maps = maps.map(|map| (map["metadata"]["name"].clone(), map["data"]["value"].clone()));
        let workloads = self.objects("apps/v1/Deployment").list().await.into_iter();
        let workloads =
            workloads.map(|web| (web["metadata"]["name"].clone(), web["spec"]["replicas"].clone()));
        maps.chain(workloads)
            .map(|(name, what)| (name.as_str().unwrap().to_owned(), what))
            .filter(|(name, _)| name != "kube-root-ca.crt")
            .collect()
    }

    /// Waits until it is all as the spec says.
    async fn check(&self, done: &[String]) {
        let maps = VERSIONS[self.version].iter();
        let mut expected: BTreeMap<_, _> =
            maps.map(|name| ((*name).to_owned(), json!(self.version.to_string()))).collect();
        if self.version == 2 {
            expected.insert("web".into(), json!(1));
        }
        let what = format!("{} is as version {} says, after {done:?}", self.name(), self.version);
        eventually(&what, async || (self.there().await == expected).then_some(())).await;
        self.place.deployment(&self.name()).until_settled().await;
        assert_eq!(self.there().await, expected, "{} once it is settled, after {done:?}", self.name());
    }
}

#[tokio::test]
async fn whoever_meddles_at_any_moment_changes_nothing_in_the_end() {
    let Some(place) = Place::new("meddling").await else { return };
    let (rounds, seed) = (rounds(), seed());
    // Not by a macro: the test harness would keep that to itself.
    let _ = writeln!(io::stderr(), "meddling: CHAOS_SEED={seed}");
    let images = [0, 1, 2].map(|version: usize| {
        let mut objects: Vec<_> =
            VERSIONS[version].iter().map(|name| map(name, &version.to_string())).collect();
        objects.extend((version == 2).then(|| workload("web")));
        place.push(&format!("v{version}"), &plain(&objects))
    });
    let lanes = (0..3).map(|number| Lane {
        place: &place,
        suffix: number.to_string(),
        images: &images,
        version: 0,
        random: Random::new(seed, number),
    });
    let meddle = async |mut lane: Lane<'_>| {
        lane.create().await;
        for _ in 0..rounds.div_ceil(4) {
            let mut done = Vec::new();
            for _ in 0..DEEDS {
                place.wait(Duration::from_millis(lane.random.below(PAUSE) as u64)).await;
                done.push(lane.meddle().await);
            }
            lane.check(&done).await;
        }
    };
    join_all(lanes.map(meddle)).await;
}
