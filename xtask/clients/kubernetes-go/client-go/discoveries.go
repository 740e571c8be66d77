package main

import (
	"os"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/disk"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"
	"token-clients/check"
)

// discoveries is what a client learns of a server.
func discoveries(s *session) {
	s.Run("discovery: the version", s.serverVersion)
	s.Run("discovery: groups", s.serverGroups)
	s.Run("discovery: resources of a version", s.serverResources)
	s.Run("discovery: preferred resources", s.preferredResources)
	s.Run("discovery: aggregated", s.aggregated)
	s.Run("discovery: kept on disk", s.diskCache)
	s.Run("discovery: a mapper", s.mapper)
	s.Run("discovery: OpenAPI v3", s.openAPI)
	s.Run("discovery: OpenAPI v2", s.openAPIv2)
}

func (s *session) serverVersion(t *check.T) {
	got, err := s.client.Discovery().ServerVersion()
	t.Must(err)
	t.Equal("major", got.Major, "1")
	t.True("there is a platform", got.Platform != "" && got.GoVersion != "")
}

func (s *session) serverGroups(t *check.T) {
	got, err := s.client.Discovery().ServerGroups()
	t.Must(err)
	names := map[string]bool{}
	for _, group := range got.Groups {
		names[group.Name] = true
	}
	for _, name := range []string{"", "authentication.k8s.io", "authorization.k8s.io", "rbac.authorization.k8s.io"} {
		t.True("there is "+name, names[name])
	}
}

func (s *session) serverResources(t *check.T) {
	got, err := s.client.Discovery().ServerResourcesForGroupVersion("v1")
	t.Must(err)
	kinds := map[string]string{}
	for _, resource := range got.APIResources {
		kinds[resource.Name] = resource.Kind
	}
	t.Equal("serviceaccounts/token", kinds["serviceaccounts/token"], "TokenRequest")
	t.Equal("serviceaccounts", kinds["serviceaccounts"], "ServiceAccount")
	_, err = s.client.Discovery().ServerResourcesForGroupVersion("nothing.example/v1")
	t.Error(err, apierrors.IsNotFound, "could not find the requested resource")
	supported, err := discovery.IsResourceEnabled(s.client.Discovery(), schema.GroupVersionResource{Group: "authentication.k8s.io", Version: "v1", Resource: "tokenreviews"})
	t.Must(err)
	t.True("reviews are there", supported)
}

func (s *session) preferredResources(t *check.T) {
	got, err := s.client.Discovery().ServerPreferredResources()
	t.Must(err)
	listable := discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list", "watch"}}, got)
	found, err := discovery.GroupVersionResources(listable)
	t.Must(err)
	for _, resource := range []string{"namespaces", "serviceaccounts", "secrets", "configmaps", "pods", "nodes"} {
		_, there := found[schema.GroupVersionResource{Version: "v1", Resource: resource}]
		t.True("there are "+resource, there)
	}
	namespaced, err := s.client.Discovery().ServerPreferredNamespacedResources()
	t.Must(err)
	t.True("some are in a namespace", len(namespaced) > 0)
}

func (s *session) aggregated(t *check.T) {
	client, ok := s.client.Discovery().(discovery.AggregatedDiscoveryInterface)
	t.True("the client can", ok)
	groups, resources, failed, err := client.GroupsAndMaybeResources()
	t.Must(err)
	t.Equal("failed", len(failed), 0)
	t.True("there are groups", len(groups.Groups) > 3)
	// A client that knows only the form of old falls back, and has none.
	t.True("there are resources with them", len(resources) > 3 || resources == nil)
}

func (s *session) diskCache(t *check.T) {
	folder, err := os.MkdirTemp("", "discovery-")
	t.Must(err)
	defer os.RemoveAll(folder)
	for range [2]int{} {
		client, err := disk.NewCachedDiscoveryClientForConfig(s.config, folder+"/discovery", folder+"/http", time.Minute)
		t.Must(err)
		_, resources, err := client.ServerGroupsAndResources()
		t.Must(err)
		t.True("there are resources", len(resources) > 3)
		client.Invalidate()
		_, err = client.ServerGroups()
		t.Must(err)
	}
}

func (s *session) mapper(t *check.T) {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(s.client.Discovery()))
	mapping, err := mapper.RESTMapping(schema.GroupKind{Kind: "ServiceAccount"}, "v1")
	t.Must(err)
	t.Equal("resource", mapping.Resource.Resource, "serviceaccounts")
	t.Equal("scope", string(mapping.Scope.Name()), "namespace")
	kind, err := restmapper.NewShortcutExpander(mapper, s.client.Discovery(), nil).KindFor(schema.GroupVersionResource{Resource: "sa"})
	t.Must(err)
	t.Equal("kind of sa", kind.Kind, "ServiceAccount")
	_, err = mapper.RESTMapping(schema.GroupKind{Group: "nothing.example", Kind: "Nothing"})
	t.True("what is not there has no mapping", err != nil)
}

func (s *session) openAPI(t *check.T) {
	paths, err := s.client.Discovery().OpenAPIV3().Paths()
	t.Must(err)
	core, there := paths["api/v1"]
	if !there {
		t.Fail("no api/v1 among %d paths", len(paths))
		return
	}
	document, err := core.Schema("application/json")
	t.Must(err)
	t.Contains(string(document), "fieldValidation")
}

func (s *session) openAPIv2(t *check.T) {
	document, err := s.client.Discovery().OpenAPISchema()
	t.Must(err)
	t.Equal("swagger", document.Swagger, "2.0")
}
