//! The YAML libraries to measure against.

mod events;
mod values;

/// A library that reads one document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The crate's name, as the lock file has it.
    pub(crate) package: &'static str,
    /// What it makes of a document.
    pub(crate) makes: Makes,
    /// Reads a document and drops what it made; whether it took it.
    pub(crate) takes: fn(&str) -> bool,
}

/// What a library makes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Makes {
    /// A `serde_json::Value`.
    Values,
    /// Events, which are looked at and dropped.
    Events,
}

/// All peers of this language, those that make values first.
pub(crate) const PEERS: [Peer; 8] = [
    Peer { package: "serde_yaml", makes: Makes::Values, takes: values::serde_yaml },
    Peer { package: "serde_yaml_ng", makes: Makes::Values, takes: values::serde_yaml_ng },
    Peer { package: "serde_norway", makes: Makes::Values, takes: values::serde_norway },
    Peer { package: "yaml_serde", makes: Makes::Values, takes: values::yaml_serde },
    Peer { package: "serde-saphyr", makes: Makes::Values, takes: values::serde_saphyr },
    Peer { package: "libyaml-safer", makes: Makes::Events, takes: events::libyaml_safer },
    Peer { package: "saphyr-parser", makes: Makes::Events, takes: events::saphyr_parser },
    Peer { package: "yaml-rust2", makes: Makes::Events, takes: events::yaml_rust2 },
];

impl Peer {
    /// The name and the version that was measured, out of the lock file.
    pub(crate) fn title(&self) -> String {
        let lock = include_str!("../Cargo.lock");
        let version = lock
            .split("[[package]]")
            .filter(|package| package.contains(&format!("\nname = \"{}\"\n", self.package)))
            .find_map(|package| package.split("\nversion = \"").nth(1)?.split('"').next());
        format!("{} {}", self.package, version.unwrap_or("of an unknown version"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_takes_what_is_right_and_refuses_what_is_not() {
        for peer in PEERS {
            assert!((peer.takes)("a: [1, {b: c}]\n"), "{}", peer.package);
            assert!(!(peer.takes)("a: [1, {b: c}\n"), "{}", peer.package);
        }
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        for peer in PEERS {
            assert!(!peer.title().contains("unknown"), "{}", peer.title());
        }
    }
}
