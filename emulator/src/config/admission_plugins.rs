//! The admission plugins of kube-apiserver 1.37: which are on by default, which can be turned on
//! here, and which cannot.
//! Source: kubernetes `pkg/kubeapiserver/options/plugins.go`.

use crate::config::ConfigError;

/// Those that are on by default. Naming one changes nothing.
const DEFAULT: [&str; 25] = [
    "CertificateApproval",
    "CertificateSigning",
    "CertificateSubjectRestriction",
    "ClusterTrustBundleAttest",
    "DefaultIngressClass",
    "DefaultStorageClass",
    "DefaultTolerationSeconds",
    "LimitRanger",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionWebhook",
    "NamespaceLifecycle",
    "NodeDeclaredFeatureValidator",
    "PersistentVolumeClaimResize",
    "PodGroupProtection",
    "PodResizeValidator",
    "PodSecurity",
    "PodTopologyLabels",
    "Priority",
    "ResourceQuota",
    "RuntimeClass",
    "ServiceAccount",
    "StorageObjectInUseProtection",
    "TaintNodesByCondition",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
];

/// Those that do here what they do there.
const PLAYED: [&str; 5] =
    ["AlwaysAdmit", "AlwaysDeny", "NamespaceAutoProvision", "NamespaceExists", "NodeRestriction"];

/// Those that would do nothing here, and so are refused.
const ABSENT: [&str; 9] = [
    "AlwaysPullImages",
    "DenyServiceExternalIPs",
    "EventRateLimit",
    "ExtendedResourceToleration",
    "ImagePolicyWebhook",
    "LimitPodHardAntiAffinityTopology",
    "OwnerReferencesPermissionEnforcement",
    "PodNodeSelector",
    "PodTolerationRestriction",
];

/// Whether each of them can be turned on.
pub(super) fn check(plugins: &[String]) -> Result<(), ConfigError> {
    let is_allowed = |plugin: &str| DEFAULT.contains(&plugin) || PLAYED.contains(&plugin);
    let Some(plugin) = plugins.iter().find(|plugin| !is_allowed(plugin)) else { return Ok(()) };
    let why = match ABSENT.contains(&plugin.as_str()) {
        true => "is a plugin of kube-apiserver that the emulator does not have",
        false => "is unknown",
    };
    Err(ConfigError(format!(
        "--enable-admission-plugins: {plugin:?} {why}; allowed are {}, and those that are on by \
         default: {}",
        PLAYED.join(", "),
        DEFAULT.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case(&["NodeRestriction", "PodSecurity"], "")]
    #[case(&[], "")]
    #[case(&["AlwaysDeny", "AlwaysPullImages"], "\"AlwaysPullImages\" is a plugin of kube")]
    #[case(&["NodeRestrictions"], "\"NodeRestrictions\" is unknown; allowed are AlwaysAdmit, Al")]
    fn what_would_do_nothing_is_refused(#[case] plugins: &[&str], #[case] expected: &str) {
        let plugins: Vec<_> = plugins.iter().map(|&plugin| plugin.to_owned()).collect();
        match check(&plugins) {
            Ok(()) => assert!(expected.is_empty()),
            Err(error) => assert!(!expected.is_empty() && error.0.contains(expected), "{error}"),
        }
    }

    #[test]
    fn each_is_listed_once() {
        let mut all = [&DEFAULT[..], &PLAYED, &ABSENT].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 39);
    }
}
