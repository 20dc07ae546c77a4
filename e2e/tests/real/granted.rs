//! Every operator, installed by an account that has what was told to be missing, and nothing else.

use std::io::{self, Write as _};

use e2e::controlplane::eventually;
use e2e::process::{Run, run_with};
use e2e::provisioners::Place;
use serde_json::json;

use crate::foreign::Foreign;
use crate::installer::{Installer, error};
use crate::{known, operators};

#[tokio::test]
#[ignore = "it takes minutes; `make corpus` runs it"]
async fn every_operator_is_installed_by_an_account_that_has_what_it_is_told_to_lack() {
    let Some(operators) = operators::all() else { return };
    let Some(place) = Place::new("granted").await else { return };
    place.make_namespace().await;
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "installer"}})).await;
    let mut unknown = Vec::new();
    for operator in &operators {
        let installer = Installer::new(&place, operator);
        let foreign = Foreign::of(&installer.all_objects(), &place).await;
        let account = Account { place: &place, installer: &installer };
        let run = account.install().await;
        let how = if run.code == Some(0) { "fine" } else { error(&run) };
        let line = format!("{}: {how}", operator.name);
        let _ = writeln!(io::stderr(), "{line}");
        if run.code != Some(0) && !known::of_install(how) {
            unknown.push(line);
        }
        if installer.is_there() {
            account.remove().await;
        }
        foreign.remove().await;
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// The account, for one operator.
struct Account<'a> {
    place: &'a Place,
    installer: &'a Installer<'a>,
}

impl Account<'_> {
    /// Installs the newest version.
    async fn install(&self) -> Run {
        self.with_what_is_missing(|account| {
            self.installer.with(&["apply", &self.installer.operator.name], 1, &["--service-account", account])
        })
        .await
    }

    async fn remove(&self) {
        let name = self.installer.operator.name.as_str();
        let removed = self.with_what_is_missing(|account| {
            self.installer.run(&["delete", name, "--service-account", account, "--timeout", "1m"])
        });
        removed.await.ok();
        self.installer.assert_gone().await;
    }

    /// Runs something, which is refused for what the account may not do; and again, when it may. It has that no longer than this.
    async fn with_what_is_missing(&self, work: impl Fn(&str) -> Run) -> Run {
        let account = format!("{}/installer", self.place.name());
        let refused = work(&account);
        if !lacks_rights(&refused) {
            return refused;
        }
        let granted = ["apply", "delete"].map(|verb| {
            let mut kubectl = self.place.cluster().kubectl().unwrap();
            kubectl.args([verb, "-f", "-"]);
            kubectl
        });
        let [mut give, mut take] = granted;
        run_with(&mut give, refused.stdout.as_bytes()).ok();
        // A server goes by them a moment later.
        let what = format!("{} may be installed, or removed", self.installer.operator.name);
        let done = eventually(&what, async || {
            let run = work(&account);
            (!lacks_rights(&run)).then_some(run)
        })
        .await;
        run_with(&mut take, refused.stdout.as_bytes()).ok();
        done
    }
}

fn lacks_rights(run: &Run) -> bool {
    run.code != Some(0) && error(run).contains("may not do all that the set needs")
}
