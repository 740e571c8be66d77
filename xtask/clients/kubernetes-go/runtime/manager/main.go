// Command manager asks a server what programs with controller-runtime ask it.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"token-clients/check"
)

// session is a client with a namespace of its own.
type session struct {
	*check.Suite
	config    *rest.Config
	client    client.WithWatch
	namespace string
}

func main() {
	log.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	config.QPS, config.Burst = 1000, 1000
	s := &session{Suite: check.New("runtime"), config: config}
	s.Run("a client", func(t *check.T) {
		api, err := client.NewWithWatch(config, client.Options{Scheme: scheme.Scheme})
		t.Must(err)
		s.client = api
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "runtime-"}}
		t.Must(api.Create(context.Background(), namespace))
		s.namespace = namespace.Name
		t.Must(api.Create(context.Background(), s.account("builder")))
	})
	s.Run("a token", s.token)
	s.Run("a token that is refused", s.badToken)
	s.Run("a review", s.review)
	s.Run("get, and what is missing", s.get)
	s.Run("create or update", s.createOrUpdate)
	s.Run("patches", s.patches)
	s.Run("a patch with a lock", s.locked)
	s.Run("server-side apply", s.apply)
	s.Run("the status of a pod", s.status)
	s.Run("lists", s.lists)
	s.Run("delete all", s.deleteAll)
	s.Run("what is of no type", s.untyped)
	s.Run("metadata only", s.metadata)
	s.Run("a watch", s.watch)
	s.Run("a dry run, and a namespace", s.wrapped)
	s.Run("owners and finalizers", s.owners)
	s.Run("a manager reconciles", s.manager)
	s.Run("an index of a cache", s.index)
	s.Run("the namespace is deleted", func(t *check.T) {
		t.Must(s.client.Delete(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}))
	})
	s.End()
}

var ctx = context.Background()

func (s *session) named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: s.namespace}
}

func (s *session) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: s.namespace, Name: name}
}

func (s *session) account(name string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: s.named(name)}
}

func (s *session) newMap(t *check.T, name string, labels map[string]string) *corev1.ConfigMap {
	made := &corev1.ConfigMap{ObjectMeta: s.named(name), Data: map[string]string{"a": "1"}}
	made.Labels = labels
	t.Must(s.client.Create(ctx, made))
	return made
}

func (s *session) request(account string, seconds int64) (*authenticationv1.TokenRequest, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"vault"}, ExpirationSeconds: &seconds}}
	err := s.client.SubResource("token").Create(ctx, s.account(account), request)
	return request, err
}

func (s *session) token(t *check.T) {
	got, err := s.request("builder", 900)
	t.Must(err)
	t.Equal("aud", check.Audiences(got.Status.Token), []string{"vault"})
	t.Equal("name", got.Name, "builder")
	t.Equal("lifetime", got.Status.ExpirationTimestamp.Sub(got.CreationTimestamp.Time).Round(2*time.Second), 15*time.Minute)
}

func (s *session) badToken(t *check.T) {
	_, err := s.request("nobody", 900)
	t.Error(err, apierrors.IsNotFound, `serviceaccounts "nobody" not found`)
	_, err = s.request("builder", 599)
	t.Error(err, apierrors.IsInvalid, "may not specify a duration less than 10 minutes")
}

func (s *session) review(t *check.T) {
	request, err := s.request("builder", 900)
	t.Must(err)
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: request.Status.Token, Audiences: []string{"vault"}}}
	t.Must(s.client.Create(ctx, review))
	t.True("it is authenticated", review.Status.Authenticated)
	t.Equal("who", review.Status.User.Username, "system:serviceaccount:"+s.namespace+":builder")
}

func (s *session) get(t *check.T) {
	var account corev1.ServiceAccount
	t.Must(s.client.Get(ctx, s.key("builder"), &account))
	t.Equal("name", account.Name, "builder")
	err := s.client.Get(ctx, s.key("missing"), &account)
	t.Error(err, apierrors.IsNotFound, `serviceaccounts "missing" not found`)
	t.Must(client.IgnoreNotFound(err))
	t.Error(s.client.Create(ctx, s.account("builder")), apierrors.IsAlreadyExists, "already exists")
}

func (s *session) createOrUpdate(t *check.T) {
	for _, wanted := range []controllerutil.OperationResult{controllerutil.OperationResultCreated, controllerutil.OperationResultNone} {
		secret := &corev1.Secret{ObjectMeta: s.named("made")}
		got, err := controllerutil.CreateOrUpdate(ctx, s.client, secret, func() error {
			secret.Data = map[string][]byte{"a": []byte("1")}
			return nil
		})
		t.Must(err)
		t.Equal("result", got, wanted)
	}
	secret := &corev1.Secret{ObjectMeta: s.named("made")}
	got, err := controllerutil.CreateOrPatch(ctx, s.client, secret, func() error {
		secret.Data = map[string][]byte{"a": []byte("2")}
		return nil
	})
	t.Must(err)
	t.Equal("result", got, controllerutil.OperationResultUpdated)
}

func (s *session) patches(t *check.T) {
	account := s.account("patched")
	t.Must(s.client.Create(ctx, account))
	base := account.DeepCopy()
	account.Annotations = map[string]string{"a": "b"}
	t.Must(s.client.Patch(ctx, account, client.MergeFrom(base)))
	base = account.DeepCopy()
	account.Secrets = append(account.Secrets, corev1.ObjectReference{Name: "one"})
	t.Must(s.client.Patch(ctx, account, client.StrategicMergeFrom(base)))
	raw := client.RawPatch("application/json-patch+json", []byte(`[{"op":"remove","path":"/metadata/annotations/a"}]`))
	t.Must(s.client.Patch(ctx, account, raw))
	t.Equal("annotations", len(account.Annotations), 0)
	t.Equal("secrets", len(account.Secrets), 1)
}

func (s *session) locked(t *check.T) {
	made := s.newMap(t, "locked", nil)
	old := made.DeepCopy()
	made.Data["a"] = "2"
	t.Must(s.client.Update(ctx, made))
	changed := old.DeepCopy()
	changed.Data["a"] = "3"
	patch := client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{})
	t.Error(s.client.Patch(ctx, changed, patch), apierrors.IsConflict, "the object has been modified")
	t.Error(s.client.Update(ctx, old), apierrors.IsConflict, "the object has been modified")
}

func (s *session) apply(t *check.T) {
	wanted := func(value string) runtime.ApplyConfiguration {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": value},
			"metadata": map[string]any{"name": "applied", "namespace": s.namespace},
		}}
		return client.ApplyConfigurationFromUnstructured(object)
	}
	t.Must(s.client.Apply(ctx, wanted("1"), client.FieldOwner("one")))
	t.Error(s.client.Apply(ctx, wanted("2"), client.FieldOwner("two")), apierrors.IsConflict, "Apply failed with 1 conflict")
	t.Must(s.client.Apply(ctx, wanted("2"), client.FieldOwner("two"), client.ForceOwnership))
	var got corev1.ConfigMap
	t.Must(s.client.Get(ctx, s.key("applied"), &got))
	t.Equal("data", got.Data, map[string]string{"a": "2"})
}

func (s *session) status(t *check.T) {
	pod := &corev1.Pod{ObjectMeta: s.named("pod"), Spec: corev1.PodSpec{ServiceAccountName: "builder", Containers: []corev1.Container{{Name: "main", Image: "pause"}}}}
	t.Must(s.client.Create(ctx, pod))
	pod.Status.Phase = corev1.PodRunning
	t.Must(s.client.Status().Update(ctx, pod))
	base := pod.DeepCopy()
	pod.Status.PodIP, pod.Status.PodIPs = "10.0.0.9", []corev1.PodIP{{IP: "10.0.0.9"}}
	t.Must(s.client.Status().Patch(ctx, pod, client.MergeFrom(base)))
	t.Equal("status", []string{string(pod.Status.Phase), pod.Status.PodIP}, []string{"Running", "10.0.0.9"})
	t.Must(s.client.Delete(ctx, pod, client.GracePeriodSeconds(0)))
}

func (s *session) lists(t *check.T) {
	for _, name := range []string{"l1", "l2", "l3"} {
		s.newMap(t, name, map[string]string{"list": "yes"})
	}
	var list corev1.ConfigMapList
	t.Must(s.client.List(ctx, &list, client.InNamespace(s.namespace), client.MatchingLabels{"list": "yes"}, client.Limit(2)))
	t.Equal("items", len(list.Items), 2)
	t.Must(s.client.List(ctx, &list, client.InNamespace(s.namespace), client.MatchingLabels{"list": "yes"}, client.Continue(list.Continue)))
	t.Equal("the rest", len(list.Items), 1)
	t.Must(s.client.List(ctx, &list, client.InNamespace(s.namespace), client.MatchingFields{"metadata.name": "l2"}))
	t.Equal("by name", len(list.Items), 1)
	var roles rbacv1.ClusterRoleList
	t.Must(s.client.List(ctx, &roles))
	t.True("there are roles", len(roles.Items) > 50)
}

func (s *session) deleteAll(t *check.T) {
	t.Must(s.client.DeleteAllOf(ctx, &corev1.ConfigMap{}, client.InNamespace(s.namespace), client.HasLabels{"list"}))
	var list corev1.ConfigMapList
	t.Must(s.client.List(ctx, &list, client.InNamespace(s.namespace), client.HasLabels{"list"}))
	t.Equal("items", len(list.Items), 0)
	made := s.newMap(t, "precious", nil)
	other := "another"
	err := s.client.Delete(ctx, made, client.Preconditions{ResourceVersion: &other})
	t.Error(err, apierrors.IsConflict, "the ResourceVersion in the precondition (another) does not match")
	t.Must(s.client.Delete(ctx, made, client.PropagationPolicy(metav1.DeletePropagationBackground)))
}

func (s *session) untyped(t *check.T) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "ServiceAccount"})
	t.Must(s.client.Get(ctx, s.key("builder"), object))
	request := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"audiences": []any{"x"}}}}
	request.SetGroupVersionKind(authenticationv1.SchemeGroupVersion.WithKind("TokenRequest"))
	t.Must(s.client.SubResource("token").Create(ctx, object, request))
	token, _, _ := unstructured.NestedString(request.Object, "status", "token")
	t.Equal("aud", check.Audiences(token), []string{"x"})
	mapping, err := s.client.RESTMapper().RESTMapping(schema.GroupKind{Kind: "ServiceAccount"})
	t.Must(err)
	t.Equal("resource", mapping.Resource.Resource, "serviceaccounts")
	object.SetGroupVersionKind(schema.GroupVersionKind{Group: "nothing.example", Version: "v1", Kind: "Nothing"})
	t.True("what is not there has no mapping", s.client.Get(ctx, s.key("x"), object) != nil)
}

func (s *session) metadata(t *check.T) {
	partial := &metav1.PartialObjectMetadata{}
	partial.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ServiceAccount"))
	t.Must(s.client.Get(ctx, s.key("builder"), partial))
	base := partial.DeepCopy()
	partial.Labels = map[string]string{"a": "b"}
	t.Must(s.client.Patch(ctx, partial, client.MergeFrom(base)))
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ServiceAccountList"))
	t.Must(s.client.List(ctx, list, client.InNamespace(s.namespace), client.MatchingLabels{"a": "b"}))
	t.Equal("items", len(list.Items), 1)
}

func (s *session) watch(t *check.T) {
	stream, err := s.client.Watch(ctx, &corev1.ConfigMapList{}, client.InNamespace(s.namespace), client.MatchingFields{"metadata.name": "watched"})
	t.Must(err)
	defer stream.Stop()
	s.newMap(t, "watched", nil)
	select {
	case event := <-stream.ResultChan():
		t.Equal("event", string(event.Type), "ADDED")
	case <-time.After(10 * time.Second):
		t.Fail("no event came")
	}
}

func (s *session) wrapped(t *check.T) {
	dry := client.NewDryRunClient(s.client)
	t.Must(dry.Create(ctx, &corev1.ConfigMap{ObjectMeta: s.named("dry")}))
	t.Error(s.client.Get(ctx, s.key("dry"), &corev1.ConfigMap{}), apierrors.IsNotFound, "not found")
	inside := client.NewNamespacedClient(s.client, s.namespace)
	t.Must(inside.Get(ctx, client.ObjectKey{Name: "builder"}, &corev1.ServiceAccount{}))
	strict := client.WithFieldValidation(client.WithFieldOwner(s.client, "owner"), metav1.FieldValidationStrict)
	made := &corev1.ConfigMap{ObjectMeta: s.named("strict")}
	t.Must(strict.Create(ctx, made))
	t.Must(strict.Patch(ctx, made, client.RawPatch("application/merge-patch+json", []byte(`{"data":{"a":"b"}}`))))
	t.Must(s.client.Get(ctx, s.key("strict"), made))
	t.Equal("data", made.Data, map[string]string{"a": "b"})
}

func (s *session) owners(t *check.T) {
	owner, owned := s.newMap(t, "owner", nil), &corev1.Secret{ObjectMeta: s.named("owned")}
	t.Must(controllerutil.SetControllerReference(owner, owned, scheme.Scheme))
	t.Must(s.client.Create(ctx, owned))
	t.True("it is owned", metav1.IsControlledBy(owned, owner))
	controllerutil.AddFinalizer(owned, "example.com/keep")
	t.Must(s.client.Update(ctx, owned))
	t.Must(s.client.Delete(ctx, owned))
	t.Must(s.client.Get(ctx, s.key("owned"), owned))
	t.True("it is being deleted", !owned.DeletionTimestamp.IsZero())
	controllerutil.RemoveFinalizer(owned, "example.com/keep")
	t.Must(s.client.Update(ctx, owned))
	t.Error(s.client.Get(ctx, s.key("owned"), owned), apierrors.IsNotFound, "not found")
}
