//! What one test has: a name that nobody else has, and everything that goes by it.

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a harness fails by panicking"
)]

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kube::Client;
use serde_json::{Value, json};

use super::bundle::Files;
use super::objects::Objects;
use super::registry::{Shared, put};
use super::{Daemon, Deployment, Provisioners, Rights, SYSTEM, USERS, Use, Which, install};
use crate::controlplane::{Audit, Cluster, Request, Requests, eventually, unique};
use crate::image::Image;

const KIND: &str = "core.rukpak.io/v1alpha2/BundleDeployment";

/// How long nothing is asked where nothing is to be done.
const SETTLED: Duration = Duration::from_secs(1);

/// A name, which is that of a namespace, of a repository, of an API group and of a `BundleDeployment`, too.
#[derive(Debug)]
pub struct Place {
    name: String,
    cluster: Cluster,
    provisioners: &'static Provisioners,
    registry: Arc<Shared>,
    usage: Use,
    /// Whether the provisioners have other rights than at first.
    has_given: AtomicBool,
}

impl Place {
    /// A place beside others, on a control plane of ours. `None`, and a line that says so, where that was not built.
    pub async fn new(what: &str) -> Option<Self> {
        let guard = USERS.read().await;
        Self::of(Cluster::own().await?, what, Use::Shared { _guard: guard }).await
    }

    /// The same on whatever cluster there is, for who needs nothing of it but that it is one: no audit log, no simulated Pods, and
    /// nobody's peace.
    pub async fn anywhere(what: &str) -> Option<Self> {
        let guard = USERS.read().await;
        Self::of(Cluster::existing_or_own().await?, what, Use::Shared { _guard: guard }).await
    }

    /// A place beside which nothing happens: for who kills the processes, or starts them otherwise.
    pub async fn alone(what: &str) -> Option<Self> {
        let guard = USERS.write().await;
        Self::of(Cluster::own().await?, what, Use::Alone { _guard: guard }).await
    }

    async fn of(cluster: Cluster, what: &str, usage: Use) -> Option<Self> {
        Some(Self {
            name: format!("{what}-{}", unique()),
            provisioners: Provisioners::get(&cluster).await,
            cluster,
            registry: Shared::get()?,
            usage,
            has_given: AtomicBool::new(false),
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An API group that nobody else has.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}.example.com", self.name)
    }

    /// The cluster, as its administrator sees it.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// A client of its administrator.
    #[must_use]
    pub fn client(&self) -> Client {
        self.cluster.client()
    }

    /// The processes.
    #[must_use]
    pub fn provisioners(&self) -> &'static Provisioners {
        self.provisioners
    }

    /// Another process of a provisioner, with a cache of its own, which does not run yet and ends when it is dropped. It gets at the API
    /// server as the usual one does, or as another kubeconfig says. Who has it run is alone.
    #[must_use]
    pub fn another(&self, which: Which, name: &str, kubeconfig: Option<&Path>) -> Daemon {
        let usual = self.provisioners.of(which).kubeconfig();
        let kubeconfig = fs::read(kubeconfig.unwrap_or(&usual)).unwrap();
        let directory = self.cluster.directory("provisioners");
        Daemon::new(which, &directory.join(format!("{}-{name}", self.name)), &kubeconfig)
    }

    /// How the usual process of a provisioner gets at the API server.
    #[must_use]
    pub fn kubeconfig(&self, which: Which) -> PathBuf {
        self.provisioners.of(which).kubeconfig()
    }

    /// Stores a bundle as an image, and says how it is referred to.
    #[must_use]
    pub fn push(&self, tag: &str, files: &Files) -> String {
        let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
        self.push_image(tag, &Image::of_files(&files))
    }

    /// Stores an image, and says how it is referred to.
    #[must_use]
    pub fn push_image(&self, tag: &str, image: &Image) -> String {
        let name = format!("{}:{tag}", self.name);
        put(self.registry.registry(), &name, image);
        self.registry.registry().image(&name)
    }

    /// How an image of a tag would be referred to.
    #[must_use]
    pub fn image(&self, tag: &str) -> String {
        self.registry.registry().image(&format!("{}:{tag}", self.name))
    }

    /// What was asked of the registry for this repository, as `GET /v2/… 200`.
    #[must_use]
    pub fn pulls(&self) -> Vec<String> {
        let registry = self.registry.registry();
        let requests = std::thread::scope(|scope| scope.spawn(|| registry.requests()).join()).unwrap();
        let of_pushes = ["PUT", "POST", "PATCH"];
        let is_pull = |request: &String| {
            request.contains(&self.name) && !of_pushes.iter().any(|method| request.starts_with(method))
        };
        requests.into_iter().filter(is_pull).collect()
    }

    /// The spec for an image.
    #[must_use]
    pub fn spec(&self, which: Which, image: &str) -> Value {
        self.spec_of(which, json!({"type": "image", "image": {"ref": image}}))
    }

    /// The spec for a source.
    #[must_use]
    pub fn spec_of(&self, which: Which, source: Value) -> Value {
        let mut spec = json!({"provisionerClassName": which.class(), "installNamespace": self.name});
        spec["source"] = source;
        spec
    }

    /// Makes the `BundleDeployment` of this name.
    pub async fn create(&self, spec: Value) -> Deployment<'_> {
        Deployment::create(self, &self.name, spec).await
    }

    /// Tries to make it. What the server says if it does not take it.
    pub async fn try_create(&self, spec: Value) -> Result<(), String> {
        let object = json!({"metadata": {"name": self.name}, "spec": spec});
        self.global(KIND).try_create(object).await
    }

    /// Makes one whose name is longer than this one's.
    pub async fn create_other(&self, suffix: &str, spec: Value) -> Deployment<'_> {
        Deployment::create(self, &format!("{}-{suffix}", self.name), spec).await
    }

    /// A `BundleDeployment` that is there.
    #[must_use]
    pub fn deployment(&self, name: &str) -> Deployment<'_> {
        Deployment::new(self, name)
    }

    /// Installs the objects of a plain bundle, and waits until all is well.
    pub async fn install_plain(&self, files: &Files) -> Deployment<'_> {
        let image = self.push("v1", files);
        let deployment = self.create(self.spec(Which::Plain, &image)).await;
        deployment.until_settled().await;
        deployment
    }

    /// Objects of a kind, such as `apps/v1/Deployment`, in the namespace of this name.
    #[must_use]
    pub fn objects(&self, kind: &str) -> Objects {
        Objects::new(self.client(), kind, Some(&self.name))
    }

    /// Objects of a kind that has no namespaces.
    #[must_use]
    pub fn global(&self, kind: &str) -> Objects {
        Objects::new(self.client(), kind, None)
    }

    /// Objects of a kind in the namespace of the provisioners.
    #[must_use]
    pub fn system(&self, kind: &str) -> Objects {
        Objects::new(self.client(), kind, Some(SYSTEM))
    }

    /// Makes the namespace of this name.
    pub async fn make_namespace(&self) {
        self.global("v1/Namespace").create(json!({"metadata": {"name": self.name}})).await;
    }

    /// Runs `kubectl` as an administrator, to its end. What it printed.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        install::kubectl(&self.cluster, arguments, None)
    }

    /// Gives the provisioners other rights, until this is dropped. Who does so is alone.
    pub fn give(&self, rights: Rights) {
        self.has_given.store(true, Ordering::SeqCst);
        install::install(&self.cluster, rights);
    }

    /// Applies objects as an administrator.
    #[track_caller]
    pub fn apply(&self, items: Vec<Value>) {
        install::apply(&self.cluster, items);
    }

    /// What is asked of the API server.
    #[must_use]
    pub fn audit(&self) -> Audit {
        self.cluster.audit().unwrap()
    }

    /// Of requests those that a provisioner made for something of this name.
    #[must_use]
    pub fn of_provisioners(&self, requests: &Requests) -> Requests {
        let users = Which::ALL.map(Which::user);
        requests.filter(|request| users.contains(&request.user) && request.uri.contains(&self.name))
    }

    /// What was told about the `BundleDeployments` of this name.
    pub async fn events(&self) -> Vec<Value> {
        let mut events = Objects::new(self.client(), "events.k8s.io/v1/Event", Some("default")).list().await;
        let is_ours = |event: &Value| {
            event["regarding"]["name"].as_str().is_some_and(|name| name.starts_with(&self.name))
        };
        events.retain(is_ours);
        events
    }

    /// Waits until there is a warning of a reason about the `BundleDeployments` of this name.
    pub async fn until_warned(&self, reason: &str) {
        eventually(&format!("a warning {reason}"), async || {
            let is_it = |event: &Value| event["type"] == "Warning" && event["reason"] == reason;
            self.events().await.iter().any(is_it).then_some(())
        })
        .await;
    }

    /// What was said of this place to anybody: the logs, the events, and all that is reported. Each of them says something.
    pub async fn everything_said(&self) -> String {
        eventually("an event about it", async || (!self.events().await.is_empty()).then_some(())).await;
        let logs = Which::ALL.map(|which| self.provisioners.of(which).log()).concat();
        let deployments = self.global(KIND).list().await;
        let events = Objects::new(self.client(), "events.k8s.io/v1/Event", Some("default")).list().await;
        let sources = [logs, Value::from(deployments).to_string(), Value::from(events).to_string()];
        assert!(
            sources.iter().all(|source| source.contains(&self.name)),
            "nothing was said of {}",
            self.name
        );
        sources.join("\n")
    }

    /// Lets some time pass in which something must not happen.
    pub async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Lets some time pass in which no provisioner may ask anything of the API server or of the registry about something of this
    /// name. It begins when what is told of earlier changes has arrived.
    pub async fn quiet_for(&self, time: Duration) {
        self.quiet(time, |_| true).await;
    }

    /// The same, where there are resources whose definition the server has just come to know: it ends their watches, and they are listed
    /// and watched anew.
    pub async fn quiet_but_for_watches(&self, time: Duration) {
        let is_of_a_watch = |request: &Request| {
            matches!(request.verb.as_str(), "list" | "watch") && request.uri.contains("labelSelector=")
        };
        self.quiet(time, |request| !is_of_a_watch(request)).await;
    }

    async fn quiet(&self, time: Duration, counts: impl Fn(&Request) -> bool) {
        let audit = self.audit();
        let asked = async |mark| self.of_provisioners(&audit.since(mark).await).filter(&counts);
        eventually("nothing is asked any more", async || {
            let mark = audit.mark().await;
            self.wait(SETTLED).await;
            asked(mark).await.is_empty().then_some(())
        })
        .await;
        let (mark, pulls) = (audit.mark().await, self.pulls());
        self.wait(time).await;
        let requests = asked(mark).await;
        assert!(requests.is_empty(), "{requests}");
        assert_eq!(self.pulls(), pulls);
    }

    /// Leaves everything to others as they expect it: the processes, their rights, and none of its `BundleDeployments`.
    fn tidy(&self) {
        if matches!(self.usage, Use::Alone { .. }) {
            for which in Which::ALL {
                self.provisioners.of(which).restore();
            }
            if self.has_given.load(Ordering::SeqCst) {
                install::install(&self.cluster, Rights::OfTheCluster);
            }
        }
        let names = install::kubectl(&self.cluster, &["get", "bundledeployments", "-o", "name"], None);
        let of_longer = format!("{}-", self.name);
        let is_ours = |name: &&str| *name == self.name || name.starts_with(&of_longer);
        let ours = names.lines().filter_map(|line| line.split('/').nth(1)).filter(is_ours);
        let mut arguments = vec!["delete", "bundledeployments", "--wait=false", "--ignore-not-found"];
        let fixed = arguments.len();
        arguments.extend(ours);
        if arguments.len() > fixed {
            install::kubectl(&self.cluster, &arguments, None);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let tidied = panic::catch_unwind(AssertUnwindSafe(|| self.tidy()));
        // Where the test has failed, that counts, and a second panic would end all others. The hook has told what is wrong here.
        if let Err(cause) = tidied
            && !thread::panicking()
        {
            panic::resume_unwind(cause);
        }
    }
}
