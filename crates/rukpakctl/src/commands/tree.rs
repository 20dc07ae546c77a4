//! `rukpakctl tree`: the objects of an installation, those that they made, and how they are doing.

use std::io::{self, Write};
use std::process::ExitCode;

use owo_colors::OwoColorize;
use rukpak_apply::Shown;
use rukpak_apply::probe::{Health, Summary};
use serde_json::{Value, json};

use crate::cli::{ReportOutput, Tree};
use crate::cluster::Connection;
use crate::descendants::{self, Node};
use crate::difference::named;
use crate::installed::Installed;
use crate::printable::Printable;
use crate::{fetch, output};

pub(crate) fn run(args: &Tree, quiet: bool) -> anyhow::Result<ExitCode> {
    let name = &args.installed.chosen.name;
    let nodes = fetch::block_on(async {
        let connection = Connection::open(&args.installed.cluster, quiet).await?;
        let installed = Installed::one(&connection, &args.installed.chosen).await?;
        Box::pin(descendants::of(&connection, &installed.inventory()?)).await
    })?;
    match args.output {
        ReportOutput::Text => output::text(|out| {
            let summary: Summary = nodes.iter().map(|node| (node.id.clone(), node.health.clone())).collect();
            writeln!(out, "{name}: {} of {} objects are healthy", summary.healthy(), summary.total())?;
            write(out, "", &nodes)
        })?,
        ReportOutput::Json => output::json(&json!({"name": name, "objects": values(&nodes)}))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut impl Write, indent: &str, nodes: &[Node]) -> io::Result<()> {
    for (index, node) in nodes.iter().enumerate() {
        let is_last = index + 1 == nodes.len();
        let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        write!(out, "{indent}{branch}{}", Printable(&Shown(&node.id).to_string()))?;
        match &node.health {
            Health::Healthy => {}
            health if health.is_failed() => write!(out, " {}", Printable(&health.to_string()).red())?,
            health => write!(out, " {}", Printable(&health.to_string()).yellow())?,
        }
        writeln!(out)?;
        write(out, &format!("{indent}{below}"), &node.made)?;
    }
    Ok(())
}

fn values(nodes: &[Node]) -> Value {
    let value = |node: &Node| {
        json!({
            "object": named(&node.id),
            "status": node.health.status(),
            "message": node.health.message(),
            "made": values(&node.made),
        })
    };
    nodes.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_as_in_every_other_report() {
        let node =
            |id: &str, made| Node { id: id.parse().unwrap(), uid: "1".into(), health: Health::Healthy, made };
        let nodes = [node("a_b_apps_Deployment", vec![node("a_b-1__Pod", Vec::new())])];
        let pod = json!({"group": "", "kind": "Pod", "namespace": "a", "name": "b-1"});
        let values = values(&nodes);
        assert_eq!(values[0]["object"]["group"], "apps");
        assert_eq!(values[0]["made"][0]["object"], pod);
    }
}
