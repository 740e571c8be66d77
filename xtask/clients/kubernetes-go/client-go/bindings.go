package main

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"token-clients/check"
)

type coreServiceAccount = corev1.ServiceAccount

// bindings is TokenRequest with one.
func bindings(s *session) {
	s.Run("bound to a secret", s.boundToSecret)
	s.Run("bound to a pod on a node", s.boundToPod)
	s.Run("bound to a node", s.boundToNode)
	s.Run("bound to a pod that is missing", s.boundToMissing)
	s.Run("bound to another uid", s.boundToAnotherUID)
	s.Run("bound to a kind that cannot be", s.boundToKind)
	s.Run("bound to a pod of another account", s.boundToForeignPod)
	s.Run("a pod's token of 3607 seconds lives for a year", s.extended)
	s.Run("a token dies with its secret", s.diesWithSecret)
	s.Run("a token dies with its pod", s.diesWithPod)
	s.Run("a token dies with its account", s.diesWithAccount)
	s.Run("a token does not survive its account's replacement", s.replacedAccount)
}

func (s *session) pod(t *check.T, name, account, node string) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			ServiceAccountName: account, NodeName: node,
			Containers: []corev1.Container{{Name: "main", Image: "registry.example/pause"}},
		},
	}
	made, err := s.client.CoreV1().Pods(s.namespace).Create(ctx, pod, metav1.CreateOptions{})
	t.Must(err)
	return made
}

func (s *session) secret(t *check.T, name string) *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"key": "value"}}
	made, err := s.client.CoreV1().Secrets(s.namespace).Create(ctx, secret, metav1.CreateOptions{})
	t.Must(err)
	return made
}

func (s *session) node(t *check.T, name string) *corev1.Node {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	made, err := s.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	t.Must(err)
	return made
}

func (s *session) removeNode(t *check.T, name string) {
	t.Must(s.client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{}))
}

func (s *session) bound(kind, version, name string, uid types.UID) (*authenticationv1.TokenRequest, error) {
	ref := &authenticationv1.BoundObjectReference{Kind: kind, APIVersion: version, Name: name, UID: uid}
	return s.request(authenticationv1.TokenRequestSpec{BoundObjectRef: ref})
}

// private is a member of the claims that are Kubernetes's own.
func private(t *check.T, token, name string) map[string]any {
	member, _ := check.Claims(t, token)["kubernetes.io"].(map[string]any)[name].(map[string]any)
	return member
}

// refused wants a review to refuse a token, as soon as the server has heard of what was deleted.
func (s *session) refused(t *check.T, token, text string) {
	var last authenticationv1.TokenReviewStatus
	t.Soon("it is refused", func() bool { last = s.review(t, token); return !last.Authenticated })
	t.Contains(last.Error, text)
}

func (s *session) boundToSecret(t *check.T) {
	secret := s.secret(t, "bound")
	got, err := s.bound("Secret", "v1", "bound", secret.UID)
	t.Must(err)
	t.Equal("secret", private(t, got.Status.Token, "secret"), map[string]any{"name": "bound", "uid": string(secret.UID)})
	t.Equal("reference", *got.Spec.BoundObjectRef, authenticationv1.BoundObjectReference{Kind: "Secret", APIVersion: "v1", Name: "bound", UID: secret.UID})
}

func (s *session) boundToPod(t *check.T) {
	node := s.node(t, s.namespace)
	defer s.removeNode(t, node.Name)
	pod := s.pod(t, "on-node", "builder", node.Name)
	got, err := s.bound("Pod", "v1", "on-node", "")
	t.Must(err)
	t.Equal("pod", private(t, got.Status.Token, "pod")["uid"], string(pod.UID))
	t.Equal("node", private(t, got.Status.Token, "node"), map[string]any{"name": node.Name, "uid": string(node.UID)})
	review := s.review(t, got.Status.Token)
	t.Equal("pod's name", review.User.Extra["authentication.kubernetes.io/pod-name"], authenticationv1.ExtraValue{"on-node"})
	t.Equal("pod's uid", review.User.Extra["authentication.kubernetes.io/pod-uid"], authenticationv1.ExtraValue{string(pod.UID)})
	t.Equal("node's name", review.User.Extra["authentication.kubernetes.io/node-name"], authenticationv1.ExtraValue{node.Name})
	t.Equal("node's uid", review.User.Extra["authentication.kubernetes.io/node-uid"], authenticationv1.ExtraValue{string(node.UID)})
}

func (s *session) boundToNode(t *check.T) {
	node := s.node(t, "bound-"+s.namespace)
	got, err := s.bound("Node", "v1", node.Name, node.UID)
	t.Must(err)
	t.Equal("node", private(t, got.Status.Token, "node")["uid"], string(node.UID))
	s.removeNode(t, node.Name)
	s.refused(t, got.Status.Token, "service account token has been invalidated")
}

func (s *session) boundToMissing(t *check.T) {
	for kind, resource := range map[string]string{"Pod": "pods", "Secret": "secrets", "Node": "nodes"} {
		_, err := s.bound(kind, "v1", "missing", "")
		t.Error(err, apierrors.IsNotFound, resource+` "missing" not found`)
		t.Equal("kind", check.Details(err).Kind, resource)
	}
}

func (s *session) boundToAnotherUID(t *check.T) {
	_, err := s.bound("Secret", "v1", "bound", "another")
	t.Error(err, apierrors.IsConflict, "does not match")
	t.Equal("name", check.Details(err).Name, "bound")
}

func (s *session) boundToKind(t *check.T) {
	_, err := s.bound("ConfigMap", "v1", "x", "")
	t.Error(err, apierrors.IsBadRequest, "cannot bind token to object of type")
	_, err = s.bound("Pod", "apps/v1", "x", "")
	t.Error(err, apierrors.IsBadRequest, "cannot bind token to object of type")
}

func (s *session) boundToForeignPod(t *check.T) {
	s.pod(t, "foreign", "default", "")
	_, err := s.bound("Pod", "v1", "foreign", "")
	t.Error(err, apierrors.IsBadRequest, "cannot bind token for serviceaccount")
}

func (s *session) extended(t *check.T) {
	s.pod(t, "extended", "builder", "")
	ref := &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: "extended"}
	got, err := s.request(authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](3607), BoundObjectRef: ref})
	t.Must(err)
	claims := check.Claims(t, got.Status.Token)
	t.Equal("lifetime", claims["exp"].(float64)-claims["iat"].(float64), 31536000.0)
	warnAfter := claims["kubernetes.io"].(map[string]any)["warnafter"].(float64)
	t.Equal("warnafter", warnAfter-claims["iat"].(float64), 3607.0)
	t.Equal("said lifetime", *got.Spec.ExpirationSeconds, int64(3607))
}

func (s *session) diesWithSecret(t *check.T) {
	s.secret(t, "dying")
	got, err := s.bound("Secret", "v1", "dying", "")
	t.Must(err)
	t.Must(s.client.CoreV1().Secrets(s.namespace).Delete(ctx, "dying", metav1.DeleteOptions{}))
	s.refused(t, got.Status.Token, "service account token has been invalidated")
}

func (s *session) diesWithPod(t *check.T) {
	s.pod(t, "dying", "builder", "")
	got, err := s.bound("Pod", "v1", "dying", "")
	t.Must(err)
	t.Must(s.client.CoreV1().Pods(s.namespace).Delete(ctx, "dying", metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}))
	s.refused(t, got.Status.Token, "invalid bearer token")
}

func (s *session) diesWithAccount(t *check.T) {
	s.account(t, "dying")
	got, err := s.requestFor("dying", &authenticationv1.TokenRequest{})
	t.Must(err)
	t.Must(s.client.CoreV1().ServiceAccounts(s.namespace).Delete(ctx, "dying", metav1.DeleteOptions{}))
	s.refused(t, got.Status.Token, "invalid bearer token")
	_, err = s.as(got.Status.Token).CoreV1().Pods(s.namespace).List(ctx, metav1.ListOptions{})
	t.Error(err, apierrors.IsUnauthorized, "Unauthorized")
}

func (s *session) replacedAccount(t *check.T) {
	s.account(t, "replaced")
	got, err := s.requestFor("replaced", &authenticationv1.TokenRequest{})
	t.Must(err)
	t.Must(s.client.CoreV1().ServiceAccounts(s.namespace).Delete(ctx, "replaced", metav1.DeleteOptions{}))
	s.account(t, "replaced")
	s.refused(t, got.Status.Token, "does not match")
}
