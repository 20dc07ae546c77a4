//! Two that work on one installation at the same time: one of them is refused, and told why.

use rukpak_apply::engine::{ConfigMapStore, EngineError};

/// What was refused because the inventory is not as it was seen, in words for whoever is refused.
pub(crate) fn told<T>(
    store: &ConfigMapStore,
    result: Result<T, impl Into<EngineError>>,
) -> anyhow::Result<T> {
    result.map_err(|error| {
        let error = error.into();
        let is_refused = matches!(&error, EngineError::Api(error) if store.is_refused(error));
        let error = anyhow::Error::new(error);
        if !is_refused {
            return error;
        }
        let name = &store.owner().name;
        error.context(format!("{name} was changed by somebody else meanwhile; run this again"))
    })
}
