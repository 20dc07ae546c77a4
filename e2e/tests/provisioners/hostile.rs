//! Bundles that are made to take a provisioner down, and all who depend on it.

use e2e::provisioners::bundle::{Files, maps};
use e2e::provisioners::{Place, Which};

/// What the manifests of the provisioners let them have.
const MEMORY: u64 = 512 << 20;

/// Two objects of nothing but mappings of one key, which take the most memory for what they say.
fn heavy() -> Files {
    let object = |name: &str, items: usize| {
        let head = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n");
        (format!("manifests/{name}.yaml"), head + &"- {a: }\n".repeat(items))
    };
    vec![object("one", 55_000), object("other", 30_000)]
}

#[tokio::test]
async fn bundles_that_take_memory_take_nobody_else_down() {
    let Some(place) = Place::alone("heavy").await else { return };
    let daemon = place.provisioners().of(Which::Plain);
    let image = place.push("heavy", &heavy());
    let mut all = Vec::new();
    for number in 0..6 {
        let mut spec = place.spec(Which::Plain, &image);
        spec["installNamespace"] = format!("{}-{number}", place.name()).into();
        all.push(place.create_other(&number.to_string(), spec).await);
    }
    let web = place.install_plain(&maps(3, "1")).await;
    assert_eq!(web.see().await.inventory().len(), 3);
    for deployment in &all {
        let seen = deployment.until_says("Installed", "False/InstallFailed").await;
        let message = seen.message("Installed");
        assert!(message.contains("ConfigMap") && message.len() < 32 << 10, "{} bytes", message.len());
    }
    let most = daemon.most_resident();
    assert!(daemon.state() == "running" && most < MEMORY, "{most} bytes, {}", daemon.state());
    // Nobody else has them read again, whenever a process starts.
    for deployment in &all {
        deployment.delete().await;
    }
    for deployment in &all {
        deployment.until_gone().await;
    }
}

/// What is owned stands in the status, and an API server stores no more than 1.5 MiB of an object.
#[tokio::test]
async fn what_owns_more_than_a_status_holds_is_refused_and_what_runs_stays() {
    let Some(place) = Place::new("vast").await else { return };
    let web = place.install_plain(&maps(2, "1")).await;
    let before = web.see().await;
    let long = "n".repeat(240);
    let objects = (0..6_500)
        .map(|number| format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {long}{number}}}\n"));
    let vast: Files = vec![("manifests/vast.yaml".to_owned(), objects.collect())];
    web.switch_to(&place.push("vast", &vast)).await;
    let seen = web.until_at_last("refused", |seen| seen.says("Stalled") == "True/UpgradeFailed").await;
    assert!(seen.message("Stalled").contains("too large"), "{}", seen.message("Stalled"));
    assert_eq!(seen.inventory(), before.inventory());
    assert_eq!(
        (seen.says("Installed"), seen.says("Healthy")),
        (before.says("Installed"), before.says("Healthy"))
    );
}
