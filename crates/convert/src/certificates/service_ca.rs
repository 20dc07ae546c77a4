//! The service CA of `OpenShift`, which acts on annotations alone: one on the Service names the Secret to fill, one
//! on an object with client configurations asks for the authority. Source: operator-controller's
//! `certproviders/openshift_serviceca.go`.

use rukpak_manifest::Object;

use super::Names;

pub(super) fn annotate(object: &mut Object) {
    object.set_annotation("service.beta.openshift.io/inject-cabundle", "true");
}

pub(super) fn annotate_service(names: &Names<'_>, service: &mut Object) {
    service.set_annotation("service.beta.openshift.io/serving-cert-secret-name", &names.certificate);
}
