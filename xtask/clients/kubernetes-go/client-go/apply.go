package main

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	applyrbacv1 "k8s.io/client-go/applyconfigurations/rbac/v1"
	"token-clients/check"
)

// apply is server-side apply.
func apply(s *session) {
	s.Run("apply: creates", s.applyCreates)
	s.Run("apply: again changes nothing", s.applyAgain)
	s.Run("apply: what is left out goes", s.applyRemoves)
	s.Run("apply: another manager's field is a conflict", s.applyConflicts)
	s.Run("apply: forced", s.applyForced)
	s.Run("apply: extracts what is owned", s.applyExtracts)
	s.Run("apply: wants a field manager", s.applyWithoutManager)
	s.Run("apply: items of a list by their key", s.applyItems)
	s.Run("apply: a role", s.applyRole)
}

func (s *session) applyMap(manager string, force bool, data map[string]string) (*corev1.ConfigMap, error) {
	wanted := applycorev1.ConfigMap("applied", s.namespace).WithData(data)
	return s.maps().Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: manager, Force: force})
}

func (s *session) applyCreates(t *check.T) {
	got, err := s.applyMap("one", false, map[string]string{"a": "1", "b": "1"})
	t.Must(err)
	t.Equal("data", got.Data, map[string]string{"a": "1", "b": "1"})
	t.Equal("operation", got.ManagedFields[0].Operation, metav1.ManagedFieldsOperationApply)
	t.Equal("manager", got.ManagedFields[0].Manager, "one")
}

func (s *session) applyAgain(t *check.T) {
	before, err := s.maps().Get(ctx, "applied", metav1.GetOptions{})
	t.Must(err)
	got, err := s.applyMap("one", false, map[string]string{"a": "1", "b": "1"})
	t.Must(err)
	t.Equal("version", got.ResourceVersion, before.ResourceVersion)
}

func (s *session) applyRemoves(t *check.T) {
	got, err := s.applyMap("one", false, map[string]string{"a": "1"})
	t.Must(err)
	t.Equal("data", got.Data, map[string]string{"a": "1"})
}

func (s *session) applyConflicts(t *check.T) {
	_, err := s.applyMap("two", false, map[string]string{"a": "2"})
	t.Error(err, apierrors.IsConflict, `Apply failed with 1 conflict: conflict with "one": .data.a`)
	cause, found := apierrors.StatusCause(err, metav1.CauseTypeFieldManagerConflict)
	t.True("there is a cause", found)
	t.Equal("field", cause.Field, ".data.a")
	_, err = s.applyMap("two", false, map[string]string{"a": "1", "c": "2"})
	t.Must(err)
}

func (s *session) applyForced(t *check.T) {
	got, err := s.applyMap("two", true, map[string]string{"a": "2"})
	t.Must(err)
	t.Equal("data", got.Data, map[string]string{"a": "2"})
}

func (s *session) applyExtracts(t *check.T) {
	got, err := s.maps().Get(ctx, "applied", metav1.GetOptions{})
	t.Must(err)
	owned, err := applycorev1.ExtractConfigMap(got, "two")
	t.Must(err)
	t.Equal("data", owned.Data, map[string]string{"a": "2"})
}

func (s *session) applyWithoutManager(t *check.T) {
	_, err := s.maps().Patch(ctx, "applied", types.ApplyPatchType, []byte(`{"apiVersion":"v1","kind":"ConfigMap"}`), metav1.PatchOptions{})
	t.Error(err, apierrors.IsInvalid, "fieldManager: Required value: is required for apply patch")
}

func (s *session) applyItems(t *check.T) {
	accounts := s.client.CoreV1().ServiceAccounts(s.namespace)
	for _, manager := range []string{"one", "two"} {
		wanted := applycorev1.ServiceAccount("applied", s.namespace).WithSecrets(applycorev1.ObjectReference().WithName(manager))
		_, err := accounts.Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: manager})
		t.Must(err)
	}
	got, err := accounts.Get(ctx, "applied", metav1.GetOptions{})
	t.Must(err)
	t.Equal("secrets", len(got.Secrets), 2)
}

func (s *session) applyRole(t *check.T) {
	rule := applyrbacv1.PolicyRule().WithAPIGroups("").WithResources("serviceaccounts/token").WithVerbs("create")
	wanted := applyrbacv1.Role("applied", s.namespace).WithRules(rule)
	got, err := s.client.RbacV1().Roles(s.namespace).Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: "one"})
	t.Must(err)
	t.Equal("rules", len(got.Rules), 1)
}
