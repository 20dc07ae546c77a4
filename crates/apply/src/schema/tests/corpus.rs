//! Real custom resources, where there is a corpus: those of a bundle's `manifests/` whose definition is in the same bundle.

#![expect(clippy::print_stderr, reason = "a test that talks to whoever runs it")]

use std::path::Path;
use std::time::Instant;

use rukpak_manifest::read_objects;

use super::*;
use crate::corpus;

fn objects(bundle: &Path) -> Vec<Object> {
    let read = corpus::manifests(bundle).filter_map(|file| read_objects(&file, &mut 100_000).ok());
    read.flat_map(|(objects, _)| objects).map(|located| located.object).collect()
}

/// Does something with each pattern of a definition.
fn each_pattern(value: &Value, act: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(pattern)) = fields.get("pattern") {
                act(pattern);
            }
            fields.values().for_each(|value| each_pattern(value, act));
        }
        Value::Array(values) => values.iter().for_each(|value| each_pattern(value, act)),
        _ => {}
    }
}

#[test]
fn real_resources_are_judged() {
    let Some(bundles) = corpus::bundles() else { return };
    let (mut judged, mut refused, mut patterns, start) = (0, Vec::new(), (0, Vec::new()), Instant::now());
    for bundle in corpus::operators(&bundles).iter().flat_map(|operator| corpus::entries(operator)) {
        let objects = objects(&bundle);
        let definitions: Vec<_> = objects
            .iter()
            .filter(|object| {
                object.kind() == "CustomResourceDefinition"
                    && object.api_version() == "apiextensions.k8s.io/v1"
            })
            .collect();
        for definition in &definitions {
            let is = |path: &[&str], text: &str| definition.get(path).is_some_and(|value| value == text);
            each_pattern(definition.get(&["spec"]).unwrap_or(&Value::Null), &mut |pattern| {
                patterns.0 += 1;
                if Patterns::default().is_match(pattern, "", &Budget::default()).is_none() {
                    patterns.1.push(pattern.to_owned());
                }
            });
            let resources = objects.iter().filter(|object| {
                is(&["spec", "group"], object.group()) && is(&["spec", "names", "kind"], object.kind())
            });
            for resource in resources.filter(|resource| Version::of(definition, resource.version()).is_some())
            {
                judged += 1;
                let mut violations = Judge::default().created(definition, resource);
                violations.extend(Judge::default().undeclared(definition, resource));
                if !violations.is_empty() {
                    refused.push(format!(
                        "{} {}: {}",
                        bundle.display(),
                        resource.key(),
                        lines(&violations).join("; ")
                    ));
                }
            }
        }
    }
    eprintln!("{judged} resources are judged, {} refused, in {:?}", refused.len(), start.elapsed());
    eprintln!("{}", refused.join("\n"));
    eprintln!("{} patterns, not understood: {:?}", patterns.0, patterns.1);
    assert!(patterns.0 > 0, "no definitions in {}", bundles.display());
}
