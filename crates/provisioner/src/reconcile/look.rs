//! The look at the cluster, by whoever acts. Nothing is written but the namespace to install into.
//!
//! Where everything planned was as it should be before, most looks find that it still is. So the first one only reads what has
//! changed. Where there is something new, or the first one finds something to write or does not come to its end, it is made sure
//! before that who acts is there, and the namespace.

use std::sync::Arc;

use rukpak_apply::cluster::Cluster;
use rukpak_apply::engine::{Checked, Engine, EngineError, Options};
use rukpak_apply::{Plan, ServedKinds};

use super::work::Work;
use crate::context::{Context, options};
use crate::error::ReconcileError;
use crate::metrics::Step;
use crate::request::Request;
use crate::writer::Writer;

/// What is looked at, and by whom.
pub(super) struct Look<'a> {
    pub(super) context: &'a Context,
    pub(super) request: &'a Request,
    pub(super) writer: &'a Writer,
    pub(super) work: &'a Work,
    pub(super) served: &'a Arc<ServedKinds>,
    /// Whether not all objects of this generation were applied yet, by an account that may have other rights than the one before.
    pub(super) is_first: bool,
}

impl Look<'_> {
    /// Looks, as one that was known before where that is enough. The engine that looked, and what it found.
    pub(super) async fn look(
        &self,
        acting: Cluster,
        plan: Plan,
    ) -> Result<(Engine, Checked), ReconcileError> {
        let known = self.context.watches.known();
        if self.work.is_settled(&plan, &*known) {
            return self.once(acting, plan).await.map_err(ReconcileError::Look); // cluster
        }
        if !self.is_first && !self.work.is_new(&plan, &*known) {
            let looked = self.once(acting.clone(), plan.clone()).await; // cluster
            if let Ok((_, checked)) = &looked
                && checked.is_settled()
            {
                return looked.map_err(ReconcileError::Look);
            }
        }
        let (acting, plan) = self.prepared(acting, plan).await?; // cluster
        self.once(acting, plan).await.map_err(ReconcileError::Look) // cluster
    }

    async fn once(&self, acting: Cluster, plan: Plan) -> Result<(Engine, Checked), EngineError> {
        let options = Options { verify_rights: self.is_first, ..options(self.request) };
        let engine = self.context.engine(acting, options);
        let checked = self.context.timed(Step::Look, engine.look(plan, self.served)).await?;
        Ok((engine, checked))
    }

    /// Makes sure that who acts is there, and the namespace; where nothing is to be written, a plan that knows that it is not.
    async fn prepared(&self, acting: Cluster, plan: Plan) -> Result<(Cluster, Plan), ReconcileError> {
        let Self { context, request, work, .. } = self;
        let acting = match &request.account {
            Some(account) => context.accounts.verified(context, account).await?, // cluster
            None => acting,
        };
        let namespace = work.namespace.name().to_owned();
        if !request.is_paused {
            self.writer.note(|report| report.status_mut().install_namespace = Some(namespace)).await;
            work.make_namespace(&context.cluster, &acting).await?; // cluster
        } else if work.is_namespace_absent(&context.cluster).await? {
            return Ok((acting, work.plan(self.served, true).await?)); // pure
        }
        Ok((acting, plan))
    }
}
