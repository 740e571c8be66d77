package main

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"token-clients/check"
)

// objects is what is particular to each kind.
func objects(s *session) {
	s.Run("a namespace's phase and label", s.namespacePhase)
	s.Run("default namespaces stay", s.immortalNamespace)
	s.Run("a namespace that is missing", s.nowhere)
	s.Run("service account: create, update, delete", s.serviceAccount)
	s.Run("secret: types and data", s.secrets)
	s.Run("secret of a token", s.tokenSecret)
	s.Run("pod: defaults and status", s.pods)
	s.Run("pod without its account", s.podWithoutAccount)
	s.Run("pod with a projected token", s.projected)
	s.Run("pod on a node goes with grace", s.podWithGrace)
	s.Run("node: create, status, delete", s.nodes)
	s.Run("roles and bindings", s.roles)
	s.Run("cluster roles and bindings", s.clusterRoles)
	s.Run("the roles that are always there", s.bootstrapRoles)
	s.OnEmulator("a namespace gets its default account", "a bare kube-apiserver has no controllers", s.defaultAccount)
	s.OnEmulator("a token's secret gets its token", "a bare kube-apiserver has no controllers", s.filledSecret)
	s.OnEmulator("a namespace is emptied and goes", "a bare kube-apiserver has no controllers", s.namespaceGoes)
}

func (s *session) namespacePhase(t *check.T) {
	got, err := s.client.CoreV1().Namespaces().Get(ctx, s.namespace, metav1.GetOptions{})
	t.Must(err)
	t.Equal("phase", got.Status.Phase, corev1.NamespaceActive)
	t.Equal("label", got.Labels["kubernetes.io/metadata.name"], s.namespace)
	t.Equal("finalizers", got.Spec.Finalizers, []corev1.FinalizerName{"kubernetes"})
}

func (s *session) immortalNamespace(t *check.T) {
	err := s.client.CoreV1().Namespaces().Delete(ctx, "default", metav1.DeleteOptions{})
	t.Error(err, apierrors.IsForbidden, "this namespace may not be deleted")
}

func (s *session) nowhere(t *check.T) {
	_, err := s.client.CoreV1().ConfigMaps("nowhere").Create(ctx, configMap("a", nil), metav1.CreateOptions{})
	t.Error(err, apierrors.IsNotFound, `namespaces "nowhere" not found`)
	list, err := s.client.CoreV1().ConfigMaps("nowhere").List(ctx, metav1.ListOptions{})
	t.Must(err)
	t.Equal("items", len(list.Items), 0)
}

func (s *session) serviceAccount(t *check.T) {
	accounts := s.client.CoreV1().ServiceAccounts(s.namespace)
	made := s.account(t, "changing")
	t.True("it mounts as it likes", made.AutomountServiceAccountToken == nil)
	made.AutomountServiceAccountToken = ptr.To(false)
	made.Annotations = map[string]string{"a": "b"}
	got, err := accounts.Update(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	t.Equal("mounts", got.AutomountServiceAccountToken, ptr.To(false))
	_, err = accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "Not a name"}}, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, `ServiceAccount "Not a name" is invalid: metadata.name: Invalid value`)
	t.Must(accounts.Delete(ctx, "changing", metav1.DeleteOptions{}))
	_, err = accounts.Get(ctx, "changing", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, `serviceaccounts "changing" not found`)
}

func (s *session) secrets(t *check.T) {
	made := s.secret(t, "typed")
	t.Equal("type", made.Type, corev1.SecretTypeOpaque)
	t.Equal("data", made.Data, map[string][]byte{"key": []byte("value")})
	t.Equal("nothing is left in plain text", len(made.StringData), 0)
	made.Type = "example.com/other"
	_, err := s.client.CoreV1().Secrets(s.namespace).Update(ctx, made, metav1.UpdateOptions{})
	t.Error(err, apierrors.IsInvalid, "type: Invalid value")
	docker := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "docker"}, Type: corev1.SecretTypeDockerConfigJson}
	_, err = s.client.CoreV1().Secrets(s.namespace).Create(ctx, docker, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "data[.dockerconfigjson]: Required value")
}

func (s *session) tokenSecret(t *check.T) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}, Type: corev1.SecretTypeServiceAccountToken}
	_, err := s.client.CoreV1().Secrets(s.namespace).Create(ctx, secret, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "metadata.annotations[kubernetes.io/service-account.name]: Required value")
	secret.Annotations = map[string]string{corev1.ServiceAccountNameKey: "builder"}
	_, err = s.client.CoreV1().Secrets(s.namespace).Create(ctx, secret, metav1.CreateOptions{})
	t.Must(err)
}

func (s *session) pods(t *check.T) {
	made := s.pod(t, "plain", "", "")
	t.Equal("account", made.Spec.ServiceAccountName, "default")
	t.Equal("phase", made.Status.Phase, corev1.PodPending)
	t.Equal("restart", made.Spec.RestartPolicy, corev1.RestartPolicyAlways)
	t.Equal("grace", made.Spec.TerminationGracePeriodSeconds, ptr.To[int64](30))
	t.True("the token is mounted", len(made.Spec.Volumes) == 1 && made.Spec.Volumes[0].Projected != nil)
	made.Status.Phase = corev1.PodRunning
	made.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	got, err := s.client.CoreV1().Pods(s.namespace).UpdateStatus(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	t.Equal("phase", got.Status.Phase, corev1.PodRunning)
	got, err = s.client.CoreV1().Pods(s.namespace).Patch(ctx, "plain", types.StrategicMergePatchType, []byte(`{"status":{"phase":"Succeeded"}}`), metav1.PatchOptions{}, "status")
	t.Must(err)
	t.Equal("phase", got.Status.Phase, corev1.PodSucceeded)
	got.Spec.ServiceAccountName = "builder"
	_, err = s.client.CoreV1().Pods(s.namespace).Update(ctx, got, metav1.UpdateOptions{})
	t.Error(err, apierrors.IsInvalid, "pod updates may not change fields other than")
	t.Must(s.client.CoreV1().Pods(s.namespace).Delete(ctx, "plain", metav1.DeleteOptions{}))
}

func (s *session) podWithoutAccount(t *check.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "lost"}, Spec: corev1.PodSpec{ServiceAccountName: "missing", Containers: []corev1.Container{{Name: "main", Image: "pause"}}}}
	_, err := s.client.CoreV1().Pods(s.namespace).Create(ctx, pod, metav1.CreateOptions{})
	t.Error(err, apierrors.IsForbidden, `error looking up service account `+s.namespace+`/missing: serviceaccount "missing" not found`)
	pod.Spec = corev1.PodSpec{}
	_, err = s.client.CoreV1().Pods(s.namespace).Create(ctx, pod, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "spec.containers: Required value")
}

func (s *session) projected(t *check.T) {
	token := corev1.VolumeProjection{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Audience: "vault", ExpirationSeconds: ptr.To[int64](600), Path: "token"}}
	volume := corev1.Volume{Name: "vault", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{token}}}}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "projected"}, Spec: corev1.PodSpec{
		AutomountServiceAccountToken: ptr.To(false), Volumes: []corev1.Volume{volume},
		Containers: []corev1.Container{{Name: "main", Image: "pause", VolumeMounts: []corev1.VolumeMount{{Name: "vault", MountPath: "/vault"}}}}}}
	got, err := s.client.CoreV1().Pods(s.namespace).Create(ctx, pod, metav1.CreateOptions{})
	t.Must(err)
	t.Equal("source", got.Spec.Volumes[0].Projected.Sources[0], token)
	t.Equal("mode", got.Spec.Volumes[0].Projected.DefaultMode, ptr.To[int32](420))
	pod.Name, pod.Spec.Volumes[0].Projected.Sources[0].ServiceAccountToken.ExpirationSeconds = "short", ptr.To[int64](599)
	_, err = s.client.CoreV1().Pods(s.namespace).Create(ctx, pod, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "may not specify a duration less than 10 minutes")
}

func (s *session) podWithGrace(t *check.T) {
	s.pod(t, "graceful", "builder", "somewhere")
	pods := s.client.CoreV1().Pods(s.namespace)
	t.Must(pods.Delete(ctx, "graceful", metav1.DeleteOptions{}))
	got, err := pods.Get(ctx, "graceful", metav1.GetOptions{})
	t.Must(err)
	t.True("it is being deleted", got.DeletionTimestamp != nil)
	t.Equal("grace", got.DeletionGracePeriodSeconds, ptr.To[int64](30))
	t.Must(pods.Delete(ctx, "graceful", metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}))
	_, err = pods.Get(ctx, "graceful", metav1.GetOptions{})
	t.Error(err, apierrors.IsNotFound, `pods "graceful" not found`)
}

func (s *session) nodes(t *check.T) {
	made := s.node(t, "node-"+s.namespace)
	made.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "10.0.0.1"}}
	got, err := s.client.CoreV1().Nodes().UpdateStatus(ctx, made, metav1.UpdateOptions{})
	t.Must(err)
	t.Equal("addresses", got.Status.Addresses, made.Status.Addresses)
	got.Spec.Unschedulable = true
	got, err = s.client.CoreV1().Nodes().Update(ctx, got, metav1.UpdateOptions{})
	t.Must(err)
	t.True("it is cordoned", got.Spec.Unschedulable)
	s.removeNode(t, made.Name)
}

func (s *session) roles(t *check.T) {
	rule := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}}
	s.grant(t, "changing", "someone", rule)
	role, err := s.client.RbacV1().Roles(s.namespace).Get(ctx, "changing", metav1.GetOptions{})
	t.Must(err)
	t.Equal("rules", role.Rules, []rbacv1.PolicyRule{rule})
	role.Rules = nil
	_, err = s.client.RbacV1().Roles(s.namespace).Update(ctx, role, metav1.UpdateOptions{})
	t.Must(err)
	bad := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "bad"}, Rules: []rbacv1.PolicyRule{{Resources: []string{"pods"}, Verbs: []string{"get"}}}}
	_, err = s.client.RbacV1().Roles(s.namespace).Create(ctx, bad, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "rules[0].apiGroups: Required value")
	t.Must(s.client.RbacV1().RoleBindings(s.namespace).Delete(ctx, "changing", metav1.DeleteOptions{}))
	t.Must(s.client.RbacV1().Roles(s.namespace).Delete(ctx, "changing", metav1.DeleteOptions{}))
}

func (s *session) clusterRoles(t *check.T) {
	name := "objects-" + s.namespace
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{{NonResourceURLs: []string{"/x/*"}, Verbs: []string{"*"}}}}
	made, err := s.client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{})
	t.Must(err)
	t.Equal("rules", made.Rules, role.Rules)
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: name},
		Subjects: []rbacv1.Subject{{Kind: "Group", Name: "g"}}}
	bound, err := s.client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{})
	t.Must(err)
	t.Equal("subject's group", bound.Subjects[0].APIGroup, "rbac.authorization.k8s.io")
	t.Equal("role's group", bound.RoleRef.APIGroup, "rbac.authorization.k8s.io")
	t.Must(s.client.RbacV1().ClusterRoleBindings().Delete(ctx, name, metav1.DeleteOptions{}))
	t.Must(s.client.RbacV1().ClusterRoles().Delete(ctx, name, metav1.DeleteOptions{}))
}

func (s *session) bootstrapRoles(t *check.T) {
	for _, name := range []string{"cluster-admin", "admin", "edit", "view", "system:auth-delegator", "system:service-account-issuer-discovery", "system:discovery", "system:basic-user"} {
		_, err := s.client.RbacV1().ClusterRoles().Get(ctx, name, metav1.GetOptions{})
		t.Must(err)
	}
	role, err := s.client.RbacV1().ClusterRoles().Get(ctx, "system:service-account-issuer-discovery", metav1.GetOptions{})
	t.Must(err)
	t.Equal("its paths", role.Rules[0].NonResourceURLs, []string{"/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/"})
}

func (s *session) defaultAccount(t *check.T) {
	made, err := s.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "fresh-"}}, metav1.CreateOptions{})
	t.Must(err)
	t.Soon("there is a default account", func() bool {
		_, err := s.client.CoreV1().ServiceAccounts(made.Name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil
	})
	t.Soon("there is the root certificate", func() bool {
		got, err := s.client.CoreV1().ConfigMaps(made.Name).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return err == nil && got.Data["ca.crt"] != ""
	})
	t.Must(s.client.CoreV1().Namespaces().Delete(ctx, made.Name, metav1.DeleteOptions{}))
}

func (s *session) filledSecret(t *check.T) {
	var got *corev1.Secret
	t.Soon("there is a token", func() bool {
		got, _ = s.client.CoreV1().Secrets(s.namespace).Get(ctx, "token", metav1.GetOptions{})
		return len(got.Data[corev1.ServiceAccountTokenKey]) > 0
	})
	t.Equal("namespace", string(got.Data[corev1.ServiceAccountNamespaceKey]), s.namespace)
	t.True("it is authenticated", s.review(t, string(got.Data[corev1.ServiceAccountTokenKey])).Authenticated)
}

func (s *session) namespaceGoes(t *check.T) {
	name := s.newNamespace(t)
	_, err := s.client.CoreV1().Secrets(name).Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, metav1.CreateOptions{})
	t.Must(err)
	t.Must(s.client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}))
	t.Soon("it is gone", func() bool {
		_, err := s.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}
