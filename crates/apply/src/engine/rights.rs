//! Whether the actor may do all that a plan needs, found out before anything else.
//!
//! Whoever may do everything is known by one request. Of anybody else the rules are read, one request for the cluster and one
//! for each namespace in which those of the cluster are not enough. Only where the server says that its rules are not all (a
//! webhook may authorize, too) is it asked about the rights that they do not give: for all objects of a kind at once, and one by
//! one where that is refused. Webhooks may be about these questions, too; one that does not answer is waited for.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::{AT_ONCE, DeletionPolicy, Engine, EngineError};
use crate::cluster::{Address, ApiError, Refusal};
use crate::rights::{
    Grant, Held, MissingRights, Needs, Right, Role, Rule, grants, needs, needs_to_give_back, rules_of,
};
use crate::{Inventory, ObjectId, Plan, Resource, ServedKinds, Unverified};

/// How many rights are asked about one by one. Of more, the refusal of all objects of their kind counts.
const ONE_BY_ONE: usize = 256;

/// How many permissions of roles are looked at. What is beyond is for the server to judge.
const GRANTED: usize = 100_000;

impl Engine {
    /// Refuses a plan that the actor has not the rights for, with all of those. In the plan that is given back, bindings that
    /// the server cannot judge are marked: it knows their role only when that is written, unless the actor may bind any.
    pub(super) async fn check_rights(
        &self,
        mut plan: Plan,
        served: &ServedKinds,
    ) -> Result<Plan, EngineError> {
        if self.may_everything().await? {
            return Ok(plan);
        }
        let others = self.others(&plan).await?;
        let (needs, grants) = (needs(&plan, served, &self.options, &others), grants(&plan));
        let held = self.held(&needs, &grants).await?;
        let uses = self.refused(&held, held.uncovered(needs)).await?;
        let open = self.without_instead(&held, grants).await?;
        let unjudged = open.iter().filter(|grant| matches!(grant.role, Role::Bound(_)));
        plan.leave_unverified(&unjudged.map(|grant| grant.id.clone()).collect(), Unverified::Role);
        let granted = self.not_held(&held, open).await?;
        if uses.is_empty() && granted.is_empty() {
            return Ok(plan);
        }
        match MissingRights::of(self.cluster.actor().await, &plan, uses, granted) {
            Some(missing) => Err(EngineError::MissingRights(missing)),
            None => Ok(plan),
        }
    }

    /// Refuses to give back what an inventory has where the actor may not, with all rights that are missing.
    pub(super) async fn check_rights_to_give_back(
        &self,
        inventory: &Inventory,
        served: &ServedKinds,
        policy: DeletionPolicy,
    ) -> Result<(), EngineError> {
        if self.may_everything().await? {
            return Ok(());
        }
        let needs = needs_to_give_back(inventory, served, policy);
        let held = self.held(&needs, &[]).await?;
        let uses = self.refused(&held, held.uncovered(needs)).await?;
        if uses.is_empty() {
            return Ok(());
        }
        let missing = MissingRights::of_uses(self.cluster.actor().await, uses);
        missing.map_or(Ok(()), |missing| Err(EngineError::MissingRights(missing)))
    }

    /// What is there as another's, and used as it is. What the actor may not read it may have to make.
    async fn others(&self, plan: &Plan) -> Result<BTreeSet<ObjectId>, ApiError> {
        let mut others = BTreeSet::new();
        for planned in plan.objects().iter().filter(|planned| planned.create_if_absent) {
            match self.cluster.get(&Address::of(planned)).await {
                Ok(Some(live)) if !self.is_ours(&live, plan.owner()).await? => {
                    others.insert(planned.id.clone());
                }
                Err(error) if error.refusal() != Refusal::Forbidden => return Err(error),
                _ => {}
            }
        }
        Ok(others)
    }

    /// Whether nothing is to be asked about the rights of the actor.
    async fn may_everything(&self) -> Result<bool, ApiError> {
        let everything = Right::everything();
        match self.admitted(|| self.cluster.may(&everything)).await {
            // Where reviews are not for everybody, there is no report; the server refuses all the same.
            Err(error) if error.refusal() == Refusal::Forbidden => Ok(true),
            may => may,
        }
    }

    /// The rules that the actor holds wherever it needs any.
    async fn held(&self, needs: &Needs, grants: &[Grant]) -> Result<Held, ApiError> {
        let everywhere = self.admitted(|| self.cluster.rules(None)).await?;
        let mut held = Held {
            everywhere: everywhere.rules,
            within: BTreeMap::new(),
            is_incomplete: everywhere.is_incomplete,
        };
        let mut namespaces = held.unknown(needs.keys());
        namespaces.extend(grants.iter().map(|grant| grant.namespace.clone()).filter(|name| !name.is_empty()));
        let mut reviews = stream::iter(namespaces)
            .map(|namespace| async move {
                let rules = self.admitted(|| self.cluster.rules(Some(&namespace))).await?;
                Ok::<_, ApiError>((namespace, rules))
            })
            .buffer_unordered(AT_ONCE);
        while let Some((namespace, rules)) = reviews.try_next().await? {
            held.is_incomplete |= rules.is_incomplete;
            held.within.insert(namespace, rules.rules);
        }
        Ok(held)
    }

    /// Those rights that are refused, of some that no rule gives.
    async fn refused(&self, held: &Held, open: Needs) -> Result<Needs, ApiError> {
        if !held.is_incomplete || open.is_empty() {
            return Ok(open);
        }
        let refused = self.refused_of(open.keys().map(Right::of_all).collect()).await?;
        let open: Needs = open.into_iter().filter(|(right, _)| refused.contains(&right.of_all())).collect();
        let named = open.keys().filter(|right| **right != right.of_all()).take(ONE_BY_ONE);
        let named: BTreeSet<Right> = named.cloned().collect();
        let refused = self.refused_of(named.clone()).await?;
        Ok(open.into_iter().filter(|(right, _)| !named.contains(right) || refused.contains(right)).collect())
    }

    async fn refused_of(&self, rights: BTreeSet<Right>) -> Result<BTreeSet<Right>, ApiError> {
        let answers = stream::iter(rights)
            .map(|right| async move {
                let is_ours = self.admitted(|| self.cluster.may(&right)).await?;
                Ok((!is_ours).then_some(right))
            })
            .buffer_unordered(AT_ONCE);
        answers.try_filter_map(|refused| async move { Ok(refused) }).try_collect().await
    }

    /// The grants without those that the actor may make whatever it holds.
    async fn without_instead(&self, held: &Held, grants: Vec<Grant>) -> Result<Vec<Grant>, ApiError> {
        let right =
            |grant: &Grant| Right { namespace: grant.namespace.clone(), permission: grant.instead.clone() };
        let (open, _): (Vec<_>, Vec<_>) = grants.into_iter().partition(|grant| !held.covers(&right(grant)));
        let asked: Needs =
            open.iter().map(|grant| (right(grant), BTreeSet::from([grant.id.clone()]))).collect();
        let refused = self.refused(held, asked).await?;
        Ok(open.into_iter().filter(|grant| refused.contains_key(&right(grant))).collect())
    }

    /// What is granted and not held. That is for rules alone to say: of what others authorize, RBAC knows nothing. Who binds a role that is
    /// not there has to have the right to bind it, whatever it will be.
    async fn not_held(&self, held: &Held, grants: Vec<Grant>) -> Result<Needs, ApiError> {
        let with_rules = stream::iter(grants)
            .map(|grant| async move {
                let rules = match &grant.role {
                    Role::Written(rules) | Role::Bound(rules) => Some(rules.clone()),
                    Role::Elsewhere(role) => self.rules_of_live(role).await?,
                };
                Ok::<_, ApiError>((grant, rules))
            })
            .buffered(AT_ONCE);
        let with_rules: Vec<_> = with_rules.try_collect().await?;
        let (known, absent): (Vec<_>, Vec<_>) = with_rules.iter().partition(|(_, rules)| rules.is_some());
        let permissions = known.into_iter().flat_map(|(grant, rules)| {
            rules.iter().flatten().flat_map(Rule::permissions).map(move |permission| (grant, permission))
        });
        let to_bind = absent.into_iter().map(|(grant, _)| (grant, grant.instead.clone()));
        let permissions = to_bind.chain(permissions);
        let mut missing = Needs::new();
        for (grant, permission) in permissions.take(GRANTED) {
            let right = Right { namespace: grant.namespace.clone(), permission };
            if !held.covers(&right) {
                missing.entry(right).or_default().insert(grant.id.clone());
            }
        }
        Ok(missing)
    }

    /// The rules of a role that is not of the set; `None` where it is not there. We read it as ourselves: the server, which will read it
    /// for the actor, does not ask who may. One that is not for us to see is for the server to judge.
    async fn rules_of_live(&self, role: &ObjectId) -> Result<Option<Vec<Rule>>, ApiError> {
        let plural = if role.kind == "Role" { "roles" } else { "clusterroles" };
        let resource = Resource { plural: plural.into(), namespaced: role.kind == "Role" };
        let address = Address { id: role.clone(), version: "v1".into(), resource };
        match self.cluster.own().get(&address).await {
            Ok(role) => Ok(role.as_ref().map(rules_of)),
            Err(error) if error.refusal() == Refusal::Forbidden => Ok(Some(vec![])),
            Err(error) => Err(error),
        }
    }
}
