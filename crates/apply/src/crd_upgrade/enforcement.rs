//! What findings do (`spec.preflight.crdUpgradeSafety.enforcement`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What findings do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Enforcement {
    /// They stop the upgrade.
    #[default]
    Strict,
    /// Nothing.
    None,
}

/// A text that names no [`Enforcement`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("got enforcement {0:?}, expected Strict or None")]
pub struct UnknownEnforcement(String);

impl fmt::Display for Enforcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "Strict",
            Self::None => "None",
        })
    }
}

impl FromStr for Enforcement {
    type Err = UnknownEnforcement;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Strict, Self::None];
        all.into_iter().find(|one| one.to_string() == text).ok_or_else(|| UnknownEnforcement(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for one in [Enforcement::Strict, Enforcement::None] {
            assert_eq!(one.to_string().parse(), Ok(one));
            assert_eq!(serde_json::to_value(one).unwrap(), one.to_string());
        }
        let error = "strict".parse::<Enforcement>().unwrap_err();
        assert_eq!(error.to_string(), "got enforcement \"strict\", expected Strict or None");
    }
}
