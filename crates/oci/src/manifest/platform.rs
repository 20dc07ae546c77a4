//! Operating systems and architectures, by the names of Go.

use std::env::consts;
use std::fmt;

use serde::Deserialize;

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a platform")]
pub struct Platform {
    /// As `GOOS` calls it.
    pub os: String,
    /// As `GOARCH` calls it.
    pub architecture: String,
    /// Of the architecture, such as `v7`.
    pub variant: Option<String>,
}

impl Platform {
    /// The architecture of this process, on Linux: bundles hold no programs, and their images are made for Linux.
    #[must_use]
    pub fn host() -> Self {
        let (architecture, variant) = match consts::ARCH {
            "x86_64" => ("amd64", None),
            "aarch64" => ("arm64", None),
            "x86" => ("386", None),
            "arm" => ("arm", Some("v7")),
            "powerpc64" if cfg!(target_endian = "little") => ("ppc64le", None),
            "powerpc64" => ("ppc64", None),
            "loongarch64" => ("loong64", None),
            // `s390x` and `riscv64` have the same name in both.
            other => (other, None),
        };
        Self { os: "linux".into(), architecture: architecture.into(), variant: variant.map(str::to_owned) }
    }

    /// What every image is most likely made for.
    #[must_use]
    pub fn linux_amd64() -> Self {
        Self { os: "linux".into(), architecture: "amd64".into(), variant: None }
    }

    /// Whether an image for this platform runs on another one. A variant counts where both name one.
    #[must_use]
    pub fn runs_on(&self, host: &Self) -> bool {
        let same_variant = match (&self.variant, &host.variant) {
            (Some(image), Some(host)) => image == host,
            _ => true,
        };
        self.os == host.os && self.architecture == host.architecture && same_variant
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}
