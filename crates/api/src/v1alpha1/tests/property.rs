//! There and back is the same, whatever an object holds; and whatever the annotations hold, no field of the spec changes.

mod objects;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::super::ConversionError;
use super::annotated;
use super::{from_v1alpha2, to_v1alpha2};
use crate::BundleDeployment;
use crate::names::{TEMPLATE_CLASS, TEMPLATE_METADATA, V1ALPHA2_SPEC};
use objects::{annotation, new, old};

fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn from_v1alpha1_and_back(given in old()) {
        let converted = to_v1alpha2(given.clone()).unwrap();
        prop_assert_eq!(&converted["status"], &given["status"]);
        prop_assert_eq!(from_v1alpha2(converted).unwrap(), given);
    }

    #[test]
    fn from_v1alpha2_and_back(given in new()) {
        let converted = from_v1alpha2(given.clone()).unwrap();
        prop_assert_eq!(&converted["status"], &given["status"]);
        prop_assert_eq!(to_v1alpha2(converted).unwrap(), given);
    }

    #[test]
    fn what_comes_of_v1alpha1_can_be_read(given in old()) {
        let mut converted = to_v1alpha2(given).unwrap();
        converted.as_object_mut().unwrap().remove("status");
        prop_assert!(serde_json::from_value::<BundleDeployment>(converted).is_ok());
    }

    #[test]
    fn no_annotation_changes_the_spec_of_v1alpha2(given in new(), class in annotation(), metadata in annotation(), spec in annotation()) {
        let given = annotated(annotated(annotated(given, TEMPLATE_CLASS, class), TEMPLATE_METADATA, metadata), V1ALPHA2_SPEC, spec);
        let back = to_v1alpha2(from_v1alpha2(given.clone()).unwrap()).unwrap();
        prop_assert_eq!(&back["spec"], &given["spec"]);
    }

    #[test]
    fn no_annotation_changes_the_spec_of_v1alpha1(given in old(), class in annotation(), metadata in annotation(), spec in annotation()) {
        let given = annotated(annotated(annotated(given, TEMPLATE_CLASS, class), TEMPLATE_METADATA, metadata), V1ALPHA2_SPEC, spec);
        match to_v1alpha2(given.clone()) {
            Ok(converted) => prop_assert_eq!(&from_v1alpha2(converted).unwrap()["spec"], &given["spec"]),
            Err(error) => prop_assert!(matches!(error, ConversionError::Annotation { .. }), "{}", error),
        }
    }

    /// The form that somebody has edited is what counts, with what still fits of the rest.
    #[test]
    fn an_edit_in_v1alpha1_stays(before in new(), edit in old()) {
        let mut edited = from_v1alpha2(before.clone()).unwrap();
        edited["spec"] = edit["spec"].clone();
        let after = to_v1alpha2(edited.clone()).unwrap();
        prop_assert_eq!(&from_v1alpha2(after.clone()).unwrap()["spec"], &edited["spec"]);
        // What v1alpha1 cannot say of the spec is as it was; a namespace may be the one that plain bundles have by default.
        for name in ["serviceAccountName", "serviceAccountNamespace", "deletionPolicy", "preflight", "paused", "force"] {
            prop_assert_eq!(&after["spec"][name], &before["spec"][name], "{}", name);
        }
        // Trust in a registry is not moved to another one.
        let image = |whole: &Value| whole["spec"]["source"]["image"].clone();
        if image(&after)["insecureSkipTLSVerify"] == true {
            let registry = |whole: &Value| Some(image(whole)["ref"].as_str()?.split_once('/')?.0.to_owned());
            prop_assert_eq!(registry(&after), registry(&before));
        }
    }
}
