//! What is counted over all `BundleDeployments`, anew after something about them has changed.

use std::sync::Arc;
use std::time::Duration;

use rukpak_api::condition;
use tokio::time::sleep;

use crate::conditions::Truth;
use crate::context::Context;
use crate::metrics::Statuses;

/// How long more is waited for before it is counted.
const SETTLE: Duration = Duration::from_secs(1);

/// Counts how many `BundleDeployments` of our class have which condition.
pub(crate) async fn follow(context: Arc<Context>) {
    loop {
        count(&context);
        context.deployments.changed().await;
        sleep(SETTLE).await;
    }
}

fn count(context: &Context) {
    let all = context.deployments.all();
    for kind in condition::ALL {
        let mut counts = Statuses::default();
        for deployment in all.iter().filter(|deployment| context.is_ours(deployment)) {
            let conditions = deployment.status.iter().flat_map(|status| &status.conditions);
            let found = conditions.into_iter().find(|one| one.type_ == kind);
            match found.map(|found| found.status.as_str()) {
                Some(status) if status == Truth::True.as_str() => counts.is_true += 1,
                Some(status) if status == Truth::False.as_str() => counts.is_false += 1,
                _ => counts.unknown += 1,
            }
        }
        context.metrics.deployments(kind, counts);
    }
}
