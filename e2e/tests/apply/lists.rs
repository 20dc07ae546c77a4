//! Elements that stand twice, and objects that are too large: what a `POST` takes and nothing after it.

use e2e::process::below;
use e2e::programs;
use rukpak_apply::cluster::{Mode, Refusal, Trial};
use rukpak_apply::engine::EngineError;
use rukpak_apply::{ObjectId, all_known};
use rukpak_manifest::read_objects;
use serde_json::{Map, Value, json};

use super::bench::{Bench, manifests, problems, text};
use super::definitions::gadgets;

#[tokio::test]
async fn a_variable_that_stands_twice_is_named_with_its_container() {
    let Some(bench) = Bench::new("env").await else { return };
    let problems = bench
        .problems(
            "
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: a, port: 80}, {name: b, port: 80}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.k8s.io/pause:3.10
        env: [{name: X, value: '1'}, {name: Y}, {name: X, value: '2'}]
",
        )
        .await;
    assert_eq!(problems.len(), 2);
    assert!(
        problems[0].ends_with("spec.ports has port=80,protocol=TCP twice, expected it once"),
        "{problems:?}"
    );
    let expected = "spec.template.spec.containers[name=web].env has name=X twice, expected it once";
    assert!(problems[1].ends_with(expected), "{problems:?}");
}

const LISTS: &str = "names: {type: array, items: {type: string}, x-kubernetes-list-type: set}, ports: {type: array, \
    x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [port], items: {type: object, required: [port], properties: {port: \
    {type: integer}}}}";

/// By the schema in the set, and by the server where the definition is there already.
#[tokio::test]
async fn elements_of_a_custom_resource_that_stand_twice() {
    let Some(bench) = Bench::new("schema").await else { return };
    let group = format!("ten.{}.example.com", bench.namespace);
    let set = gadgets(&group)
        .replace("size: {type: integer}", LISTS)
        .replace("spec: {size: 1}", "spec: {names: [a, b, a], ports: [{port: 1}, {port: 1}]}");
    let problems = bench.problems(&set).await;
    assert_eq!(problems.len(), 2);
    assert!(problems[0].ends_with("spec.names[2]: Duplicate value: \"a\""), "{problems:?}");
    assert!(problems[1].ends_with("spec.ports[1]: Duplicate value: {\"port\":1}"), "{problems:?}");

    let (definition, gadget) = set.split_once("---").unwrap();
    bench.other("definer").apply(definition).await.unwrap();
    let error = bench.apply_when_served(gadget).await.unwrap_err();
    let text = text(&error);
    assert!(text.starts_with(&format!("cannot create Gadget.{group} {}/one: ", bench.namespace)), "{text}");
    assert!(text.contains("duplicate entries for key [port=1]"), "{text}");
    // The definition is another's, who may change it.
    assert!(!error.is_permanent());
    assert_eq!(bench.inventory().await, [""; 0]);
}

/// A `POST` would drop it, and every later apply be refused.
#[tokio::test]
async fn a_field_that_a_kind_does_not_have_is_named_before_the_first_write() {
    let Some(bench) = Bench::new("unknown").await else { return };
    let set = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
        {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}], unknown: 1}}";
    let error = bench.apply(set).await.unwrap_err();
    let text = text(&error);
    assert!(text.contains("Service ") && text.contains("unknown field \"spec.unknown\""), "{text}");
    assert!(error.is_permanent());
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
}

/// Neither does server-side apply take it, which is not asked about a definition.
#[tokio::test]
async fn a_rule_of_a_definition_that_stands_twice_is_named_with_its_schema() {
    let Some(bench) = Bench::new("rules").await else { return };
    let rules = "size: {type: integer, x-kubernetes-validations: [{rule: self > 0}, {rule: self > 0, message: more}]}";
    let set = gadgets(&format!("twenty.{}.example.com", bench.namespace));
    let (definition, _) = set.split_once("---").unwrap();
    let definition = definition.replace("size: {type: integer}", rules);
    let problems = bench.problems(&definition).await;
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    let list =
        "spec.versions[v1].schema.openAPIV3Schema.properties.spec.properties.size.x-kubernetes-validations";
    let told = format!("{list} has rule=\"self > 0\" twice, expected it once");
    assert!(problem.ends_with(&told), "{problem}");
    let object = manifests(&definition).iter().next().unwrap().clone();
    let address = bench.address(&object).await;
    let refused = bench.cluster.apply(&address, &object, Mode::DryRun).await.unwrap_err();
    assert!(refused.to_string().contains("duplicate entries for key [rule=\"self > 0\"]"), "{refused}");
}

/// A definition of resources of any size, and a resource with a text of a size, and with so many fields, each of which the server
/// notes who has it.
fn large(group: &str, name: &str, size: usize, fields: usize) -> (String, String) {
    let fields = (0..fields)
        .map(|number| format!("field-{number}: {}, ", "x".repeat(30)))
        .collect::<Vec<_>>()
        .concat();
    let spec = format!("spec: {{text: {{{fields} a: {}}}}}", "x".repeat(size));
    let set = gadgets(group)
        .replace("size: {type: integer}", "text: {type: object, additionalProperties: {type: string}}")
        .replace("spec: {size: 1}", &spec)
        .replace("name: one", &format!("name: {name}"));
    let (definition, gadget) = set.split_once("---").unwrap();
    (definition.to_owned(), gadget.to_owned())
}

/// What a server does not store is told before anything is.
#[tokio::test]
async fn an_object_that_is_too_large_is_told_with_its_size() {
    let Some(bench) = Bench::new("large").await else { return };
    let group = format!("eleven.{}.example.com", bench.namespace);
    let (definition, small) = large(&group, "one", 10, 0);
    bench.other("definer").apply(&definition).await.unwrap();
    bench.apply_when_served(&small).await.unwrap();

    // Larger than an object may be in any case.
    let problems = bench.problems(&large(&group, "one", 1_600_000, 0).1).await;
    assert!(problems[0].contains("Gadget") && problems[0].contains("it has 1600"), "{problems:?}");
    // And what only becomes so by what the server adds, when it is made or changed.
    let (_, other) = large(&group, "one", 20, 0);
    let sets = [("create", "many", other), ("apply", "one", String::new())];
    for (verb, name, other) in sets {
        let (_, many) = large(&group, name, 10, 25_000);
        let error = bench.apply(&format!("{many}---\n{other}")).await.unwrap_err();
        let text = text(&error);
        let beginning = format!("cannot {verb} Gadget.{group} {}/{name}: it has 1", bench.namespace);
        assert!(text.starts_with(&beginning), "{text}");
        assert!(text.contains("bytes as the server stores it, the limit is"), "{text}");
        assert!(error.is_permanent());
    }
    let one = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    assert_eq!(one.get(&["spec", "text", "a"]).and_then(Value::as_str).map(str::len), Some(10));
    // What is just below is stored.
    bench.apply(&large(&group, "one", 1_500_000, 0).1).await.unwrap();
}

/// About what its own definitions make possible the server cannot be asked before, and it adds to what is as large as may be.
#[tokio::test]
async fn an_object_that_the_server_does_not_store_is_told_as_such() {
    const MOST: usize = 1_572_864;
    let Some(bench) = Bench::new("large-set").await else { return };
    let group = format!("twelve.{}.example.com", bench.namespace);
    let (definition, too_large) = large(&group, "large", MOST, 0);
    let problems = bench.problems(&format!("{definition}---\n{too_large}")).await;
    let (_, bytes) = problems[0].split_once("it has ").unwrap();
    let bytes: usize = bytes.split(' ').next().unwrap().parse().unwrap();
    // The marks of an owner with a longer name and UID come on top.
    let (_, just) = large(&group, "large", MOST - (bytes - MOST) - 100, 0);
    let error = bench.apply(&format!("{definition}---\n{just}")).await.unwrap_err();
    let EngineError::Api(refused) = &error else { panic!("{error:?}") };
    assert_eq!((refused.refusal(), error.is_permanent()), (Refusal::TooLarge, true));
    let text = text(&error);
    assert_eq!(
        text,
        format!("cannot create Gadget.{group} {}/large: etcdserver: request is too large", bench.namespace)
    );
}

#[tokio::test]
async fn a_config_map_that_is_too_large_is_refused_by_its_kind() {
    let Some(bench) = Bench::new("large-map").await else { return };
    let data = "x".repeat(1_100_000);
    let set = format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{a: {data}}}}}");
    let error = bench.apply(&set).await.unwrap_err();
    let EngineError::Refused(all) = &error else { panic!("{error:?}") };
    let [EngineError::Api(refused)] = all.as_slice() else { panic!("{error:?}") };
    assert_eq!(refused.refusal(), Refusal::Invalid);
    assert!(text(&error).contains("may not be more than 1048576 bytes"), "{}", text(&error));
}

/// Of so many files of real bundles one is taken.
const STEP: usize = 20;

/// What is asked by a strict `POST` is taken where server-side apply takes it, and nowhere else.
#[tokio::test]
async fn a_strict_post_says_of_real_objects_what_server_side_apply_does() {
    let Some(bench) = Bench::new("trials").await else { return };
    let (mut asked, mut differ) = (0, Vec::new());
    let served = bench.served().await;
    for path in below(&programs::real_bundles()).iter().filter(|path| path.is_file()).step_by(STEP) {
        let Ok((objects, _)) = read_objects(&std::fs::read(path).unwrap(), &mut 1_000_000) else { continue };
        for mut object in objects.into_iter().map(|located| located.object) {
            let Some(resource) = served.get(&object.gvk()) else { continue };
            object.fields_mut().remove("status");
            object.set_namespace(Some(bench.namespace.as_str()).filter(|_| resource.namespaced));
            let address = bench.address(&object).await;
            if !all_known(&address.id) {
                continue;
            }
            let is_taken = async |trial| bench.cluster.would_create(&address, &object, trial).await.is_ok();
            asked += 1;
            if is_taken(Trial::Post).await != is_taken(Trial::Apply).await {
                differ.push(path.display().to_string());
            }
        }
    }
    if !programs::real_bundles().is_dir() {
        programs::skipped("no real bundles to ask about, RUKPAK_CORPUS may name some");
        return;
    }
    assert!(asked > 0);
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Kinds that nobody puts into a bundle.
const NOT_KNOWN: [&str; 2] = ["CSINode", "ComponentStatus"];

/// Every list with keys that the server knows of is known here, too, and every set of those kinds about which it is not asked by
/// server-side apply.
#[tokio::test]
async fn all_lists_with_keys_of_the_server_are_known() {
    let Some(bench) = Bench::new("openapi").await else { return };
    let get = async |path: String| {
        let request = hyper::Request::get(path).body(vec![]).unwrap();
        let text = bench.client.request_text(request).await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let served = bench.served().await;
    let index = get("/openapi/v3".into()).await;
    let (mut lists, mut missing) = (0, Vec::new());
    for (path, _) in index["paths"].as_object().unwrap() {
        // Others' groups are the other tests' business.
        if path.matches('/').count() == 0 || path.contains("example.com") {
            continue;
        }
        let document = get(format!("/openapi/v3/{path}")).await;
        let Some(schemas) = document["components"]["schemas"].as_object() else { continue };
        for schema in schemas.values() {
            for kind in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
                let text = |field| kind[field].as_str().unwrap().to_owned();
                let (group, version, kind) = (text("group"), text("version"), text("kind"));
                if kind.ends_with("List") || NOT_KNOWN.contains(&kind.as_str()) {
                    continue;
                }
                let api_version = if group.is_empty() { version } else { format!("{group}/{version}") };
                let id = ObjectId {
                    group: group.clone(),
                    kind: kind.clone(),
                    namespace: String::new(),
                    name: "a".into(),
                };
                let with_sets = all_known(&id);
                for fields in twice(schema, schemas, with_sets, &mut vec![]) {
                    lists += 1;
                    let mut object = fields;
                    object.insert("apiVersion".into(), json!(api_version));
                    object.insert("kind".into(), json!(kind));
                    object.insert("metadata".into(), json!({"name": "a"}));
                    let object = Value::Object(object).to_string();
                    let problems = problems(&object, &served);
                    if !problems.iter().any(|problem| problem.contains(" twice, expected it once")) {
                        missing.push(object);
                    }
                }
            }
        }
    }
    assert!(lists > 100, "{lists}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// For each list with keys below a schema, an object in which nothing is but two equal elements of it.
fn twice(
    schema: &Value,
    schemas: &Map<String, Value>,
    with_sets: bool,
    seen: &mut Vec<String>,
) -> Vec<Map<String, Value>> {
    let mut found = Vec::new();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        // Nor is that of what is made by an object ever planned.
        if name == "metadata" || name == "status" {
            continue;
        }
        let mut add = |value: Value| found.push(Map::from_iter([(name.clone(), value)]));
        let mut below = |field: &Value| {
            let reference = [&field["$ref"], &field["allOf"][0]["$ref"]].into_iter().find_map(Value::as_str);
            let Some(target) = reference.and_then(|path| path.rsplit('/').next()) else { return vec![] };
            if seen.iter().any(|one| one == target) {
                return vec![];
            }
            seen.push(target.to_owned());
            let found = twice(&schemas[target], schemas, with_sets, seen);
            seen.pop();
            found
        };
        if field["x-kubernetes-list-type"] == "map" {
            let keys = field["x-kubernetes-list-map-keys"].as_array().unwrap();
            let element: Map<_, _> =
                keys.iter().map(|key| (key.as_str().unwrap().to_owned(), json!("x"))).collect();
            add(json!([element, element]));
        }
        if with_sets && field["x-kubernetes-list-type"] == "set" {
            add(json!(["x", "x"]));
        }
        if field["type"] == "array" {
            // In an element that can be told from others.
            for mut inner in below(&field["items"]) {
                inner.insert("name".into(), json!("outer"));
                add(json!([inner]));
            }
        } else {
            for inner in below(field) {
                add(Value::Object(inner));
            }
        }
    }
    found
}
