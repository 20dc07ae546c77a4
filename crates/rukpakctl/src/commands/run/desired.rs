//! The `BundleDeployment` that flags ask for, as it is applied. Pure.
//!
//! It has the fields that somebody asked for and no others, since server-side apply makes the field manager the owner of each.

use anyhow::Context as _;
use rukpak_api::BundleSource;
use rukpak_apply::CollisionProtection;
use rukpak_apply::crd_upgrade::Waiver;
use rukpak_apply::engine::DeletionPolicy;
use rukpak_apply::rights::ServiceAccount;
use rukpak_convert::BundleConfig;
use rukpak_manifest::name::Namespace;
use serde_json::{Map, Value, json};

use crate::cli::{ConversionFlags, Run};
use crate::conversion::config;

/// What is asked for.
pub(super) struct Desired<'a> {
    pub(super) name: &'a str,
    pub(super) class: &'a str,
    pub(super) source: &'a BundleSource,
    pub(super) install_namespace: Option<&'a Namespace>,
    pub(super) config: Option<Value>,
    pub(super) service_account: Option<&'a ServiceAccount>,
    pub(super) collision_protection: Option<CollisionProtection>,
    pub(super) deletion_policy: Option<DeletionPolicy>,
    pub(super) force: Option<bool>,
    pub(super) waivers: &'a [Waiver],
}

impl Desired<'_> {
    /// The object.
    pub(super) fn value(&self) -> anyhow::Result<Value> {
        let account = self.service_account;
        let fields = [
            ("installNamespace", self.install_namespace.map(|namespace| namespace.as_str().into())),
            ("provisionerClassName", Some(self.class.into())),
            ("source", Some(serde_json::to_value(self.source).context("cannot write the source")?)),
            ("config", self.config.clone()),
            ("serviceAccountName", account.map(|account| account.name().into())),
            ("serviceAccountNamespace", account.map(|account| account.namespace().into())),
            ("collisionProtection", self.collision_protection.map(|protection| protection.as_str().into())),
            ("deletionPolicy", self.deletion_policy.map(|policy| policy.as_str().into())),
            ("force", self.force.map(Value::from)),
            ("preflight", preflight(self.waivers)?),
        ];
        let spec: Map<String, Value> =
            fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect();
        Ok(json!({
            "apiVersion": "core.rukpak.io/v1alpha2",
            "kind": "BundleDeployment",
            "metadata": {"name": self.name},
            "spec": spec,
        }))
    }
}

/// What may be broken; `None` where nothing may.
fn preflight(waivers: &[Waiver]) -> anyhow::Result<Option<Value>> {
    if waivers.is_empty() {
        return Ok(None);
    }
    let waivers = serde_json::to_value(waivers).context("cannot write the waivers")?;
    Ok(Some(json!({"crdUpgradeSafety": {"waivers": waivers}})))
}

/// What `spec.config` is to say: the file, and the flags over it. `None` where nothing is asked for.
pub(super) fn configuration(flags: &ConversionFlags) -> anyhow::Result<Option<Value>> {
    let mut wanted = match flags.config.as_deref().map(config::value).transpose()? {
        None | Some(Value::Null) => json!({}),
        Some(value) => value,
    };
    if let Value::Object(fields) = &mut wanted {
        overridden(fields, flags);
    }
    // What the provisioner would refuse is refused here.
    BundleConfig::from_value(wanted.clone()).context("the configuration")?;
    let is_empty = wanted.as_object().is_some_and(Map::is_empty);
    Ok(Some(wanted).filter(|_| !is_empty))
}

fn overridden(fields: &mut Map<String, Value>, flags: &ConversionFlags) {
    if !flags.watch_namespaces.is_empty() {
        fields.remove("watchNamespace");
        fields.remove("watchNamespaces");
        match flags.watch_namespaces.as_slice() {
            [one] => fields.insert("watchNamespace".into(), one.as_str().into()),
            several => fields.insert("watchNamespaces".into(), several.into()),
        };
    }
    if let Some(provider) = flags.cert_provider {
        fields.insert("certificateProvider".into(), provider.as_str().into());
    }
}

/// The flags of `run` in their places.
pub(super) fn of<'a>(
    args: &'a Run,
    class: &'a str,
    source: &'a BundleSource,
    install_namespace: Option<&'a Namespace>,
    config: Option<Value>,
) -> Desired<'a> {
    Desired {
        name: &args.name,
        class,
        source,
        install_namespace,
        config,
        service_account: args.service_account.as_ref(),
        collision_protection: args.collision_protection,
        deletion_policy: args.deletion_policy,
        force: args.force,
        waivers: &args.waivers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    use crate::cli::{Cli, Command};

    fn args(flags: &[&str]) -> Box<Run> {
        let line = ["rukpakctl", "run", "hello", "./bundle"].iter().chain(flags);
        let Command::Run(run) = Cli::parse_from(line).command else { panic!("not run") };
        run
    }

    fn written(flags: &[&str]) -> String {
        let (args, source) = (
            args(flags),
            serde_json::from_value(json!({"type": "image", "image": {"ref": "a/b@sha256:00"}})),
        );
        let (source, namespace) = (source.unwrap(), args.conversion.install_namespace.clone());
        let config = configuration(&args.conversion).unwrap();
        let value =
            of(&args, "core-rukpak-io-registry", &source, namespace.as_ref(), config).value().unwrap();
        serde_json::from_value::<rukpak_api::BundleDeployment>(value.clone()).unwrap();
        rukpak_manifest::yaml::to_string(&value)
    }

    #[test]
    fn only_what_is_asked_for() {
        insta::assert_snapshot!(written(&[]));
    }

    #[test]
    fn all_that_can_be_asked_for() {
        insta::assert_snapshot!(written(&[
            "--install-namespace=a",
            "--watch-namespace=b",
            "--watch-namespace=c",
            "--cert-provider=cert-manager",
            "--service-account=d/e",
            "--collision-protection=IfNoController",
            "--deletion-policy=KeepCRDs",
            "--force=true",
            "--waive=webs.example.com:existingFieldRemoval:v1.^.spec.old",
            "--waive=*:enum:*",
        ]));
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yaml");
        std::fs::write(&file, "watchNamespaces: [x, y]\ndeploymentConfig: {nodeSelector: {a: b}}\n").unwrap();
        let config = format!("--config={}", file.display());
        let wanted = configuration(&args(&[&config, "--watch-namespace="]).conversion).unwrap().unwrap();
        assert_eq!(wanted, json!({"watchNamespace": "", "deploymentConfig": {"nodeSelector": {"a": "b"}}}));
        std::fs::write(&file, "watchNamespaced: [x]\n").unwrap();
        assert!(configuration(&args(&[&config]).conversion).is_err());
    }
}
