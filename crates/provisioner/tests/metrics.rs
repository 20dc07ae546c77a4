//! `docs/metrics.md` describes the metrics that there are. `GENERATE=1` writes it anew.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use rukpak_provisioner::metrics::{Description, TABLE};

/// What the file begins with.
const HEADER: &str = "\
# Metrics

Written by `make generate` from the table in `crates/provisioner`.

Both provisioners serve these at `/metrics`, in the text form of OpenMetrics, to whoever can reach them. Each has the label `class`
beside those named here: the provisioner's class.

| metric | type | labels | meaning |
|---|---|---|---|
";

#[test]
fn the_page_is_that_of_the_table() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let mut expected = HEADER.to_owned();
    for Description { name, kind, labels, help } in TABLE {
        let labels: Vec<_> = labels.iter().map(|(label, values)| described(label, values)).collect();
        writeln!(expected, "| `{name}` | {} | {} | {help} |", kind.text(), labels.join("; ")).unwrap();
    }
    if env::var_os("GENERATE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is stale: make generate writes it", path.display());
}

fn described(label: &str, values: &[&str]) -> String {
    match values {
        [] => format!("`{label}`"),
        values => format!("`{label}`: {}", values.join(", ")),
    }
}
