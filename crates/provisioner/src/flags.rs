//! The flags of both provisioners. Each has an environment variable, which counts as not set where it is empty. Of a flag that is given
//! twice the last one counts, so that a manifest's can be followed by other ones.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::Resettable;
use clap::{Arg, Args, Command, Parser};
use rukpak_api::names::SYSTEM_NAMESPACE;
use rukpak_manifest::name::Namespace;
use rukpak_unpacker::Limits;
use url::Url;

use crate::log;

/// What a provisioner is told.
#[derive(Debug, Clone, Args)]
#[command(args_override_self = true)]
pub struct Flags {
    /// The cluster, as a kubeconfig file says; without it $KUBECONFIG, else the cluster that this runs in
    #[arg(long, value_name = "FILE", env = "RUKPAK_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,

    /// The namespace of the provisioner, and of the Secrets and ConfigMaps that sources name
    #[arg(long, value_name = "NAMESPACE", env = "RUKPAK_SYSTEM_NAMESPACE", default_value = SYSTEM_NAMESPACE)]
    pub system_namespace: Namespace,

    /// Where content is kept that was fetched
    #[arg(long, value_name = "DIR", env = "RUKPAK_CACHE_DIR", default_value = "/var/cache/rukpak")]
    pub cache_dir: PathBuf,

    /// How much of it
    #[arg(long, value_name = "SIZE", env = "RUKPAK_CACHE_SIZE", default_value = "1Gi", value_parser = size)]
    pub cache_size: u64,

    /// Where health, metrics and content are served, by HTTPS
    #[arg(long, value_name = "ADDRESS", env = "RUKPAK_HTTP_BIND_ADDRESS", default_value = "0.0.0.0:8443")]
    pub http_bind_address: SocketAddr,

    /// How others reach that address; without it https://SERVICE.NAMESPACE.svc
    #[arg(long, value_name = "URL", env = "RUKPAK_CONTENT_URL", value_parser = content_url)]
    pub content_url: Option<String>,

    /// How many BundleDeployments are worked on at the same time
    #[arg(long, value_name = "N", env = "RUKPAK_CONCURRENCY", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,

    /// Work only while this process holds the lease of its name
    #[arg(long, env = "RUKPAK_LEADER_ELECT", num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub leader_elect: bool,

    /// Install nothing with the provisioner's own rights: spec.serviceAccountName must be set
    #[arg(long, env = "RUKPAK_REQUIRE_SERVICE_ACCOUNT", num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub require_service_account: bool,

    /// How a line of the log is written
    #[arg(long, value_name = "FORMAT", env = "RUKPAK_LOG_FORMAT", default_value = "text")]
    pub log_format: log::Format,

    /// What is logged: off, error, warn, info, debug, trace, or directives like warn,rukpak_apply=debug
    #[arg(long, value_name = "LEVEL", env = "RUKPAK_LOG_LEVEL", default_value = "info")]
    pub log_level: String,

    /// The most that the files of a bundle may have together
    #[arg(long, value_name = "SIZE", env = "RUKPAK_MAX_BUNDLE_SIZE", default_value = "64Mi", value_parser = size)]
    pub max_bundle_size: u64,

    /// The most that one file of a bundle may have
    #[arg(long, value_name = "SIZE", env = "RUKPAK_MAX_FILE_SIZE", default_value = "16Mi", value_parser = size)]
    pub max_file_size: u64,

    /// How many files a bundle may have
    #[arg(long, value_name = "N", env = "RUKPAK_MAX_FILES", default_value = "10000")]
    pub max_files: u64,

    /// How many seconds it may take to fetch a bundle
    #[arg(long, value_name = "SECONDS", env = "RUKPAK_FETCH_TIMEOUT", default_value = "600", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub fetch_timeout: u64,

    /// How many seconds a source may say nothing meanwhile
    #[arg(long, value_name = "SECONDS", env = "RUKPAK_IDLE_TIMEOUT", default_value = "20", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub idle_timeout: u64,
}

impl Flags {
    /// How much is accepted of a source.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let mut limits = Limits {
            time: Duration::from_secs(self.fetch_timeout),
            idle: Duration::from_secs(self.idle_timeout),
            ..Limits::default()
        };
        limits.tree.kept_bytes = self.max_bundle_size;
        limits.tree.file_bytes = self.max_file_size;
        limits.tree.files = self.max_files;
        limits
    }
}

/// What a program was told. What is wrong with that ends the process, as `--help` does.
#[must_use]
pub fn parse<Cli: Parser>() -> Cli {
    let mut command = without_empty_variables(Cli::command());
    let matches = command.get_matches_mut();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

/// The same flags, without variables that are set to nothing, as manifests do it where there is nothing to set.
fn without_empty_variables(command: Command) -> Command {
    let is_empty =
        |flag: &Arg| flag.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command.mut_args(|flag| if is_empty(&flag) { flag.env(Resettable::Reset) } else { flag })
}

/// An address, without slashes at its end.
fn content_url(text: &str) -> Result<String, String> {
    let is_address = |url: Url| {
        let is_web = matches!(url.scheme(), "https" | "http") && url.has_host();
        is_web && url.query().is_none() && url.fragment().is_none()
    };
    if text.parse().is_ok_and(is_address) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err("expected https://HOST[:PORT][/PATH]".to_owned())
}

/// Bytes: a number, or one with `Ki`, `Mi` or `Gi` behind it.
fn size(text: &str) -> Result<u64, String> {
    let units = [("Ki", 1_u64 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30)];
    let found = units.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
    let (number, unit) = found.unwrap_or((text, 1));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    bytes.ok_or_else(|| "expected bytes: a number, or one with Ki, Mi or Gi behind it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        flags: Flags,
    }

    #[rstest]
    #[case("1", Some(1))]
    #[case("64Mi", Some(64 << 20))]
    #[case("2Gi", Some(2 << 30))]
    #[case("1.5Gi", None)]
    #[case("Mi", None)]
    #[case("99999999999999Gi", None)]
    #[case("-1", None)]
    fn sizes(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(size(text).ok(), expected);
    }

    #[rstest]
    #[case("https://rukpak.example.com", Some("https://rukpak.example.com"))]
    #[case("http://10.0.0.1:8443/content/", Some("http://10.0.0.1:8443/content"))]
    #[case("rukpak.example.com", None)]
    #[case("notaurl", None)]
    #[case("ftp://a", None)]
    #[case("https://a?b", None)]
    #[case("", None)]
    fn content_urls(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(content_url(text).ok().as_deref(), expected);
    }

    #[test]
    fn the_defaults_are_those_of_the_limits() {
        let Cli { flags } = Cli::parse_from(["provisioner"]);
        assert_eq!(format!("{:?}", flags.limits()), format!("{:?}", Limits::default()));
        assert!(!flags.leader_elect);
    }

    #[test]
    fn each_limit_has_its_flag() {
        let Cli { flags } = Cli::parse_from([
            "provisioner",
            "--max-bundle-size=5",
            "--max-file-size=4",
            "--max-files=3",
            "--fetch-timeout=2",
            "--idle-timeout=1",
        ]);
        let Limits { tree, time, idle, .. } = flags.limits();
        assert_eq!((tree.kept_bytes, tree.file_bytes, tree.files), (5, 4, 3));
        assert_eq!((time, idle), (Duration::from_secs(2), Duration::from_secs(1)));
    }

    #[test]
    fn the_last_one_of_a_flag_counts() {
        let Cli { flags } = Cli::parse_from([
            "provisioner",
            "--cache-dir=/a",
            "--leader-elect",
            "--cache-dir",
            "/b",
            "--leader-elect=false",
        ]);
        assert_eq!((flags.cache_dir.to_str(), flags.leader_elect), (Some("/b"), false));
    }

    #[rstest]
    #[case(&["provisioner", "--leader-elect"], true)]
    #[case(&["provisioner", "--leader-elect=true"], true)]
    #[case(&["provisioner", "--leader-elect=false"], false)]
    fn a_switch_takes_a_value_or_none(#[case] args: &[&str], #[case] expected: bool) {
        assert_eq!(Cli::parse_from(args).flags.leader_elect, expected);
    }
}
