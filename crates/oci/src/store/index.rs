//! The index of a layout (`index.json`): which images there are, and what they are called.
//!
//! It is kept as the document that it is, so that what is not understood stays when it is written again.

use oci_distribution::manifest as wire;
use rukpak_tree::ShownPath;
use serde::{Deserialize as _, de};
use serde_json::{Map, Value, json};

use super::error::StoreError;
use crate::Descriptor;
use crate::json;
use crate::manifest::{NAME_ANNOTATION, Part};

/// Where containerd, and with it Docker, keeps the whole name of an image.
const CONTAINERD_ANNOTATION: &str = "io.containerd.image.name";

/// How many images an error lists.
const LISTED: usize = 20;

/// A layout's index.
pub(super) struct LayoutIndex(Map<String, Value>);

impl LayoutIndex {
    /// One without images.
    pub(super) fn new() -> Self {
        let mut document = Map::new();
        document.insert("schemaVersion".into(), json!(2));
        document.insert("mediaType".into(), json!(wire::OCI_IMAGE_INDEX_MEDIA_TYPE));
        Self(document)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let document: Map<String, Value> = json::parse(bytes)?;
        match document.get("manifests") {
            None | Some(Value::Null | Value::Array(_)) => Ok(Self(document)),
            Some(_) => Err(de::Error::custom("\"manifests\" is no list")),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        Value::Object(self.0.clone()).to_string().into_bytes()
    }

    /// The manifest of the image that is called so or, without a name, of the only one. `path` is for errors.
    pub(super) fn find(&self, name: Option<&str>, path: &ShownPath) -> Result<Descriptor, StoreError> {
        let entry = match name {
            None => self.only(path)?,
            Some(name) => self.named(name, path)?,
        };
        let descriptor = Part::deserialize(entry).map_err(|source| StoreError::Decode {
            path: path.clone(),
            what: ShownPath::new("an entry of index.json"),
            source,
        })?;
        descriptor.try_into().map_err(|source| StoreError::Entry { path: path.clone(), source })
    }

    fn only(&self, path: &ShownPath) -> Result<&Value, StoreError> {
        match self.entries() {
            [only] => Ok(only),
            [] => Err(StoreError::NoImage { path: path.clone(), name: None, has: list(&[]) }),
            all => Err(StoreError::SeveralImages { path: path.clone(), name: None, has: list(&refs(all)) }),
        }
    }

    fn named(&self, name: &str, path: &ShownPath) -> Result<&Value, StoreError> {
        let is_rest =
            |whole: &str| whole.strip_suffix(name).is_some_and(|registry| registry.ends_with(['/', ':']));
        let rules: [&dyn Fn(&Value) -> bool; 4] = [
            &|entry| ref_name(entry) == Some(name),
            &|entry| containerd_name(entry) == Some(name),
            &|entry| containerd_name(entry).is_some_and(is_rest),
            &|entry| digest(entry) == Some(name),
        ];
        for rule in rules {
            let found: Vec<_> = self.entries().iter().filter(|entry| rule(entry)).collect();
            match *found {
                [] => {}
                [first, ref rest @ ..] if rest.iter().all(|other| digest(other) == digest(first)) => {
                    return Ok(first);
                }
                _ => {
                    let (path, name) = (path.clone(), Some(name.to_owned()));
                    return Err(StoreError::SeveralImages { path, name, has: list(&found) });
                }
            }
        }
        let has = list(&refs(self.entries()));
        Err(StoreError::NoImage { path: path.clone(), name: Some(name.to_owned()), has })
    }

    /// Adds an image. It takes the place of the one that is called the same; without a name, of itself.
    pub(super) fn put(&mut self, image: &Descriptor, name: Option<&str>) {
        let Descriptor { media_type, digest: of_image, size } = image;
        let mut entry = json!({"mediaType": media_type, "digest": of_image, "size": size});
        if let (Some(name), Some(entry)) = (name, entry.as_object_mut()) {
            entry.insert("annotations".into(), json!({NAME_ANNOTATION: name}));
        }
        let of_image = of_image.to_string();
        let is_replaced = |other: &Value| match name {
            Some(name) => ref_name(other) == Some(name),
            None => ref_name(other).is_none() && digest(other) == Some(&of_image),
        };
        let mut entries = self.entries().to_vec();
        let place = entries.iter().position(is_replaced).unwrap_or(entries.len());
        entries.retain(|other| !is_replaced(other));
        entries.insert(place.min(entries.len()), entry);
        self.0.insert("manifests".into(), entries.into());
    }

    fn entries(&self) -> &[Value] {
        self.0.get("manifests").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

fn digest(entry: &Value) -> Option<&str> {
    entry.get("digest")?.as_str()
}

fn ref_name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(NAME_ANNOTATION)?.as_str()
}

fn containerd_name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(CONTAINERD_ANNOTATION)?.as_str()
}

fn refs(entries: &[Value]) -> Vec<&Value> {
    entries.iter().collect()
}

/// What the images are called; one without a name by its digest.
fn list(entries: &[&Value]) -> String {
    let name = |entry: &&Value| {
        containerd_name(entry)
            .or(ref_name(entry))
            .or(digest(entry))
            .unwrap_or("one without a name")
            .to_owned()
    };
    list_names(entries.iter().map(name))
}

/// Names of images as an error lists them.
pub(super) fn list_names(mut names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let mut shown: Vec<_> =
        names.by_ref().take(LISTED).map(|name| ShownPath::new(name).as_str().to_owned()).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;
    use insta::assert_snapshot;
    use rstest::rstest;
    use std::collections::BTreeMap;

    fn entry(content: &str, name: Option<&str>, containerd: Option<&str>) -> Value {
        let annotations: BTreeMap<_, _> = [(NAME_ANNOTATION, name), (CONTAINERD_ANNOTATION, containerd)]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect();
        json!({"mediaType": "x", "digest": Digest::sha256(content.as_bytes()), "size": 1, "annotations": annotations})
    }

    fn index(entries: &[Value]) -> LayoutIndex {
        LayoutIndex::parse(json!({"schemaVersion": 2, "manifests": entries}).to_string().as_bytes()).unwrap()
    }

    /// As `docker save` of two images writes it.
    fn of_docker() -> LayoutIndex {
        index(&[
            entry("a", Some("latest"), Some("docker.io/library/a:latest")),
            entry("b", Some("latest"), Some("docker.io/library/b:latest")),
            entry("c", Some("v1"), Some("quay.io/x/ca:v1")),
            entry("d", Some("docker.io/library/b:latest"), None),
        ])
    }

    #[rstest]
    #[case::name("v1", "c")]
    #[case::whole_name("docker.io/library/a:latest", "a")]
    #[case::end_of_the_whole_name("a:latest", "a")]
    #[case::name_before_whole_name("docker.io/library/b:latest", "d")]
    #[case::digest("sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d", "b")]
    fn names(#[case] name: &str, #[case] content: &str) {
        let found = of_docker().find(Some(name), &ShownPath::new("x")).unwrap();
        assert_eq!(found.digest, Digest::sha256(content.as_bytes()));
    }

    #[test]
    fn one_image_may_stand_there_twice() {
        let twice = index(&[entry("a", Some("v1"), None), entry("a", Some("v1"), None)]);
        assert!(twice.find(Some("v1"), &ShownPath::new("x")).is_ok());
    }

    #[test]
    fn errors() {
        let many: Vec<_> = (0..30).map(|n| entry(&n.to_string(), Some(&format!("v{n}")), None)).collect();
        let odd = index(&[json!({"digest": "sha256:../../etc", "mediaType": "x", "size": 1})]);
        let unnamed = [entry("a", None, None), json!(null), entry("b", Some("\u{1b}[31m"), None)];
        let cases = [
            of_docker().find(None, &ShownPath::new("x")),
            of_docker().find(Some("latest"), &ShownPath::new("x")),
            of_docker().find(Some("v2"), &ShownPath::new("x")),
            index(&many).find(None, &ShownPath::new("x")),
            index(&unnamed).find(None, &ShownPath::new("x")),
            index(&[]).find(None, &ShownPath::new("x")),
            index(&[]).find(Some("v1"), &ShownPath::new("x")),
            index(&[json!(1)]).find(None, &ShownPath::new("x")),
            odd.find(None, &ShownPath::new("x")),
        ];
        let texts = cases.map(|case| case.unwrap_err()).map(|error| {
            format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string))
        });
        assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn what_is_not_understood_stays() {
        let before = json!({"schemaVersion": 2, "x": {"y": 1}, "manifests": [
            {"digest": "blake3:00", "z": [1]}, 7, entry("a", Some("v1"), None), entry("b", Some("v2"), None),
        ]});
        let mut index = LayoutIndex::parse(before.to_string().as_bytes()).unwrap();
        let image = Descriptor::of("new", b"c");
        index.put(&image, Some("v1"));
        index.put(&image, Some("v3"));
        index.put(&image, None);
        index.put(&image, None);
        let mut after: Value = serde_json::from_slice(&index.to_bytes()).unwrap();
        let entries = after["manifests"].as_array_mut().unwrap();
        let added = json!({"mediaType": "new", "digest": image.digest, "size": 1});
        assert_eq!(entries.len(), 6);
        assert_eq!(entries.pop(), Some(added));
        assert_eq!(entries.pop().unwrap()["annotations"], json!({NAME_ANNOTATION: "v3"}));
        assert_eq!(entries[2]["digest"], json!(image.digest));
        entries[2] = before["manifests"][2].clone();
        assert_eq!(after, before);
    }
}
