package main

import (
	"encoding/json"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
	"token-clients/check"
)

func contains(err error, part string) bool { return err != nil && strings.Contains(err.Error(), part) }

// configMaps is everything that is done with objects, done with the simplest of them.
func configMaps(s *session) {
	s.Run("create, and create again", s.createTwice)
	s.Run("a name that is made up", s.generatedName)
	s.Run("names that are no names", s.badNames)
	s.Run("a dry run makes nothing", s.dryRunObject)
	s.Run("get what is missing", s.getMissing)
	s.Run("update, and a conflict", s.conflict)
	s.Run("an update that changes nothing", s.idleUpdate)
	s.Run("retry on conflict", s.retryOnConflict)
	s.Run("a merge patch", s.mergePatch)
	s.Run("a JSON patch", s.jsonPatch)
	s.Run("a strategic merge patch", s.strategicPatch)
	s.Run("an object that may not change", s.immutable)
	s.Run("fields that are unknown", s.unknownFields)
	s.Run("who owns a field", s.managedFields)
	s.Run("selectors of labels", s.labelSelectors)
	s.Run("selectors of fields", s.fieldSelectors)
	s.Run("pages", s.pages)
	s.Run("a page whose token is broken", s.brokenPage)
	s.Run("a list from a version", s.listFromVersion)
	s.Run("preconditions of a deletion", s.preconditions)
	s.Run("finalizers", s.finalizers)
	s.Run("delete a collection", s.deleteCollection)
}

func (s *session) maps() typedcorev1.ConfigMapInterface {
	return s.client.CoreV1().ConfigMaps(s.namespace)
}

func configMap(name string, labels map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Data: map[string]string{"a": "1"}}
}

func (s *session) newMap(t *check.T, name string) *corev1.ConfigMap {
	made, err := s.maps().Create(ctx, configMap(name, nil), metav1.CreateOptions{})
	t.Must(err)
	return made
}

func (s *session) createTwice(t *check.T) {
	made := s.newMap(t, "twice")
	t.True("it has a uid, a version and a time", made.UID != "" && made.ResourceVersion != "" && !made.CreationTimestamp.IsZero())
	t.Equal("data", made.Data, map[string]string{"a": "1"})
	_, err := s.maps().Create(ctx, configMap("twice", nil), metav1.CreateOptions{})
	t.Error(err, apierrors.IsAlreadyExists, `configmaps "twice" already exists`)
	versioned := configMap("versioned", nil)
	versioned.ResourceVersion = "1"
	_, err = s.maps().Create(ctx, versioned, metav1.CreateOptions{})
	t.Error(err, func(error) bool { return true }, "resourceVersion should not be set on objects to be created")
}

func (s *session) generatedName(t *check.T) {
	made, err := s.maps().Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "made-up-"}}, metav1.CreateOptions{})
	t.Must(err)
	t.True("five characters are added", strings.HasPrefix(made.Name, "made-up-") && len(made.Name) == len("made-up-")+5)
	_, err = s.maps().Create(ctx, &corev1.ConfigMap{}, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "name or generateName is required")
}

func (s *session) badNames(t *check.T) {
	for _, name := range []string{"Upper", "under_score", "-dash", "a..b", strings.Repeat("x", 254)} {
		_, err := s.maps().Create(ctx, configMap(name, nil), metav1.CreateOptions{})
		t.Error(err, apierrors.IsInvalid, "metadata.name: Invalid value")
	}
	_, err := s.maps().Create(ctx, configMap("labelled", map[string]string{"a b": "c"}), metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "metadata.labels: Invalid value")
	keyed := configMap("keyed", nil)
	keyed.Data = map[string]string{"not a key": ""}
	_, err = s.maps().Create(ctx, keyed, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "data[not a key]: Invalid value")
}

func (s *session) dryRunObject(t *check.T) {
	made, err := s.maps().Create(ctx, configMap("dry", nil), metav1.CreateOptions{DryRun: []string{"All"}})
	t.Must(err)
	t.True("it has a uid", made.UID != "")
	_, err = s.maps().Get(ctx, "dry", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, `configmaps "dry" not found`)
}

func (s *session) getMissing(t *check.T) {
	_, err := s.maps().Get(ctx, "missing", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, `configmaps "missing" not found`)
	t.Equal("details", check.Details(err), metav1.StatusDetails{Name: "missing", Kind: "configmaps"})
	t.Error(s.maps().Delete(ctx, "missing", metav1.DeleteOptions{}), apierrors.IsNotFound, "not found")
	_, err = s.maps().Update(ctx, configMap("missing", nil), metav1.UpdateOptions{})
	t.Error(err, apierrors.IsNotFound, "not found")
	_, err = s.maps().Patch(ctx, "missing", types.MergePatchType, []byte("{}"), metav1.PatchOptions{})
	t.Error(err, apierrors.IsNotFound, "not found")
}

func (s *session) conflict(t *check.T) {
	old := s.newMap(t, "conflict")
	changed := old.DeepCopy()
	changed.Data["a"] = "2"
	got, err := s.maps().Update(ctx, changed, metav1.UpdateOptions{})
	t.Must(err)
	t.True("the version moved", got.ResourceVersion != old.ResourceVersion)
	t.Equal("uid", got.UID, old.UID)
	_, err = s.maps().Update(ctx, old, metav1.UpdateOptions{})
	t.Error(err, apierrors.IsConflict, `Operation cannot be fulfilled on configmaps "conflict": the object has been modified; please apply your changes to the latest version and try again`)
	foreign := got.DeepCopy()
	foreign.UID = "another"
	_, err = s.maps().Update(ctx, foreign, metav1.UpdateOptions{})
	t.Error(err, apierrors.IsConflict, "Precondition failed: UID in precondition: another")
	foreign = got.DeepCopy()
	foreign.ResourceVersion = ""
	_, err = s.maps().Update(ctx, foreign, metav1.UpdateOptions{})
	t.Must(err)
}

func (s *session) idleUpdate(t *check.T) {
	old := s.newMap(t, "idle")
	got, err := s.maps().Update(ctx, old, metav1.UpdateOptions{})
	t.Must(err)
	t.Equal("version", got.ResourceVersion, old.ResourceVersion)
}

func (s *session) retryOnConflict(t *check.T) {
	s.newMap(t, "counter")
	var group sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for turn := 0; turn < 3; turn++ {
				_ = retry.OnError(retry.DefaultBackoff, func(error) bool { return true }, s.count)
			}
		}()
	}
	group.Wait()
	got, err := s.maps().Get(ctx, "counter", metav1.GetOptions{})
	t.Must(err)
	t.Equal("count", len(got.Data["a"]), 13)
}

func (s *session) count() error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		got, err := s.maps().Get(ctx, "counter", metav1.GetOptions{})
		if err != nil {
			return err
		}
		got.Data["a"] += "+"
		_, err = s.maps().Update(ctx, got, metav1.UpdateOptions{})
		return err
	})
}

func (s *session) patch(t *check.T, name string, kind types.PatchType, patch string) *corev1.ConfigMap {
	got, err := s.maps().Patch(ctx, name, kind, []byte(patch), metav1.PatchOptions{FieldManager: "checks"})
	t.Must(err)
	return got
}

func (s *session) mergePatch(t *check.T) {
	s.newMap(t, "merged")
	got := s.patch(t, "merged", types.MergePatchType, `{"data":{"a":null,"b":"2"},"metadata":{"labels":{"x":"y"}}}`)
	t.Equal("data", got.Data, map[string]string{"b": "2"})
	t.Equal("labels", got.Labels, map[string]string{"x": "y"})
	_, err := s.maps().Patch(ctx, "merged", types.MergePatchType, []byte(`{"metadata":{"resourceVersion":"1"}}`), metav1.PatchOptions{})
	t.Error(err, apierrors.IsConflict, "the object has been modified")
	_, err = s.maps().Patch(ctx, "merged", types.MergePatchType, []byte(`{"data":`), metav1.PatchOptions{})
	t.Error(err, apierrors.IsBadRequest, "")
	_, err = s.maps().Patch(ctx, "merged", "application/unknown", []byte(`{}`), metav1.PatchOptions{})
	t.Error(err, apierrors.IsUnsupportedMediaType, "415: Unsupported Media Type")
}

func (s *session) jsonPatch(t *check.T) {
	s.newMap(t, "json")
	got := s.patch(t, "json", types.JSONPatchType, `[{"op":"test","path":"/data/a","value":"1"},{"op":"add","path":"/data/b","value":"2"},{"op":"remove","path":"/data/a"}]`)
	t.Equal("data", got.Data, map[string]string{"b": "2"})
	_, err := s.maps().Patch(ctx, "json", types.JSONPatchType, []byte(`[{"op":"test","path":"/data/b","value":"3"}]`), metav1.PatchOptions{})
	t.Error(err, apierrors.IsInvalid, "the server rejected our request due to an error in our request")
	_, err = s.maps().Patch(ctx, "json", types.JSONPatchType, []byte(`[{"op":"remove","path":"/data/none"}]`), metav1.PatchOptions{})
	t.Error(err, apierrors.IsInvalid, "the server rejected our request due to an error in our request")
}

func (s *session) strategicPatch(t *check.T) {
	s.account(t, "strategic")
	accounts := s.client.CoreV1().ServiceAccounts(s.namespace)
	for _, patch := range []string{`{"secrets":[{"name":"one"}]}`, `{"secrets":[{"name":"two"}],"imagePullSecrets":[{"name":"pull"}]}`} {
		_, err := accounts.Patch(ctx, "strategic", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		t.Must(err)
	}
	got, err := accounts.Patch(ctx, "strategic", types.StrategicMergePatchType, []byte(`{"secrets":[{"$patch":"delete","name":"one"}],"metadata":{"annotations":{"a":"b"}}}`), metav1.PatchOptions{})
	t.Must(err)
	t.Equal("secrets", got.Secrets, []corev1.ObjectReference{{Name: "two"}})
	t.Equal("pull secrets", got.ImagePullSecrets, []corev1.LocalObjectReference{{Name: "pull"}})
	t.Equal("annotations", got.Annotations, map[string]string{"a": "b"})
}

func (s *session) immutable(t *check.T) {
	fixed := configMap("fixed", nil)
	fixed.Immutable = ptr.To(true)
	made, err := s.maps().Create(ctx, fixed, metav1.CreateOptions{})
	t.Must(err)
	made.Data["a"] = "2"
	_, err = s.maps().Update(ctx, made, metav1.UpdateOptions{})
	t.Error(err, apierrors.IsInvalid, "field is immutable when `immutable` is set")
}

func (s *session) unknownFields(t *check.T) {
	body := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"unknown"},"dada":{},"data":{"a":"1","a":"2"}}`
	post := func(validation string) error {
		request := s.client.CoreV1().RESTClient().Post().Namespace(s.namespace).Resource("configmaps").SetHeader("Content-Type", "application/json")
		return request.Param("fieldValidation", validation).Param("dryRun", "All").Body([]byte(body)).Do(ctx).Error()
	}
	t.Error(post("Strict"), apierrors.IsBadRequest, `strict decoding error: unknown field "dada", duplicate field "data.a"`)
	t.Must(post("Warn"))
	t.Must(post("Ignore"))
	t.Error(post("Never"), apierrors.IsInvalid, "fieldValidation: Unsupported value")
}

func (s *session) managedFields(t *check.T) {
	made, err := s.maps().Create(ctx, configMap("owned", nil), metav1.CreateOptions{FieldManager: "checks"})
	t.Must(err)
	t.Equal("owners", len(made.ManagedFields), 1)
	owner := made.ManagedFields[0]
	t.Equal("owner", []any{owner.Manager, owner.Operation, owner.APIVersion, owner.FieldsType}, []any{"checks", metav1.ManagedFieldsOperationUpdate, "v1", "FieldsV1"})
	var set map[string]any
	t.Must(json.Unmarshal(owner.FieldsV1.Raw, &set))
	t.Equal("fields", set, map[string]any{"f:data": map[string]any{".": map[string]any{}, "f:a": map[string]any{}}})
}

func (s *session) names(t *check.T, options metav1.ListOptions) string {
	list, err := s.maps().List(ctx, options)
	t.Must(err)
	t.True("the list has a version", list.ResourceVersion != "")
	var names []string
	for _, item := range list.Items {
		names = append(names, item.Name)
	}
	return strings.Join(names, " ")
}

func (s *session) labelSelectors(t *check.T) {
	for name, tier := range map[string]string{"l1": "front", "l2": "back", "l3": "cache"} {
		_, err := s.maps().Create(ctx, configMap(name, map[string]string{"tier": tier, "set": "labels"}), metav1.CreateOptions{})
		t.Must(err)
	}
	for selector, names := range map[string]string{
		"set=labels": "l1 l2 l3", "tier=front": "l1", "set=labels,tier!=front": "l2 l3", "tier in (front,back)": "l1 l2",
		"set,tier notin (back)": "l1 l3", "set,!tier": "", "tier==cache": "l3",
	} {
		t.Equal(selector, s.names(t, metav1.ListOptions{LabelSelector: selector}), names)
	}
	set := labels.SelectorFromSet(labels.Set{"set": "labels"})
	t.Equal("as a set", s.names(t, metav1.ListOptions{LabelSelector: set.String()}), "l1 l2 l3")
	_, err := s.maps().List(ctx, metav1.ListOptions{LabelSelector: "a=b=c"})
	t.Error(err, apierrors.IsBadRequest, "found '=', expected: ',' or 'end of string'")
}

func (s *session) fieldSelectors(t *check.T) {
	t.Equal("by name", s.names(t, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", "l2").String()}), "l2")
	t.Equal("by another name", s.names(t, metav1.ListOptions{FieldSelector: "metadata.name!=l2", LabelSelector: "set"}), "l1 l3")
	_, err := s.maps().List(ctx, metav1.ListOptions{FieldSelector: "data.a=1"})
	t.Error(err, apierrors.IsBadRequest, `"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"`)
	pods, err := s.client.CoreV1().Pods(s.namespace).List(ctx, metav1.ListOptions{FieldSelector: "spec.serviceAccountName=default"})
	t.Must(err)
	t.True("pods of an account", len(pods.Items) > 0)
	for _, pod := range pods.Items {
		t.Equal("account", pod.Spec.ServiceAccountName, "default")
	}
	secrets, err := s.client.CoreV1().Secrets(s.namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=Opaque,metadata.name=bound"})
	t.Must(err)
	t.Equal("secrets of a type", len(secrets.Items), 1)
}

func (s *session) pages(t *check.T) {
	list := func(options metav1.ListOptions) (runtime.Object, error) { return s.maps().List(ctx, options) }
	var names []string
	count := 0
	p := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) { count++; return list(options) }))
	p.PageSize = 2
	t.Must(p.EachListItem(ctx, metav1.ListOptions{LabelSelector: "set"}, func(object runtime.Object) error {
		names = append(names, object.(*corev1.ConfigMap).Name)
		return nil
	}))
	t.Equal("names", strings.Join(names, " "), "l1 l2 l3")
	t.Equal("pages", count, 2)
	all, _, err := p.List(ctx, metav1.ListOptions{})
	t.Must(err)
	t.Must(err)
	t.True("all together", all != nil)
	first, err := s.maps().List(ctx, metav1.ListOptions{Limit: 1})
	t.Must(err)
	t.True("it goes on", first.Continue != "" && first.RemainingItemCount != nil && *first.RemainingItemCount > 0)
	next, err := s.maps().List(ctx, metav1.ListOptions{Limit: 1, Continue: first.Continue})
	t.Must(err)
	t.True("with the next", next.Items[0].Name != first.Items[0].Name)
	t.Equal("of the same version", next.ResourceVersion, first.ResourceVersion)
}

func (s *session) brokenPage(t *check.T) {
	_, err := s.maps().List(ctx, metav1.ListOptions{Limit: 1, Continue: "broken"})
	t.Error(err, apierrors.IsBadRequest, "continue key is not valid")
	first, err := s.maps().List(ctx, metav1.ListOptions{Limit: 1})
	t.Must(err)
	_, err = s.maps().List(ctx, metav1.ListOptions{Limit: 1, Continue: first.Continue, ResourceVersion: "5"})
	t.Error(err, apierrors.IsBadRequest, "specifying resource version is not allowed when using continue")
}

func (s *session) listFromVersion(t *check.T) {
	t.Contains(s.names(t, metav1.ListOptions{ResourceVersion: "0"}), "l1 l2 l3")
	version := s.newMap(t, "versioned").ResourceVersion
	t.Contains(s.names(t, metav1.ListOptions{ResourceVersion: version, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}), "versioned")
	_, err := s.maps().List(ctx, metav1.ListOptions{ResourceVersionMatch: metav1.ResourceVersionMatchExact})
	t.Error(err, apierrors.IsInvalid, "resourceVersionMatch is forbidden unless resourceVersion is provided")
	_, err = s.maps().List(ctx, metav1.ListOptions{ResourceVersion: "x"})
	t.Error(err, apierrors.IsBadRequest, "x")
	_, err = s.maps().Get(ctx, "versioned", metav1.GetOptions{ResourceVersion: "999999999"})
	t.Error(err, apierrors.IsTimeout, "Too large resource version")
}

func (s *session) preconditions(t *check.T) {
	made := s.newMap(t, "precious")
	another := types.UID("another")
	err := s.maps().Delete(ctx, "precious", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &another}})
	t.Error(err, apierrors.IsConflict, "the UID in the precondition (another) does not match the UID in record")
	err = s.maps().Delete(ctx, "precious", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: ptr.To("1")}})
	t.Error(err, apierrors.IsConflict, "the ResourceVersion in the precondition (1) does not match")
	t.Must(s.maps().Delete(ctx, "precious", metav1.DeleteOptions{DryRun: []string{"All"}}))
	t.Must(s.maps().Delete(ctx, "precious", *metav1.NewPreconditionDeleteOptions(string(made.UID))))
	_, err = s.maps().Get(ctx, "precious", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, "not found")
}

func (s *session) finalizers(t *check.T) {
	kept := configMap("kept", nil)
	kept.Finalizers = []string{"example.com/keep"}
	_, err := s.maps().Create(ctx, kept, metav1.CreateOptions{})
	t.Must(err)
	t.Must(s.maps().Delete(ctx, "kept", metav1.DeleteOptions{}))
	got, err := s.maps().Get(ctx, "kept", metav1.GetOptions{})
	t.Must(err)
	t.True("it is being deleted", got.DeletionTimestamp != nil)
	got.Finalizers = append(got.Finalizers, "example.com/more")
	_, err = s.maps().Update(ctx, got, metav1.UpdateOptions{})
	t.Error(err, apierrors.IsInvalid, "no new finalizers can be added if the object is being deleted")
	s.patch(t, "kept", types.MergePatchType, `{"metadata":{"finalizers":null}}`)
	_, err = s.maps().Get(ctx, "kept", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, "not found")
}

func (s *session) deleteCollection(t *check.T) {
	t.Must(s.maps().DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "tier in (front,back)"}))
	t.Equal("what is left", s.names(t, metav1.ListOptions{LabelSelector: "set"}), "l3")
	t.Must(s.maps().DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name=l3"}))
	t.Equal("what is left of that", s.names(t, metav1.ListOptions{LabelSelector: "set"}), "")
}
