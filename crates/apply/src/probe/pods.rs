//! Single pods.

use serde_json::Value;

use super::Health;
use super::health::Check;
use super::live::{Condition, Live};

/// What a container waits for while nothing is wrong.
const ORDINARY: [&str; 3] = ["", "ContainerCreating", "PodInitializing"];

/// Ready, or done (kstatus: `podConditions`).
///
/// A pod that has failed is not as it should be, and a container that crashes again and again is a failure in an init container
/// too; kstatus looks at neither. A pod that cannot be scheduled is in progress: a node may come, and for how long to wait (kstatus:
/// 15 seconds from its creation) needs a clock.
pub(super) fn pod(live: Live<'_>) -> Check {
    match live.text(&["status", "phase"]) {
        "Succeeded" => Ok(()),
        "Failed" => Err(Health::failed(failure(live))),
        "Running" if live.holding("Ready").is_some() => Ok(()),
        "Running" => Err(crash_loop(live).unwrap_or_else(|| {
            let unready = live.condition("Ready").and_then(Condition::says).map(str::to_owned);
            Health::in_progress("is not ready").because(waiting(live).or(unready))
        })),
        "Pending" => Err(crash_loop(live).unwrap_or_else(|| pending(live))),
        "" => Err(Health::in_progress("has no phase yet")),
        phase => Err(Health::unknown(format_args!("phase is {phase}"))),
    }
}

fn pending(live: Live<'_>) -> Health {
    match live.condition("PodScheduled").filter(|scheduled| scheduled.status == "False") {
        Some(scheduled) => Health::in_progress("is not scheduled").because(scheduled.says()),
        None => Health::in_progress("is starting").because(waiting(live)),
    }
}

/// Why the pod has failed: what it says itself (`Evicted`), else how its first failed container ended.
fn failure(live: Live<'_>) -> String {
    let own = [live.text(&["status", "message"]), live.text(&["status", "reason"])];
    if let Some(own) = own.into_iter().find(|text| !text.is_empty()) {
        return format!("has failed: {own}");
    }
    let ended = containers(live).find_map(|(name, container)| {
        exit(container.get("state")?).map(|exit| format!("has failed: container {name} ended with {exit}"))
    });
    ended.unwrap_or_else(|| "has failed".to_owned())
}

fn crash_loop(live: Live<'_>) -> Option<Health> {
    let (name, container) =
        containers(live).find(|(_, container)| waits_for(container).0 == "CrashLoopBackOff")?;
    let last = container.get("lastState").and_then(exit);
    let last = last.map(|exit| format!(", last with {exit}")).unwrap_or_default();
    Some(Health::failed(format_args!("container {name} ends again and again (CrashLoopBackOff){last}")))
}

/// What the first container waits for that it should not have to wait for, such as an image that cannot be pulled.
fn waiting(live: Live<'_>) -> Option<String> {
    containers(live).find_map(|(name, container)| {
        let (reason, message) = waits_for(container);
        let colon = if message.is_empty() { "" } else { ": " };
        (!ORDINARY.contains(&reason)).then(|| format!("container {name} waits ({reason}){colon}{message}"))
    })
}

fn containers(live: Live<'_>) -> impl Iterator<Item = (&str, &Value)> {
    let statuses = |field| live.list(&["status", field]).iter();
    statuses("initContainerStatuses").chain(statuses("containerStatuses")).map(|status| {
        let name = status.get("name").and_then(Value::as_str).unwrap_or_default();
        (name, status)
    })
}

/// Reason and message of a container's waiting.
fn waits_for(container: &Value) -> (&str, &str) {
    let waiting = container.get("state").and_then(|state| state.get("waiting"));
    let text =
        |key: &str| waiting.and_then(|waiting| waiting.get(key)).and_then(Value::as_str).unwrap_or_default();
    (text("reason"), text("message"))
}

/// How a container ended that did not end well: `exit code 137 (OOMKilled)`.
fn exit(state: &Value) -> Option<String> {
    let terminated = state.get("terminated")?;
    let code = terminated.get("exitCode").and_then(Value::as_i64).filter(|code| *code != 0)?;
    let reason = terminated.get("reason").and_then(Value::as_str).filter(|reason| !reason.is_empty());
    Some(reason.map_or(format!("exit code {code}"), |reason| format!("exit code {code} ({reason})")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::created("{}", "InProgress: has no phase yet")]
    #[case::starting("{phase: Pending}", "InProgress: is starting")]
    #[case::creating_containers(
        "{phase: Pending, containerStatuses: [{name: a, state: {waiting: {reason: ContainerCreating}}}]}",
        "InProgress: is starting"
    )]
    #[case::without_its_image(
        "{phase: Pending, containerStatuses: [{name: a, state: {running: {}}}, \
         {name: b, state: {waiting: {reason: ErrImagePull, message: not found}}}]}",
        "InProgress: is starting: container b waits (ErrImagePull): not found"
    )]
    #[case::unschedulable(
        "{phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: 0/3 nodes are available}]}",
        "InProgress: is not scheduled: 0/3 nodes are available"
    )]
    #[case::crashing_before_it_begins(
        "{phase: Pending, initContainerStatuses: [{name: setup, state: {waiting: {reason: CrashLoopBackOff}}}]}",
        "Failed: container setup ends again and again (CrashLoopBackOff)"
    )]
    #[case::running_not_ready(
        "{phase: Running, conditions: [{type: Ready, status: 'False', message: 'containers with unready status: [a]'}]}",
        "InProgress: is not ready: containers with unready status: [a]"
    )]
    #[case::crashing(
        "{phase: Running, containerStatuses: [{name: a, state: {waiting: {reason: CrashLoopBackOff}}, \
         lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}",
        "Failed: container a ends again and again (CrashLoopBackOff), last with exit code 137 (OOMKilled)"
    )]
    #[case::ready("{phase: Running, conditions: [{type: Ready, status: 'True'}]}", "Healthy")]
    #[case::succeeded("{phase: Succeeded}", "Healthy")]
    #[case::failed(
        "{phase: Failed, containerStatuses: [{name: a, state: {terminated: {exitCode: 0}}}, {name: b, state: {terminated: {exitCode: 2}}}]}",
        "Failed: has failed: container b ended with exit code 2"
    )]
    #[case::evicted("{phase: Failed, reason: Evicted}", "Failed: has failed: Evicted")]
    #[case::failed_without_words("{phase: Failed}", "Failed: has failed")]
    #[case::lost("{phase: Unknown}", "Unknown: phase is Unknown")]
    #[case::odd(
        "{phase: Running, containerStatuses: [5, {name: 1, state: []}], conditions: [Ready]}",
        "InProgress: is not ready"
    )]
    fn pods(#[case] status: &str, #[case] expected: &str) {
        assert_eq!(judged("v1 Pod", &format!("status: {status}")), expected);
    }
}
