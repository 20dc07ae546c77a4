//! What `provisioner-plain` makes of `BundleDeployments`: how soon one is installed, how many at once, and what it takes while nothing
//! happens; beside the engine without a controller, and beside `kubectl apply --server-side` of the same objects.
//!
//! One API server and one registry, both on loopback addresses; the provisioner runs as its administrator.

mod cluster;
mod floor;
mod provisioner;
mod repair;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::controlplane::ControlPlane;
use e2e::programs;
use tempfile::TempDir;

use crate::apply::sets::{SETS, config_map};
use crate::pull::registry::Registry;
use crate::report::{Bound, Report, Row};
use crate::rounds::{Round, Series};
use cluster::Deployments;
use provisioner::Provisioner;

/// How often one deployment is installed.
const ROUNDS: u32 = 9;

/// Objects of each of many deployments.
const OBJECTS: usize = 10;

/// How long it is looked on while nothing happens.
const IDLE: Duration = Duration::from_mins(1);

/// How long after something was done it is still working on it.
const AFTER: Duration = Duration::from_secs(10);

/// The namespace that everything is installed into.
const NAMESPACE: &str = "bench";

/// The programs that are run.
pub(crate) struct Programs {
    pub(crate) rukpakctl: PathBuf,
    pub(crate) registry: PathBuf,
    pub(crate) provisioner: PathBuf,
}

/// Installs one deployment after the other, then many at once.
pub(crate) fn measure(programs: &Programs, command: &str) -> Result<Report> {
    let mut report = Report::default();
    let Some(kubectl) = programs::controlplane("kubectl") else {
        report
            .note("Deployments: left out, since there is no control plane; `make controlplane` builds one.");
        return Ok(report);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let control_plane = runtime
        .block_on(ControlPlane::start(None, |line| eprintln!("{line}")))
        .context("starting a control plane")?;
    let folder = TempDir::new()?;
    let registry = Registry::start(&programs.registry, folder.path())?;
    let deployments = Deployments::open(runtime, &control_plane)?;
    let kubeconfig = control_plane.kubeconfig();
    let bench =
        Bench { programs, kubectl, kubeconfig, folder: folder.path(), registry, deployments, command };
    bench.prepare()?;
    bench.one_by_one(&mut report)?;
    bench.repairs(&mut report)?;
    let provisioner = bench.many(&HUNDRED, &mut report)?;
    bench.deployments.delete_all()?;
    drop(provisioner);
    bench.many(&THOUSAND, &mut report)?;
    report.note(format!(
        "Deployments: `provisioner-plain` with its defaults, warm, on the same API server; images of one layer each from a registry on \
         a loopback address, none of them in the cache. *Create to Installed* begins before the request that creates the \
         BundleDeployment and ends when a watch shows Installed; beside it `rukpakctl apply` of the same {} objects from a directory, the \
         engine alone in a process of its own. *Until it is back* begins before the request that deletes an object of a deployment, or \
         changes a field of it, and ends when a watch shows it as it was; the goal holds for the slowest. *All Installed* begins before \
         the first of the deployments, of {OBJECTS} ConfigMaps each, is created, one after the other; beside it `kubectl apply --server-side` of the same ConfigMaps in one file. *A minute idle* has \
         the processor time of the provisioner as its time. Writes and requests are from the audit log, leases left out. With many at once all \
         cores are busy, most of the time with the API server: an object is two requests (its dry run, its creation), and a \
         BundleDeployment four writes of a custom resource (created, held, its inventory, its end), \
         where kubectl makes one request for each object. *The requests alone* are those, made by a program that fetches, reads, \
         follows and observes nothing.",
        15
    ));
    Ok(report)
}

/// Many deployments at once.
struct Many {
    number: usize,
    /// How often all of them are installed.
    rounds: u32,
    /// What their rows are called.
    measured: &'static str,
    /// And those of the minute after.
    idle: &'static str,
    /// The megabytes that a provisioner may take for them.
    memory: f64,
}

const HUNDRED: Many = Many {
    number: 100,
    rounds: 3,
    measured: "100 deployments of 10",
    idle: "100 deployments, a minute idle",
    memory: 60.0,
};

const THOUSAND: Many = Many {
    number: 1000,
    rounds: 1,
    measured: "1,000 deployments of 10",
    idle: "1,000 deployments, a minute idle",
    memory: 150.0,
};

struct Bench<'a> {
    programs: &'a Programs,
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    folder: &'a Path,
    registry: Registry,
    deployments: Deployments,
    command: &'a str,
}

impl Bench<'_> {
    fn prepare(&self) -> Result<()> {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        run(self.kubectl().args(["apply", "--server-side", "-f"]).arg(format!("{root}/manifests/crds")))?;
        run(self.kubectl().args([
            "wait",
            "--for=condition=Established",
            "crd/bundledeployments.core.rukpak.io",
        ]))?;
        for namespace in ["rukpak-system", NAMESPACE, "bench-kubectl"] {
            run(self.kubectl().args(["create", "namespace", namespace]))?;
        }
        Ok(())
    }

    /// One deployment of 15 objects after the other, in turn with the engine alone.
    fn one_by_one(&self, report: &mut Report) -> Result<()> {
        let set = SETS.first().context("there is no set")?;
        let provisioner = self.start("one")?;
        let (mut ours, mut engine) = (Series::default(), Series::default());
        let mut requests = (0, 0);
        for round in 0..=ROUNDS {
            eprintln!("deployment of {}: round {round} of {ROUNDS}", set.name);
            let bundle = set.write(self.folder, round, '1')?;
            // Another image each time, so that none is in the cache.
            fs::write(bundle.join("manifests/zz.yaml"), format!("# {round}\n"))?;
            let name = format!("one-{round}");
            let image = self.push(&bundle, &name)?;
            let mark = self.deployments.mark();
            let time = self.deployments.install_one(&name, &image, NAMESPACE)?;
            let asked = self.deployments.since(mark);
            self.deployments.delete(&name)?;
            let start = Instant::now();
            run(self
                .rukpakctl()
                .args(["apply", &name])
                .arg(&bundle)
                .args(["--install-namespace", NAMESPACE]))?;
            let alone = start.elapsed();
            run(self.rukpakctl().args(["delete", &name]))?;
            // The first round is not counted: the server has not seen such kinds yet.
            if round > 0 {
                ours.push(Round { time, refused: 0 });
                engine.push(Round { time: alone, refused: 0 });
                requests = asked;
            }
        }
        let ratio = ours.part_of(&engine);
        let measured = "deployment, 15 objects";
        report.goal(format!("{measured}, beside the engine"), Bound::AtMost(1.3), ratio, "of its time");
        let figure = format!(
            "{} requests, {} writes, {:.1} MB",
            requests.0,
            requests.1,
            megabytes(provisioner.resident()?)
        );
        report.rows.push(self.row(
            measured,
            "provisioner, create to Installed",
            &ours,
            figure,
            format!("{ratio:.2} of the engine's"),
        ));
        report.rows.push(self.row(
            measured,
            "rukpakctl apply, of a directory",
            &engine,
            String::new(),
            "1".into(),
        ));
        Ok(())
    }

    /// What somebody does to an object of a deployment.
    fn repairs(&self, report: &mut Report) -> Result<()> {
        let set = SETS.first().context("there is no set")?;
        let _provisioner = self.start("repairs")?;
        let bundle = set.write(self.folder, ROUNDS + 1, '1')?;
        let image = self.push(&bundle, "repairs")?;
        self.deployments.install_one("repairs", &image, NAMESPACE)?;
        eprintln!("deployment of {}: repairs", set.name);
        let repairs = self.deployments.repairs(NAMESPACE, "map-0")?;
        self.deployments.delete("repairs")?;
        let measured = "deployment, 15 objects";
        for (what, series) in [("deleted", &repairs.deleted), ("edited", &repairs.edited)] {
            let slowest = series.slowest().as_secs_f64();
            report.goal(
                format!("{measured}, one {what}, until it is back"),
                Bound::AtMost(2.0),
                slowest,
                "s",
            );
            let figure = format!("{:.0} ms at the slowest", slowest * 1e3);
            let program = format!("provisioner, one {what}, until it is back");
            report.rows.push(self.row(measured, &program, series, figure, String::new()));
        }
        Ok(())
    }

    /// Many deployments at once. The provisioner that takes care of them goes on running.
    fn many(
        &self,
        &Many { number, rounds, measured, idle, memory }: &Many,
        report: &mut Report,
    ) -> Result<Provisioner> {
        let (mut ours, mut kubectl, mut floor) = (Series::default(), Series::default(), Series::default());
        eprintln!("{number} deployments: their requests alone");
        for _ in 0..rounds {
            let time = self.deployments.floor(number, OBJECTS, NAMESPACE)?;
            floor.push(Round { time, refused: 0 });
        }
        let provisioner = self.start(&format!("many-{number}"))?;
        for round in 0..rounds {
            if round > 0 {
                self.deployments.delete_all()?;
            }
            eprintln!("{number} deployments: pushing images of round {round}");
            let (images, all) = self.images(number, round)?;
            let start = Instant::now();
            run(self.kubectl().args(["apply", "--server-side", "-n", "bench-kubectl", "-f"]).arg(&all))?;
            kubectl.push(Round { time: start.elapsed(), refused: 0 });
            eprintln!("{number} deployments: installing");
            let time = self.deployments.install_all(&images, NAMESPACE)?;
            ours.push(Round { time, refused: 0 });
        }
        let ratio = ours.part_of(&kubectl);
        report.goal(format!("{measured}, beside kubectl"), Bound::AtMost(0.6), ratio, "of its time");
        let figure = format!("{:.1} MB", megabytes(provisioner.resident()?));
        let text = format!("{ratio:.2} of kubectl's");
        report.rows.push(self.row(measured, "provisioner, all Installed", &ours, figure, text));
        report.rows.push(self.row(measured, "kubectl apply", &kubectl, String::new(), "1".into()));
        let text = format!("{:.2} of kubectl's", floor.part_of(&kubectl));
        let what = "the requests alone (floor of all Installed)";
        report.rows.push(self.row(measured, what, &floor, String::new(), text));
        std::thread::sleep(AFTER);

        eprintln!("{number} deployments: looking on for a minute");
        let (mark, before) = (self.deployments.mark(), provisioner.processor_time()?);
        std::thread::sleep(IDLE);
        let spent = provisioner.processor_time()?.saturating_sub(before);
        let (asked, written) = self.deployments.since(mark);
        let resident = megabytes(provisioner.resident()?);
        let figure = format!("{asked} requests, {written} writes, {resident:.1} MB");
        let percent = spent.as_secs_f64() / IDLE.as_secs_f64() * 100.0;
        report.goal(idle, Bound::AtMost(0.0), written as f64, "writes");
        report.goal(idle, Bound::AtMost(1.0), percent, "% of a core");
        report.goal(idle, Bound::AtMost(memory), resident, "MB");
        let share = format!("{percent:.2} % of a core");
        report.rows.push(self.row(idle, "provisioner", &once(spent), figure, share));
        drop(provisioner);

        eprintln!("{number} deployments: starting again");
        let mark = self.deployments.mark();
        let start = Instant::now();
        let provisioner = self.start(&format!("many-{number}"))?;
        let (mut asked, mut written) = (0, 0);
        loop {
            std::thread::sleep(Duration::from_secs(2));
            let now = self.deployments.since(mark);
            if now.0 == asked {
                break;
            }
            (asked, written) = now;
        }
        let time = start.elapsed().saturating_sub(Duration::from_secs(2));
        let resident = megabytes(provisioner.resident()?);
        let figure = format!("{asked} requests, {written} writes, {resident:.1} MB");
        report.goal(format!("{measured}, started again"), Bound::AtMost(0.0), written as f64, "writes");
        report.goal(format!("{measured}, started again"), Bound::AtMost(memory), resident, "MB");
        report.rows.push(self.row(
            measured,
            "provisioner, started again until it asks nothing",
            &once(time),
            figure,
            String::new(),
        ));
        Ok(provisioner)
    }

    /// An image of its own for each of many deployments, and a file with all their objects.
    fn images(&self, number: usize, round: u32) -> Result<(Vec<(String, String)>, PathBuf)> {
        let (mut images, mut all) = (Vec::new(), String::new());
        for deployment in 0..number {
            let name = format!("many-{number}-{round}-{deployment}");
            let maps = (0..OBJECTS).map(|object| config_map(&format!("{name}-{object}"), '1'));
            let text = maps.collect::<Vec<_>>().join("---\n");
            let bundle = self.folder.join(&name);
            fs::create_dir_all(bundle.join("manifests"))?;
            fs::write(bundle.join("manifests/all.yaml"), &text)?;
            images.push((name.clone(), self.push(&bundle, &name)?));
            all.push_str(&text);
            all.push_str("---\n");
        }
        let path = self.folder.join(format!("all-{number}.yaml"));
        fs::write(&path, all)?;
        Ok((images, path))
    }

    fn push(&self, bundle: &Path, name: &str) -> Result<String> {
        let image = format!("{}/{name}:v1", self.registry.address);
        run(self.rukpakctl().arg("push").arg(bundle).arg(&image))?;
        Ok(image)
    }

    fn start(&self, cache: &str) -> Result<Provisioner> {
        Provisioner::start(
            &self.programs.provisioner,
            &self.kubeconfig,
            &self.folder.join("cache").join(cache),
        )
    }

    fn rukpakctl(&self) -> Command {
        let mut command = self.kubectl();
        let environment: Vec<_> =
            command.get_envs().map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned))).collect();
        command = Command::new(&self.programs.rukpakctl);
        command.arg("-q").envs(environment.into_iter().filter_map(|(key, value)| Some((key, value?))));
        command
    }

    fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    fn row(
        &self,
        measured: &'static str,
        program: &str,
        series: &Series,
        figure: String,
        ratio: String,
    ) -> Row {
        eprintln!("{measured}: {program}: {:?} {figure} {ratio}", series.median());
        Row { figure, ..Row::of_series(measured, program, series, ratio, self.command) }
    }
}

fn once(time: Duration) -> Series {
    let mut series = Series::default();
    series.push(Round { time, refused: 0 });
    series
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Runs a command to its end, without a word.
fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
