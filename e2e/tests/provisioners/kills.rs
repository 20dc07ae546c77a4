//! `kill -9` of both provisioners at any point of an installation, an upgrade, a downgrade or a deletion: the next start puts everything
//! right. No object is lost, left behind or made anew without need.
//!
//! `CHAOS_ROUNDS` says how often they are killed, two to one, `CHAOS_SEED` what chance begins with.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::Duration;

use e2e::provisioners::bundle::{Files, definition, gadget, map, operator, plain, workload};
use e2e::provisioners::{Deployment, Objects, Place, Which};
use e2e::random::{Random, rounds, seed};
use serde_json::Value;

/// An operation takes no longer, mostly.
const LONGEST: usize = 700;

/// What is looked at for objects that nobody knows of any more.
const KINDS: [&str; 9] = [
    "v1/ConfigMap",
    "v1/ServiceAccount",
    "v1/Service",
    "apps/v1/Deployment",
    "rbac.authorization.k8s.io/v1/Role",
    "rbac.authorization.k8s.io/v1/RoleBinding",
    "rbac.authorization.k8s.io/v1/ClusterRole",
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
];

/// A deployment that goes through its life again and again, and what it has to own at each point.
struct Lane {
    name: String,
    which: Which,
    /// The images of its two versions.
    images: [String; 2],
    /// What each of them owns, as it was found out when nobody was killed.
    owned: [Vec<String>; 2],
}

impl Lane {
    /// Finds out what each version owns.
    async fn new(place: &Place, name: &str, which: Which, versions: [Files; 2]) -> Self {
        let images = [0, 1].map(|index: usize| place.push(&format!("{name}-{index}"), &versions[index]));
        let name = format!("{}-{name}", place.name());
        let mut lane = Self { name, which, images, owned: [Vec::new(), Vec::new()] };
        for version in [0, 1] {
            lane.begin(place, Some(version)).await;
            let seen = place.deployment(&lane.name).until_settled().await;
            lane.owned[version] = seen.inventory().into_iter().map(str::to_owned).collect();
        }
        lane.begin(place, None).await;
        place.deployment(&lane.name).until_gone().await;
        lane
    }

    /// Asks for a version, or for none.
    async fn begin(&self, place: &Place, version: Option<usize>) {
        let deployment = place.deployment(&self.name);
        let is_there = deployment.find().await.is_some();
        match version {
            Some(version) if is_there => deployment.switch_to(&self.images[version]).await,
            Some(version) => {
                let mut spec = place.spec(self.which, &self.images[version]);
                spec["installNamespace"] = self.name.clone().into();
                let suffix = self.name.strip_prefix(place.name()).unwrap().trim_start_matches('-');
                place.create_other(suffix, spec).await;
            }
            None => deployment.delete().await,
        }
    }

    /// Waits for the end, and holds what is there against what has to be.
    async fn check(&self, place: &Place, version: Option<usize>) {
        let deployment: Deployment<'_> = place.deployment(&self.name);
        let expected = if let Some(version) = version {
            let seen = deployment.until_settled().await;
            assert_eq!(seen.inventory(), self.owned[version], "{seen}");
            self.owned[version].clone()
        } else {
            deployment.until_gone().await;
            Vec::new()
        };
        let there = self.there(place).await;
        let there: Vec<_> = there.keys().collect();
        assert_eq!(
            there,
            expected.iter().collect::<Vec<_>>(),
            "{}: what is there, and what has to be",
            self.name
        );
    }

    /// Everything with the marks of this deployment, by its id.
    async fn there(&self, place: &Place) -> BTreeMap<String, Value> {
        let mut there = BTreeMap::new();
        let gadgets = format!("{}/v1/Gadget", place.group());
        for kind in KINDS.into_iter().chain([gadgets.as_str()]) {
            for object in Objects::new(place.client(), kind, None).list().await {
                let metadata = &object["metadata"];
                if metadata["labels"]["core.rukpak.io/owner-name"] == self.name.as_str() {
                    let id = metadata["annotations"]["core.rukpak.io/owned-id"].as_str().unwrap().to_owned();
                    assert!(there.insert(id, object).is_none(), "two objects of one id");
                }
            }
        }
        there
    }
}

#[tokio::test]
async fn whatever_is_killed_the_next_start_puts_right() {
    let Some(place) = Place::alone("chaos").await else { return };
    let (rounds, seed) = (rounds().div_ceil(2), seed());
    // Not by a macro: the test harness would keep that to itself.
    let _ = writeln!(io::stderr(), "chaos: {rounds} kills, CHAOS_SEED={seed}");
    let mut random = Random::new(seed, 0);
    let group = place.group();
    let maps =
        |value: &str, more: &str| plain(&[map("a", value), map("b", value), map(more, "1"), workload("web")]);
    let gadgets = |more: &str| plain(&[definition(&group), gadget(&group, "one"), map(more, "1")]);
    let lanes = [
        Lane::new(&place, "maps", Which::Plain, [maps("1", "old"), maps("2", "new")]).await,
        Lane::new(&place, "gadgets", Which::Plain, [gadgets("old"), gadgets("new")]).await,
        Lane::new(
            &place,
            "operator",
            Which::RegistryV1,
            [1, 2].map(|major| operator(&format!("own-{group}"), &format!("{major}.0.0"))),
        )
        .await,
    ];
    // Install, upgrade, downgrade, delete.
    let cycle = [Some(0), Some(1), Some(0), None];
    let mut kills = 0;
    for version in cycle.into_iter().cycle() {
        if kills >= rounds {
            break;
        }
        for lane in &lanes {
            lane.begin(&place, version).await;
        }
        place.wait(Duration::from_millis(random.below(LONGEST) as u64)).await;
        kill(&place);
        kills += 1;
        // One that has hardly begun again is killed, too.
        while random.percent(40) {
            place.wait(Duration::from_millis(random.below(LONGEST) as u64)).await;
            kill(&place);
            kills += 1;
        }
        for lane in &lanes {
            lane.check(&place, version).await;
        }
    }
}

/// Kills both, and starts them again.
fn kill(place: &Place) {
    for which in Which::ALL {
        place.provisioners().of(which).kill();
        place.provisioners().of(which).start(&[]);
    }
}
