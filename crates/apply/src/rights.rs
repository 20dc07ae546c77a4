//! What whoever acts may not do, and would have to.
//!
//! In: a [`Plan`](crate::Plan), and the rules that the actor holds. Out: [`MissingRights`], every right that the plan needs and
//! the actor has not, and the roles and bindings that would give them; or nothing, and then the plan can go ahead.
//!
//! A plan needs two kinds of rights. Requests need their verb on their resource. And RBAC lets nobody grant what they do not
//! hold themselves: the rules of a role that is written, and those of a role that is bound, have to be held where they will hold
//! (Kubernetes, `pkg/registry/rbac`), but for `escalate` on the one and `bind` on the other.
//!
//! Everything here is pure; who asks the server is [`engine`](crate::engine). An API server has the last word all the same.

mod account;
mod grants;
mod held;
mod manifests;
mod needs;
mod report;
mod rule;

pub use account::{Actor, InvalidAccount, ServiceAccount};
pub(crate) use grants::{Grant, Role, grants, is_aggregated, rules_of};
pub(crate) use held::Held;
pub(crate) use needs::{Needs, needs, needs_to_give_back};
pub use report::{MissingRight, MissingRights, Purpose};
pub use rule::{Permission, Right, Rule, Target};

/// The API group of roles and bindings.
pub(crate) const RBAC: &str = "rbac.authorization.k8s.io";

#[cfg(test)]
mod tests;
