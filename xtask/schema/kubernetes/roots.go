package main

import (
	"reflect"
	"slices"
	"strings"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// A root is a type to start from; apiVersion is what its objects say of themselves, empty when they say nothing.
type root struct {
	apiVersion string
	value      any
}

var roots = []root{
	{"v1", corev1.Namespace{}},
	{"v1", corev1.NamespaceList{}},
	{"v1", corev1.ServiceAccount{}},
	{"v1", corev1.ServiceAccountList{}},
	{"v1", corev1.Secret{}},
	{"v1", corev1.SecretList{}},
	{"v1", corev1.ConfigMap{}},
	{"v1", corev1.ConfigMapList{}},
	{"v1", corev1.Pod{}},
	{"v1", corev1.PodList{}},
	{"v1", corev1.Node{}},
	{"v1", corev1.NodeList{}},
	{"v1", corev1.Binding{}},
	{"policy/v1", policyv1.Eviction{}},
	{"authentication.k8s.io/v1", authenticationv1.TokenRequest{}},
	{"authentication.k8s.io/v1", authenticationv1.TokenReview{}},
	{"authentication.k8s.io/v1", authenticationv1.SelfSubjectReview{}},
	{"authorization.k8s.io/v1", authorizationv1.SubjectAccessReview{}},
	{"authorization.k8s.io/v1", authorizationv1.SelfSubjectAccessReview{}},
	{"authorization.k8s.io/v1", authorizationv1.LocalSubjectAccessReview{}},
	{"authorization.k8s.io/v1", authorizationv1.SelfSubjectRulesReview{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.Role{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.RoleList{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.RoleBinding{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.RoleBindingList{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.ClusterRole{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.ClusterRoleList{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.ClusterRoleBinding{}},
	{"rbac.authorization.k8s.io/v1", rbacv1.ClusterRoleBindingList{}},
	{"v1", metav1.Status{}},
	{"v1", metav1.APIVersions{}},
	{"v1", metav1.APIGroup{}},
	{"v1", metav1.APIGroupList{}},
	{"v1", metav1.APIResourceList{}},
	{"v1", metav1.WatchEvent{}},
	{"meta.k8s.io/v1", metav1.DeleteOptions{}},
	{"meta.k8s.io/v1", metav1.CreateOptions{}},
	{"meta.k8s.io/v1", metav1.UpdateOptions{}},
	{"meta.k8s.io/v1", metav1.PatchOptions{}},
	{"meta.k8s.io/v1", metav1.ListOptions{}},
	{"meta.k8s.io/v1", metav1.GetOptions{}},
	{"meta.k8s.io/v1", metav1.PartialObjectMetadata{}},
	{"meta.k8s.io/v1", metav1.PartialObjectMetadataList{}},
	{"meta.k8s.io/v1", metav1.Table{}},
	{"apidiscovery.k8s.io/v2", apidiscoveryv2.APIGroupDiscovery{}},
	{"apidiscovery.k8s.io/v2", apidiscoveryv2.APIGroupDiscoveryList{}},
	{"", runtime.Unknown{}},
	{"", version.Info{}},
}

// The versions of which every kind that is listed is a root, too, with its list.
var versions = []schema.GroupVersion{
	{Group: "", Version: "v1"},
	{Group: "apps", Version: "v1"},
	{Group: "batch", Version: "v1"},
	{Group: "coordination.k8s.io", Version: "v1"},
	{Group: "discovery.k8s.io", Version: "v1"},
	{Group: "events.k8s.io", Version: "v1"},
	{Group: "networking.k8s.io", Version: "v1"},
	{Group: "policy", Version: "v1"},
	{Group: "scheduling.k8s.io", Version: "v1"},
}

// allRoots are the roots, and the kinds of those versions that are none of them.
func allRoots() []root {
	all := slices.Clone(roots)
	for _, version := range versions {
		types := legacyscheme.Scheme.KnownTypes(version)
		var names []string
		for name := range types {
			kind := strings.TrimSuffix(name, "List")
			if types[kind] != nil && types[kind+"List"] != nil {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			added := root{version.String(), reflect.New(types[name]).Elem().Interface()}
			if !slices.ContainsFunc(roots, added.is) {
				all = append(all, added)
			}
		}
	}
	return all
}

func (r root) is(other root) bool {
	return r.apiVersion == other.apiVersion && r.typ().Name() == other.typ().Name()
}

func (r root) typ() reflect.Type { return reflect.TypeOf(r.value) }
