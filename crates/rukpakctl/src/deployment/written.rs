//! What a command wrote, whose outcome it waits for, and nobody else's. Pure.

use anyhow::ensure;
use kube::ResourceExt as _;
use rukpak_api::BundleDeployment;

use super::source::shown;

/// A `BundleDeployment` as it was when it was written.
pub(crate) struct Written {
    uid: Option<String>,
    generation: Option<i64>,
    /// The value of the annotation by which the provisioner was asked to look at the source again, if it was.
    requested: Option<String>,
}

impl Written {
    /// As it was answered to whoever wrote it.
    pub(crate) fn of(deployment: &BundleDeployment) -> Self {
        Self { uid: deployment.uid(), generation: deployment.metadata.generation, requested: None }
    }

    /// The same, where the provisioner was asked to look at the source again.
    pub(crate) fn asked_again(self, requested: String) -> Self {
        Self { requested: Some(requested), ..self }
    }

    /// That it is the same one, with the same spec, unless it is being deleted.
    pub(crate) fn is_still(&self, live: &BundleDeployment) -> anyhow::Result<()> {
        let Self { uid, generation, requested: _ } = self;
        let is_same = live.uid() == *uid
            && (live.metadata.generation == *generation || live.metadata.deletion_timestamp.is_some());
        ensure!(
            is_same,
            "BundleDeployment {} was changed by somebody else meanwhile, its source is {} now; run this again, or wait for \
             theirs with `rukpakctl wait`",
            live.name_any(),
            shown(&live.spec.source)
        );
        Ok(())
    }

    /// What is missing for the source to have been looked at again, where that was asked for: that it was, and that what it means
    /// now is what runs.
    pub(crate) fn is_to_come(&self, live: &BundleDeployment) -> Option<String> {
        let requested = self.requested.as_deref()?;
        let status = live.status.as_ref()?;
        if status.last_handled_reconcile_at.as_deref() != Some(requested) {
            let source = shown(&live.spec.source);
            return Some(format!("the provisioner has not looked again yet what {source} is"));
        }
        let is_active = status.active_source == status.resolved_source;
        (!is_active).then(|| "what the source means now is not installed yet".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::deployment;
    use super::*;

    #[test]
    fn another_generation_or_another_one_of_its_name_is_somebody_elses() {
        let written = Written::of(&deployment(&[]));
        written.is_still(&deployment(&[])).unwrap();
        let [mut later, mut anew, mut going] = [(); 3].map(|()| deployment(&[]));
        later.metadata.generation = Some(3);
        anew.metadata.uid = Some("other".into());
        for changed in [&later, &anew] {
            let error = written.is_still(changed).unwrap_err().to_string();
            assert!(error.contains("was changed by somebody else meanwhile"), "{error}");
        }
        // A deletion counts as a change of the spec.
        going.metadata.generation = Some(3);
        going.metadata.deletion_timestamp = going.metadata.creation_timestamp.clone();
        written.is_still(&going).unwrap();
    }

    #[test]
    fn who_asked_for_another_look_waits_for_it_and_for_what_it_leads_to() {
        let mut live = deployment(&[]);
        assert_eq!(Written::of(&live).is_to_come(&live), None);
        let written = Written::of(&live).asked_again("now".into());
        let missing = written.is_to_come(&live).unwrap();
        assert!(
            missing.contains("has not looked again yet what registry.example.com/hello:v2 is"),
            "{missing}"
        );
        let status = live.status.as_mut().unwrap();
        status.last_handled_reconcile_at = Some("now".into());
        assert!(written.is_to_come(&live).unwrap().contains("is not installed yet"));
        let status = live.status.as_mut().unwrap();
        status.active_source = status.resolved_source.clone();
        assert_eq!(written.is_to_come(&live), None);
    }
}
