//! Making requests as a `ServiceAccount`.
//!
//! The server is told the user alone: the groups of a `ServiceAccount` follow from it, and `system:authenticated` is added
//! (apiserver v0.36.3, `pkg/endpoints/filters/impersonation`). So `impersonate` on that one `ServiceAccount` is all that
//! it takes, and nothing on groups.

use thiserror::Error;

use super::{Address, ApiError, Cluster, Login, Refusal, client};
use crate::rights::{Right, ServiceAccount};

/// Why no requests can be made as a `ServiceAccount`.
#[derive(Debug, Error)]
pub enum ActingError {
    /// There is no such `ServiceAccount`.
    #[error("ServiceAccount {0} does not exist, expected one to act as")]
    ServiceAccountNotFound(ServiceAccount),
    /// We may not act as it.
    #[error(
        "cannot act as ServiceAccount {account}, expected the verb impersonate on serviceaccounts {:?} in namespace {}",
        .account.name(), .account.namespace()
    )]
    MayNotImpersonate {
        /// The `ServiceAccount`.
        account: ServiceAccount,
        /// What the server says.
        source: ApiError,
    },
    /// No client can be made of a configuration.
    #[error("cannot make a client of this configuration")]
    Config(#[source] Box<kube::Error>),
    /// A request was refused.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl Cluster {
    /// What a login leads to, with every request made as a `ServiceAccount`, which is there and which we may act as.
    pub async fn acting_as(login: impl Into<Login>, account: &ServiceAccount) -> Result<Self, ActingError> {
        let client = |login: Login| client(login).map_err(|error| ActingError::Config(Box::new(error)));
        let mut login: Login = login.into();
        let own = Self::new(client(login.clone())?);
        // The server would let us act as one that is not there.
        if own.get(&address(account)).await?.is_none() {
            return Err(ActingError::ServiceAccountNotFound(account.clone()));
        }
        let info = &mut login.config.auth_info;
        info.impersonate = Some(account.user());
        info.impersonate_uid = None;
        info.impersonate_groups = None;
        info.impersonate_user_extra = None;
        let client = client(login)?;
        let (acting, patience) = (Some((account.clone(), own.client).into()), own.patience);
        let acting = Self { client, acting, patience, meter: None };
        match acting.may(&Right::everything()).await {
            // `cannot impersonate resource`, of newer servers `cannot impersonate-on:serviceaccount:create resource`.
            Err(error)
                if error.refusal() == Refusal::Forbidden
                    && error.message().contains("cannot impersonate") =>
            {
                Err(ActingError::MayNotImpersonate { account: account.clone(), source: error })
            }
            // Some servers have reviews for few; those tell by refusals. Webhooks are asked of those alone who may act.
            Err(error)
                if !matches!(
                    error.refusal(),
                    Refusal::Forbidden | Refusal::Webhook | Refusal::WebhookAway
                ) =>
            {
                Err(error.into())
            }
            _ => Ok(acting),
        }
    }

    /// The same server with our own identity.
    pub(crate) fn own(&self) -> Self {
        let client = self.acting.as_ref().map_or(&self.client, |acting| &acting.1);
        Self { client: client.clone(), acting: None, ..self.clone() }
    }

    /// As which `ServiceAccount` requests are made; `None` where they are made as ourselves.
    #[must_use]
    pub fn account(&self) -> Option<&ServiceAccount> {
        self.acting.as_ref().map(|acting| &acting.0)
    }
}

fn address(account: &ServiceAccount) -> Address {
    let kind = ["", "v1", "ServiceAccount", "serviceaccounts"];
    Address::known(kind, Some(account.namespace()), account.name())
}
