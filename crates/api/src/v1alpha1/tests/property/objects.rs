//! Objects of both versions as the API server has them, and what may stand in their annotations.

use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const CLASSES: [&str; 4] =
    ["core-rukpak-io-plain", "core-rukpak-io-registry", "core-rukpak-io-helm", "org-example-a"];

/// An object of the fields that have a value.
fn fields<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

fn text() -> BoxedStrategy<Value> {
    prop_oneof!["[a-c]{0,3}", any::<String>()].prop_map(Value::from).boxed()
}

/// Any JSON, null below the first level included.
fn json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text()
    ];
    let value = leaf
        .prop_recursive(3, 12, 3, |inner| btree_map("[a-c]{1,2}", inner, 0..3).prop_map(|map| json!(map)));
    btree_map("[a-c]{1,2}", value, 0..3).prop_map(|map| json!(map)).boxed()
}

fn reference() -> BoxedStrategy<Value> {
    select(vec![
        "a.example.com/web:v1",
        "a.example.com/web:v2",
        "b.example.com:5000/web",
        "web",
        "library/web",
    ])
    .prop_map(Value::from)
    .boxed()
}

fn auth() -> BoxedStrategy<Option<Value>> {
    option::of((option::of(text()), option::of(any::<bool>())).prop_map(|(name, skip)| {
        fields([
            ("secret", name.map(|name| json!({"name": name}))),
            ("insecureSkipVerify", skip.map(Value::from)),
        ])
    }))
    .boxed()
}

/// A source, with what v1alpha1 lacks of it or without.
fn source(is_new: bool) -> BoxedStrategy<Value> {
    let new = move |value: Option<Value>| value.filter(|_| is_new);
    let image = (reference(), option::of(text()), option::of(any::<bool>()), option::of(text())).prop_map(
        move |(reference, secret, skip, certificates)| {
            let image = fields([
                ("ref", Some(reference)),
                ("pullSecret", secret),
                ("insecureSkipTLSVerify", new(skip.map(Value::from))),
                ("certificateData", new(certificates)),
            ]);
            json!({"type": "image", "image": image})
        },
    );
    let http = (select(vec!["https://a", "http://b"]), option::of(text()), auth()).prop_map(
        move |(url, hash, auth)| {
            let http = fields([("url", Some(url.into())), ("sha256", new(hash)), ("auth", auth)]);
            json!({"type": "http", "http": http})
        },
    );
    let git = (text(), option::of(text()), select(vec!["branch", "tag", "commit"]), auth()).prop_map(
        |(repository, directory, name, auth)| {
            let git = fields([
                ("repository", Some(repository)),
                ("directory", directory),
                ("ref", Some(json!({name: "x"}))),
                ("auth", auth),
            ]);
            json!({"type": "git", "git": git})
        },
    );
    let maps = (text(), option::of(text())).prop_map(|(name, path)| {
        let map = fields([("configMap", Some(json!({"name": name}))), ("path", path)]);
        json!({"type": "configMaps", "configMaps": [map]})
    });
    (prop_oneof![image, http, git, maps], option::of(1..9))
        .prop_map(move |(mut source, minutes)| {
            if let Some(minutes) = new(minutes.map(Value::from)) {
                source["pollIntervalMinutes"] = minutes;
            }
            source
        })
        .boxed()
}

/// An object without a spec: with metadata of any kind, and a status.
fn whole(version: &'static str) -> BoxedStrategy<Value> {
    (option::of(btree_map("[a-c]{1,2}", text(), 1..3)), option::of(json()))
        .prop_map(move |(annotations, status)| {
            let metadata =
                fields([("name", Some("web".into())), ("annotations", annotations.map(|map| json!(map)))]);
            fields([
                ("apiVersion", Some(format!("core.rukpak.io/{version}").into())),
                ("kind", Some("BundleDeployment".into())),
                ("metadata", Some(metadata)),
                ("status", status),
            ])
        })
        .boxed()
}

pub(super) fn old() -> BoxedStrategy<Value> {
    let classes = (select(CLASSES.to_vec()), select(CLASSES.to_vec()));
    let spec = (classes, source(false), option::of(json()), option::of(json()));
    (whole("v1alpha1"), spec)
        .prop_map(|(mut whole, ((class, template), source, metadata, config))| {
            let inner = json!({"provisionerClassName": template, "source": source});
            let template = fields([("spec", Some(inner)), ("metadata", metadata)]);
            whole["spec"] = fields([
                ("provisionerClassName", Some(class.into())),
                ("template", Some(template)),
                ("config", config),
            ]);
            whole
        })
        .boxed()
}

fn preflight() -> BoxedStrategy<Value> {
    (option::of(any::<bool>()), select(vec!["Strict", "None"]), option::of(text()))
        .prop_map(|(off, enforcement, path)| {
            let waivers = path.map(|path| json!([{"path": path}, {}]));
            let safety = fields([
                ("disabled", off.map(Value::from)),
                ("enforcement", Some(enforcement.into())),
                ("waivers", waivers),
            ]);
            json!({"crdUpgradeSafety": safety})
        })
        .boxed()
}

pub(super) fn new() -> BoxedStrategy<Value> {
    let namespace = || option::of(select(vec!["web", "rukpak-system"]).prop_map(Value::from));
    let flag = || option::of(any::<bool>().prop_map(Value::from));
    let policies = (
        option::of(select(vec!["Prevent", "IfNoController", "None"]).prop_map(Value::from)),
        option::of(select(vec!["Delete", "KeepCRDs", "Orphan"]).prop_map(Value::from)),
        option::of((1..100).prop_map(Value::from)),
        option::of(preflight()),
    );
    let account = (option::of(text()), namespace());
    let base = (select(CLASSES.to_vec()), source(true), option::of(json()), namespace());
    (whole("v1alpha2"), base, account, policies, flag(), flag())
        .prop_map(
            |(
                mut whole,
                (class, source, config, namespace),
                (account, of_account),
                policies,
                paused,
                force,
            )| {
                let (collisions, deletion, deadline, preflight) = policies;
                // The definition says so.
                let namespace = namespace.or_else(|| (class == CLASSES[0]).then(|| "web".into()));
                whole["spec"] = fields([
                    ("provisionerClassName", Some(class.into())),
                    ("source", Some(source)),
                    ("config", config),
                    ("installNamespace", namespace),
                    ("serviceAccountName", account),
                    ("serviceAccountNamespace", of_account),
                    ("collisionProtection", collisions),
                    ("deletionPolicy", deletion),
                    ("progressDeadlineMinutes", deadline),
                    ("preflight", preflight),
                    ("paused", paused),
                    ("force", force),
                ]);
                whole
            },
        )
        .boxed()
}

/// What may stand in an annotation: anything, or nearly what we write.
pub(super) fn annotation() -> BoxedStrategy<Value> {
    let classes =
        (select(CLASSES.to_vec()), select(CLASSES.to_vec())).prop_map(|(one, two)| format!("{one}/{two}"));
    let spec = (
        new(),
        select(vec!["source", "paused", "installNamespace", "preflight", "deletionPolicy", "force"]),
        json(),
    );
    let spec = spec.prop_map(|(mut whole, name, value)| {
        if value.get("a").is_some() {
            whole["spec"][name] = value;
        }
        whole["spec"].to_string()
    });
    prop_oneof![classes, json().prop_map(|value| value.to_string()), spec, any::<String>()]
        .prop_map(Value::from)
        .boxed()
}
