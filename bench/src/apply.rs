//! Installing, changing and removing sets of objects, beside `kubectl apply --server-side` of the same files.
//!
//! Both write to one API server, in turn, each set into a namespace of its own. Requests and writes are counted from the
//! server's audit log.

pub(crate) mod sets;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use e2e::controlplane::{Audit, ControlPlane};
use e2e::programs;
use futures_util::{StreamExt as _, TryStreamExt as _};
use kube::Config;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, PostParams};
use rukpak_apply::{Owner, PLANNED_DIGEST};
use rukpak_manifest::{Object, digest_of};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::report::{Bound, Report, Row};
use crate::rounds::{Round, Series};
use crate::runs::Runs;
use sets::{SETS, Set};

/// What is done with a set, in this order.
const STEPS: [&str; 4] = ["install", "again", "change", "delete"];

/// Requests of the floor at the same time.
const AT_ONCE: usize = 16;

/// The runs of one program, step by step, with the requests and writes of the last one.
#[derive(Default)]
struct Steps([(Runs, usize, usize); 4]);

/// Installs each set, by turns.
pub(crate) fn measure(rukpakctl: &Path, command: &str) -> Result<Report> {
    let mut report = Report::default();
    let Some(kubectl) = programs::controlplane("kubectl") else {
        report.note("Apply: left out, since there is no control plane; `make controlplane` builds one.");
        return Ok(report);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let control_plane = runtime
        .block_on(ControlPlane::start(None, |line| eprintln!("{line}")))
        .context("starting a control plane")?;
    let cluster = runtime.block_on(control_plane.cluster());
    let audit = cluster.audit().context("this control plane has no audit log")?;
    let folder = TempDir::new()?;
    let bench = Bench { rukpakctl, kubectl, kubeconfig: control_plane.kubeconfig(), runtime, audit };
    for set in SETS {
        eprintln!("apply of {}: {} rounds", set.name, set.rounds);
        let (mut ours, mut peer) = (Steps::default(), Steps::default());
        for round in 0..=set.rounds {
            let files = |number: u32| {
                anyhow::Ok([set.write(folder.path(), number, '1')?, set.write(folder.path(), number, '2')?])
            };
            let [first, next] = files(2 * round)?;
            // The first round is not counted: the server has not seen such kinds yet.
            let counts = round > 0;
            bench.ours(set, round, &first, &next, &mut ours, counts)?;
            // The same objects, but definitions of other groups: those of ours may not be gone for good.
            let [first, next] = files(2 * round + 1)?;
            bench.kubectl(&first, &next, &mut peer, counts)?;
        }
        let [install, again, ..] = &ours.0;
        let [kubectl, ..] = &peer.0;
        report.goal(
            format!("{}, install beside kubectl's", set.measured),
            Bound::AtMost(set.goal),
            install.0.series.part_of(&kubectl.0.series),
            "of its time",
        );
        report.goal(format!("{}, again", set.measured), Bound::AtMost(0.0), again.2 as f64, "writes");
        for (step, (ours, peer)) in STEPS.iter().zip(ours.0.iter().zip(&peer.0)) {
            report.rows.push(row(set, step, "rukpakctl", ours, None, command));
            report.rows.push(row(set, step, "kubectl", peer, Some(&ours.0), command));
        }
        if let Some(maps) = set.maps {
            let floor = bench.floor(maps, set.rounds, cluster.config())?;
            let ratio = format!("{:.2} x ours", floor.part_of(&install.0.series));
            let figure = format!("{} requests, {maps} writes", 2 * maps);
            report.rows.push(Row {
                figure,
                ..Row::of_series(
                    set.measured,
                    "two requests for each object (floor of install)",
                    &floor,
                    ratio,
                    command,
                )
            });
        }
    }
    report.note(
        "Apply: a set of ServiceAccounts, ConfigMaps, RBAC, Services and Deployments (15 objects), one of 12 definitions of 65 kB \
         with 8 objects beside them, and one of 500 ConfigMaps; once as `rukpakctl apply`, once as `kubectl apply --server-side` of \
         the same files. *Install* begins with nothing, *again* changes nothing, *change* changes one field of one ConfigMap, *delete* \
         takes all away and waits until it is gone. One API server, whose garbage is collected a quarter as often as by default \
         (`GOGC=400`) and whose users have tokens, in turn, in one namespace each; the table has requests and writes (dry runs are no writes) of the last round, \
         from the audit log. Before it writes, ours has tried every object by a dry run, \
         and afterwards it has looked at the health of all. The floor is a program that knows \
         everything beforehand and looks at nothing: the dry runs of all ConfigMaps, with the marks of an owner, and then their creations, sixteen at a time.",
    );
    Ok(report)
}

/// Who has the maps of a floor.
pub(crate) fn floor_owner() -> Owner {
    let uid = "00000000-0000-4000-8000-000000000000".into();
    Owner { kind: "Inventory".into(), name: "floor".into(), uid }
}

/// A `ConfigMap` of that owner: with the marks that a server has to store.
pub(crate) fn owned_map(name: &str, namespace: &str) -> Result<DynamicObject> {
    let mut map = Object::new("v1", "ConfigMap", Some(namespace), name);
    map.fields_mut().insert("data".into(), json!({"value": "0"}));
    floor_owner().mark(&mut map);
    let digest = digest_of(map.fields()).to_string();
    map.set_annotation(PLANNED_DIGEST, &digest);
    Ok(serde_json::from_value(map.fields().clone().into())?)
}

fn row(
    set: &Set,
    step: &str,
    program: &str,
    (runs, requests, writes): &(Runs, usize, usize),
    ours: Option<&Runs>,
    command: &str,
) -> Row {
    let program = format!("{program}, {step}");
    let figure = format!("{requests} requests, {writes} writes");
    Row { figure, ..runs.row(set.measured, &program, ours, command) }
}

struct Bench<'a> {
    rukpakctl: &'a Path,
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    runtime: Runtime,
    audit: Audit,
}

impl Bench<'_> {
    fn ours(
        &self,
        set: &Set,
        round: u32,
        first: &Path,
        next: &Path,
        steps: &mut Steps,
        counts: bool,
    ) -> Result<()> {
        let namespace = self.namespace()?;
        let name = format!("{}-{round}", set.name);
        let command = |arguments: &[&str], folder: Option<&Path>| {
            let mut command = self.command(self.rukpakctl);
            command.arg("-q").args(arguments).arg(&name).args(folder);
            if folder.is_some() {
                command.args(["--install-namespace", namespace]);
            }
            command
        };
        let commands = [
            command(&["apply"], Some(first)),
            command(&["apply"], Some(first)),
            command(&["apply"], Some(next)),
            command(&["delete"], None),
        ];
        self.run(commands, "rukpakctl/", steps, counts)
    }

    fn kubectl(&self, first: &Path, next: &Path, steps: &mut Steps, counts: bool) -> Result<()> {
        let namespace = self.namespace()?;
        let command = |arguments: &[&str], folder: &Path| {
            let mut command = self.command(&self.kubectl);
            command.args(arguments).args(["-n", namespace, "-f"]).arg(folder.join("manifests"));
            command.stderr(Stdio::null());
            command
        };
        // The server sometimes takes minutes to finish with a definition that has just been made. Whatever is left then, the
        // next round does not meet.
        let delete = |folder: &Path| {
            let mut command = self.command(Path::new("sh"));
            let script = "\"$0\" delete --wait --timeout=20s -n \"$1\" -f \"$2\" 2>/dev/null || true";
            command.args(["-c", script]).arg(&self.kubectl).arg(namespace).arg(folder.join("manifests"));
            command
        };
        let commands = [
            command(&["apply", "--server-side"], first),
            command(&["apply", "--server-side"], first),
            command(&["apply", "--server-side"], next),
            delete(next),
        ];
        self.run(commands, "kubectl", steps, counts)
    }

    fn run(&self, commands: [Command; 4], agent: &str, steps: &mut Steps, counts: bool) -> Result<()> {
        for (command, (runs, requests, writes)) in commands.into_iter().zip(&mut steps.0) {
            let mark = self.runtime.block_on(self.audit.mark());
            let mut one = Runs::default();
            (if counts { runs } else { &mut one }).add(command)?;
            let asked = self.runtime.block_on(self.audit.since(mark)).by_agent(agent);
            (*requests, *writes) = (asked.len(), asked.writes().len());
        }
        Ok(())
    }

    /// How long an API server takes for a dry run and then a creation of each of so many `ConfigMaps`, and nothing else.
    fn floor(&self, maps: usize, rounds: u32, config: Config) -> Result<Series> {
        let mut series = Series::default();
        let namespace = self.namespace()?;
        self.runtime.block_on(async {
            let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
            let api: Api<DynamicObject> =
                Api::namespaced_with(rukpak_apply::cluster::client(config)?, namespace, &kind);
            for round in 0..=rounds {
                let maps: Vec<_> = (0..maps)
                    .map(|number| owned_map(&format!("floor-{number}"), namespace))
                    .collect::<Result<_>>()?;
                let start = Instant::now();
                for dry_run in [true, false] {
                    let params = PostParams { dry_run, field_manager: Some("bench".into()) };
                    let requests = futures_util::stream::iter(&maps).map(|map| api.create(&params, map));
                    requests.buffer_unordered(AT_ONCE).try_for_each(async |_| Ok(())).await?;
                }
                // As of the others the first round is not counted.
                if round > 0 {
                    series.push(Round { time: start.elapsed(), refused: 0 });
                }
                let all = ListParams::default();
                api.delete_collection(&DeleteParams::default(), &all).await?;
            }
            anyhow::Ok(())
        })?;
        Ok(series)
    }

    /// A namespace to install into, made where it is absent: neither program does the other's work.
    fn namespace(&self) -> Result<&'static str> {
        const NAMESPACE: &str = "bench";
        let mut command = self.command(&self.kubectl);
        let status = command.args(["create", "namespace", NAMESPACE]).stderr(Stdio::null()).status()?;
        let mut look = self.command(&self.kubectl);
        ensure!(
            status.success() || look.args(["get", "namespace", NAMESPACE]).status()?.success(),
            "cannot make the namespace {NAMESPACE}"
        );
        Ok(NAMESPACE)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}
