//! Installing, changing and removing sets of objects, beside `kubectl apply --server-side` of the same files.
//!
//! Both write to one API server, in turn, each set into a namespace of its own. Requests and writes are counted from the
//! server's audit log.

pub(crate) mod sets;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use e2e::controlplane::{Audit, ControlPlane};
use e2e::programs;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::report::{Report, Row};
use crate::runs::Runs;
use sets::{SETS, Set};

/// What is done with a set, in this order.
const STEPS: [&str; 4] = ["install", "again", "change", "delete"];

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
        for (step, (ours, peer)) in STEPS.iter().zip(ours.0.iter().zip(&peer.0)) {
            report.rows.push(row(set, step, "rukpakctl", ours, None, command));
            report.rows.push(row(set, step, "kubectl", peer, Some(&ours.0), command));
        }
    }
    report.note(
        "Apply: a set of ServiceAccounts, ConfigMaps, RBAC, Services and Deployments (15 objects), one of 12 definitions of 65 kB \
         with 8 objects beside them, and one of 500 ConfigMaps; once as `rukpakctl apply`, once as `kubectl apply --server-side` of \
         the same files. *Install* begins with nothing, *again* changes nothing, *change* changes one field of one ConfigMap, *delete* \
         takes all away and waits until it is gone. One API server, in turn, in one namespace each; the table has requests and writes \
         (dry runs are no writes) of the last round, from the audit log. Before it writes, ours has tried every object by a dry run, \
         and afterwards it has looked at the health of all. Goals: 0.5 of kubectl's time on the 15 and 0.3 on the others for the \
         install, no write for the second run.",
    );
    Ok(report)
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
