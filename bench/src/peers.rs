//! The YAML libraries to measure against.

mod events;
mod values;

use std::hint::black_box;

use serde_json::Value;

/// A library that reads YAML.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The crate's name, as the lock file has it.
    package: &'static str,
    reads: Reads,
}

/// What a library makes of one document.
#[derive(Debug, Clone, Copy)]
enum Reads {
    /// A value.
    Values(fn(&str) -> Option<Value>),
    /// Events, which are looked at and dropped.
    Events(fn(&str) -> bool),
}

/// All peers of this language, those that make values first.
pub(crate) const PEERS: [Peer; 8] = [
    Peer { package: "serde_yaml", reads: Reads::Values(values::serde_yaml) },
    Peer { package: "serde_yaml_ng", reads: Reads::Values(values::serde_yaml_ng) },
    Peer { package: "serde_norway", reads: Reads::Values(values::serde_norway) },
    Peer { package: "yaml_serde", reads: Reads::Values(values::yaml_serde) },
    Peer { package: "serde-saphyr", reads: Reads::Values(values::serde_saphyr) },
    Peer { package: "libyaml-safer", reads: Reads::Events(events::libyaml_safer) },
    Peer { package: "saphyr-parser", reads: Reads::Events(events::saphyr_parser) },
    Peer { package: "yaml-rust2", reads: Reads::Events(events::yaml_rust2) },
];

impl Peer {
    /// Reads a document and drops what it made; whether it took it.
    pub(crate) fn takes(&self, document: &str) -> bool {
        match self.reads {
            Reads::Values(read) => black_box(read(document)).is_some(),
            Reads::Events(read) => read(document),
        }
    }

    /// The name, the version that was measured, out of the lock file, and what is not like ours.
    pub(crate) fn title(&self) -> String {
        let lock = include_str!("../Cargo.lock");
        let version = lock
            .split("[[package]]")
            .filter(|package| package.contains(&format!("\nname = \"{}\"\n", self.package)))
            .find_map(|package| package.split("\nversion = \"").nth(1)?.split('"').next());
        let version = version.unwrap_or("of an unknown version");
        match self.reads {
            Reads::Values(_) => format!("{} {version}", self.package),
            Reads::Events(_) => format!("{} {version} (events only)", self.package),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_takes_what_is_right_and_refuses_what_is_not() {
        for peer in PEERS {
            assert!(peer.takes("a: [1, {b: c}]\n"), "{}", peer.package);
            assert!(!peer.takes("a: [1, {b: c}\n"), "{}", peer.package);
        }
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        for peer in PEERS {
            assert!(!peer.title().contains("unknown"), "{}", peer.title());
        }
    }

    /// The report says so. Ours is there to show that the document is a fair one.
    #[test]
    fn none_reads_what_kubernetes_reads() {
        let document = "mode: 0644\non: yes\nsize: 1_000\ntime: 12:30:45\n1: one\n1.5: more\nbin: !!binary aGk=\n\
                        base: &base {x: 1}\nmerged: {<<: *base}\ntext: !!str 12\nnothing: ~\n";
        let kubernetes = serde_json::json!({
            "mode": 420, "true": true, "size": 1000, "time": "12:30:45", "1": "one", "1.5": "more", "bin": "hi",
            "base": {"x": 1}, "merged": {"x": 1}, "text": "12", "nothing": null,
        });
        let (documents, _) = rukpak_manifest::read(document.as_bytes()).unwrap();
        assert_eq!(documents.first().unwrap().value, kubernetes);
        for peer in PEERS {
            if let Reads::Values(read) = peer.reads {
                assert_ne!(read(document), Some(kubernetes.clone()), "{}", peer.package);
            }
        }
    }
}
