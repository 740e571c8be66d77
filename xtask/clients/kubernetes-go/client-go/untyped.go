package main

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"token-clients/check"
)

var configMapResource = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// untyped is clients that know no types: dynamic, metadata and raw.
func untyped(s *session) {
	s.Run("dynamic: a token", s.dynamicToken)
	s.Run("dynamic: an object's life", s.dynamicObject)
	s.Run("dynamic: a watch", s.dynamicWatch)
	s.Run("dynamic: a review", s.dynamicReview)
	s.Run("metadata: get, list, patch, delete", s.metadataOnly)
	s.Run("metadata: a watch", s.metadataWatch)
	s.Run("a table", s.table)
	s.Run("a table in a watch", s.tableWatch)
	s.Run("raw paths", s.rawPaths)
	s.Run("warnings", s.warnings)
}

func (s *session) dynamicToken(t *check.T) {
	request := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": map[string]any{"name": "builder"},
		"spec": map[string]any{"audiences": []any{"a"}, "expirationSeconds": int64(900)},
	}}
	accounts := dynamic.NewForConfigOrDie(s.config).Resource(serviceAccounts).Namespace(s.namespace)
	got, err := accounts.Create(ctx, request, metav1.CreateOptions{}, "token")
	t.Must(err)
	token, _, _ := unstructured.NestedString(got.Object, "status", "token")
	t.Equal("aud", check.Audiences(token), []string{"a"})
	seconds, _, _ := unstructured.NestedInt64(got.Object, "spec", "expirationSeconds")
	t.Equal("expirationSeconds", seconds, int64(900))
}

func (s *session) dynamicObject(t *check.T) {
	maps := dynamic.NewForConfigOrDie(s.config).Resource(configMapResource).Namespace(s.namespace)
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "dynamic"}}}
	made, err := maps.Create(ctx, object, metav1.CreateOptions{})
	t.Must(err)
	t.Must(unstructured.SetNestedField(made.Object, "b", "data", "a"))
	made, err = maps.Update(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	list, err := maps.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=dynamic"})
	t.Must(err)
	t.Equal("items", len(list.Items), 1)
	t.Equal("their kind", list.Items[0].GetKind(), "ConfigMap")
	_, err = maps.Patch(ctx, "dynamic", types.JSONPatchType, []byte(`[{"op":"replace","path":"/data/a","value":"c"}]`), metav1.PatchOptions{})
	t.Must(err)
	t.Must(maps.Delete(ctx, "dynamic", metav1.DeleteOptions{}))
	_, err = maps.Get(ctx, "dynamic", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, "not found")
}

func (s *session) dynamicWatch(t *check.T) {
	maps := dynamic.NewForConfigOrDie(s.config).Resource(configMapResource).Namespace(s.namespace)
	stream, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: s.version(t)})
	t.Must(err)
	defer stream.Stop()
	s.newMap(t, "dynamic-watch")
	wants(t, stream, watch.Added, "dynamic-watch")
}

func (s *session) dynamicReview(t *check.T) {
	reviews := schema.GroupVersionResource{Group: "authentication.k8s.io", Version: "v1", Resource: "tokenreviews"}
	review := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": map[string]any{"token": s.token(t)}}}
	got, err := dynamic.NewForConfigOrDie(s.config).Resource(reviews).Create(ctx, review, metav1.CreateOptions{})
	t.Must(err)
	authenticated, _, _ := unstructured.NestedBool(got.Object, "status", "authenticated")
	t.True("it is authenticated", authenticated)
}

func (s *session) metadataOnly(t *check.T) {
	maps := metadata.NewForConfigOrDie(s.config).Resource(configMapResource).Namespace(s.namespace)
	made := s.newMap(t, "partial")
	got, err := maps.Get(ctx, "partial", metav1.GetOptions{})
	t.Must(err)
	t.Equal("uid", got.UID, made.UID)
	list, err := maps.List(ctx, metav1.ListOptions{Limit: 2})
	t.Must(err)
	t.Equal("items", len(list.Items), 2)
	got, err = maps.Patch(ctx, "partial", types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{})
	t.Must(err)
	t.Equal("labels", got.Labels, map[string]string{"a": "b"})
	t.Must(maps.Delete(ctx, "partial", metav1.DeleteOptions{}))
}

func (s *session) metadataWatch(t *check.T) {
	maps := metadata.NewForConfigOrDie(s.config).Resource(configMapResource).Namespace(s.namespace)
	stream, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: s.version(t)})
	t.Must(err)
	defer stream.Stop()
	s.newMap(t, "metadata-watch")
	wants(t, stream, watch.Added, "metadata-watch")
}

// tableOf asks for a table as kubectl does.
func (s *session) tableRequest(resource string) *rest.Request {
	accept := "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
	return s.client.CoreV1().RESTClient().Get().Namespace(s.namespace).Resource(resource).SetHeader("Accept", accept)
}

func (s *session) table(t *check.T) {
	columns := map[string][]string{
		"serviceaccounts": {"Name", "Age"}, "secrets": {"Name", "Type", "Data", "Age"}, "configmaps": {"Name", "Data", "Age"},
		"pods": {"Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"},
	}
	s.secret(t, "tabled")
	s.pod(t, "tabled", "", "")
	for resource, names := range columns {
		var table metav1.Table
		t.Must(s.tableRequest(resource).Do(ctx).Into(&table))
		var got []string
		for _, column := range table.ColumnDefinitions {
			got = append(got, column.Name)
		}
		t.Equal(resource, got, names)
		t.True("there are rows of "+resource, len(table.Rows) > 0 && len(table.Rows[0].Cells) == len(names))
	}
}

func (s *session) tableWatch(t *check.T) {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.tableRequest("configmaps").Param("watch", "true").Param("fieldSelector", "metadata.name=metadata-watch").Stream(limited)
	t.Must(err)
	defer stream.Close()
	bytes := make([]byte, 64)
	count, err := stream.Read(bytes)
	t.Must(err)
	t.Contains(string(bytes[:count]), `{"type":"ADDED","object":{"kind":"Table"`)
}

func (s *session) rawPaths(t *check.T) {
	raw := s.client.CoreV1().RESTClient()
	for _, path := range []string{"/healthz", "/livez", "/readyz", "/readyz/ping"} {
		body, err := raw.Get().AbsPath(path).DoRaw(ctx)
		t.Must(err)
		t.Equal(path, string(body), "ok")
	}
	for path, part := range map[string]string{"/": `"paths"`, "/version": `"gitVersion": "v1.`, "/openid/v1/jwks": `"keys"`, "/.well-known/openid-configuration": `"issuer"`} {
		body, err := raw.Get().AbsPath(path).DoRaw(ctx)
		t.Must(err)
		t.Contains(string(body), part)
	}
	err := raw.Get().AbsPath("/api/v1/nothing").Do(ctx).Error()
	t.Error(err, apierrors.IsNotFound, "the server could not find the requested resource")
	err = raw.Post().AbsPath("/api/v1/namespaces/default").Body([]byte("{}")).Do(ctx).Error()
	t.Error(err, apierrors.IsMethodNotSupported, "the server does not allow this method on the requested resource")
}

// heard collects warnings.
type heard struct{ texts []string }

func (h *heard) HandleWarningHeader(code int, agent, text string) {
	if code == 299 {
		h.texts = append(h.texts, text)
	}
}

func (s *session) warnings(t *check.T) {
	handler := &heard{}
	config := rest.CopyConfig(s.config)
	config.WarningHandler, config.ContentType = handler, "application/json"
	maps := dynamic.NewForConfigOrDie(config).Resource(configMapResource).Namespace(s.namespace)
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "warned"}, "more": "x"}}
	_, err := maps.Create(ctx, object, metav1.CreateOptions{})
	t.Must(err)
	t.Equal("warnings", handler.texts, []string{`unknown field "more"`})
	_, err = maps.Create(ctx, object, metav1.CreateOptions{FieldValidation: "Strict"})
	t.Error(err, apierrors.IsBadRequest, `unknown field "more"`)
}
