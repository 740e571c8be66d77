package main

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"token-clients/check"
)

// rights is RBAC, and the reviews that tell of it.
func rights(s *session) {
	s.Run("what the administrator may", s.administrator)
	s.Run("what nobody may", s.nobody)
	s.Run("a review without attributes", s.emptyAccessReview)
	s.Run("a role gives the right to tokens", s.roleForTokens)
	s.Run("a role for one service account", s.roleForOneAccount)
	s.Run("a cluster role by a cluster binding", s.clusterRole)
	s.Run("the rules of a user", s.rulesOfUser)
	s.Run("a local review", s.localReview)
	s.Run("a role cannot be escalated", s.escalation)
	s.Run("the role of a binding is fixed", s.fixedRole)
	s.Run("a token reviewer", s.tokenReviewer)
}

func tokenAttributes(namespace, name string) *authorizationv1.ResourceAttributes {
	return &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "create", Resource: "serviceaccounts", Subresource: "token", Name: name}
}

func (s *session) may(t *check.T, user string, groups []string, attributes *authorizationv1.ResourceAttributes) authorizationv1.SubjectAccessReviewStatus {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user, Groups: groups, ResourceAttributes: attributes}}
	got, err := s.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	t.Must(err)
	return got.Status
}

func (s *session) administrator(t *check.T) {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: tokenAttributes(s.namespace, "")}}
	got, err := s.client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	t.Must(err)
	t.True("it is allowed", got.Status.Allowed)
	review.Spec = authorizationv1.SelfSubjectAccessReviewSpec{NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/metrics", Verb: "get"}}
	got, err = s.client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	t.Must(err)
	t.True("so is a path", got.Status.Allowed)
}

func (s *session) nobody(t *check.T) {
	status := s.may(t, "nobody", nil, tokenAttributes(s.namespace, "builder"))
	t.True("it is not allowed", !status.Allowed)
	t.True("nor denied", !status.Denied)
	t.Equal("reason", status.Reason, "")
	t.True("a group may", s.may(t, "nobody", []string{"system:masters"}, tokenAttributes(s.namespace, "")).Allowed)
}

func (s *session) emptyAccessReview(t *check.T) {
	_, err := s.client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{}, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "exactly one of nonResourceAttributes or resourceAttributes must be specified")
	_, err = s.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: tokenAttributes("x", "")}}, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "at least one of user or group must be specified")
}

func (s *session) grant(t *check.T, name, user string, rule rbacv1.PolicyRule) {
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{rule}}
	_, err := s.client.RbacV1().Roles(s.namespace).Create(ctx, role, metav1.CreateOptions{})
	t.Must(err)
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Subjects:   []rbacv1.Subject{{Kind: "User", Name: user, APIGroup: "rbac.authorization.k8s.io"}},
		RoleRef:    rbacv1.RoleRef{Kind: "Role", Name: name, APIGroup: "rbac.authorization.k8s.io"},
	}
	_, err = s.client.RbacV1().RoleBindings(s.namespace).Create(ctx, binding, metav1.CreateOptions{})
	t.Must(err)
}

func (s *session) createToken(user, account string) error {
	client := s.impersonating(rest.ImpersonationConfig{UserName: user})
	_, err := client.CoreV1().ServiceAccounts(s.namespace).CreateToken(ctx, account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	return err
}

func (s *session) roleForTokens(t *check.T) {
	t.Error(s.createToken("issuer", "builder"), apierrors.IsForbidden, "cannot create resource")
	s.grant(t, "tokens", "issuer", rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"serviceaccounts/token"}, Verbs: []string{"create"}})
	t.Soon("the role holds", func() bool { return s.createToken("issuer", "builder") == nil })
	status := s.may(t, "issuer", nil, tokenAttributes(s.namespace, "builder"))
	t.True("the review says so", status.Allowed)
	t.Equal("reason", status.Reason, `RBAC: allowed by RoleBinding "tokens/`+s.namespace+`" of Role "tokens" to User "issuer"`)
	t.True("not elsewhere", !s.may(t, "issuer", nil, tokenAttributes("default", "builder")).Allowed)
}

func (s *session) roleForOneAccount(t *check.T) {
	s.grant(t, "one", "deployer", rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"serviceaccounts/token"}, ResourceNames: []string{"builder"}, Verbs: []string{"create"}})
	t.Soon("the role holds", func() bool { return s.createToken("deployer", "builder") == nil })
	t.Error(s.createToken("deployer", "default"), apierrors.IsForbidden, "cannot create resource")
}

func (s *session) clusterRole(t *check.T) {
	name := "reader-" + s.namespace
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{
		{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}},
		{APIGroups: []string{""}, Resources: []string{"nodes"}, Verbs: []string{"list"}},
	}}
	_, err := s.client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{})
	t.Must(err)
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "builder", Namespace: s.namespace}},
		RoleRef:  rbacv1.RoleRef{Kind: "ClusterRole", Name: name, APIGroup: "rbac.authorization.k8s.io"}}
	_, err = s.client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{})
	t.Must(err)
	client := s.as(s.token(t))
	t.Soon("the role holds", func() bool {
		_, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		return err == nil
	})
	_, err = client.CoreV1().Nodes().Get(ctx, "x", metav1.GetOptions{})
	t.Error(err, apierrors.IsForbidden, `User "system:serviceaccount:`+s.namespace+`:builder" cannot get resource "nodes" in API group "" at the cluster scope`)
	t.Must(s.client.RbacV1().ClusterRoleBindings().Delete(ctx, name, metav1.DeleteOptions{}))
	t.Must(s.client.RbacV1().ClusterRoles().Delete(ctx, name, metav1.DeleteOptions{}))
}

func (s *session) rulesOfUser(t *check.T) {
	client := s.impersonating(rest.ImpersonationConfig{UserName: "issuer"})
	review := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: s.namespace}}
	got, err := client.AuthorizationV1().SelfSubjectRulesReviews().Create(ctx, review, metav1.CreateOptions{})
	t.Must(err)
	found := false
	for _, rule := range got.Status.ResourceRules {
		found = found || len(rule.Resources) == 1 && rule.Resources[0] == "serviceaccounts/token"
	}
	t.True("the role is among the rules", found)
	t.True("paths are among the rules", len(got.Status.NonResourceRules) > 0)
	t.True("it is complete", !got.Status.Incomplete)
}

func (s *session) localReview(t *check.T) {
	review := &authorizationv1.LocalSubjectAccessReview{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace},
		Spec:       authorizationv1.SubjectAccessReviewSpec{User: "issuer", ResourceAttributes: tokenAttributes(s.namespace, "")},
	}
	got, err := s.client.AuthorizationV1().LocalSubjectAccessReviews(s.namespace).Create(ctx, review, metav1.CreateOptions{})
	t.Must(err)
	t.True("it is allowed", got.Status.Allowed)
	review.Spec.ResourceAttributes.Namespace = "another"
	_, err = s.client.AuthorizationV1().LocalSubjectAccessReviews(s.namespace).Create(ctx, review, metav1.CreateOptions{})
	t.Error(err, apierrors.IsInvalid, "must match metadata.namespace")
}

func (s *session) escalation(t *check.T) {
	s.grant(t, "roles", "climber", rbacv1.PolicyRule{APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"roles"}, Verbs: []string{"create"}})
	client := s.impersonating(rest.ImpersonationConfig{UserName: "climber"})
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "more"}, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}}}}
	t.Soon("it is refused as an escalation", func() bool {
		_, err := client.RbacV1().Roles(s.namespace).Create(ctx, role, metav1.CreateOptions{})
		return apierrors.IsForbidden(err) && contains(err, "is attempting to grant RBAC permissions not currently held")
	})
}

func (s *session) fixedRole(t *check.T) {
	binding, err := s.client.RbacV1().RoleBindings(s.namespace).Get(ctx, "tokens", metav1.GetOptions{})
	t.Must(err)
	binding.RoleRef.Name = "another"
	_, err = s.client.RbacV1().RoleBindings(s.namespace).Update(ctx, binding, metav1.UpdateOptions{})
	t.Error(err, apierrors.IsInvalid, "field is immutable")
}

func (s *session) tokenReviewer(t *check.T) {
	name := "reviewer-" + s.namespace
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name},
		Subjects: []rbacv1.Subject{{Kind: "Group", Name: "reviewers-" + s.namespace, APIGroup: "rbac.authorization.k8s.io"}},
		RoleRef:  rbacv1.RoleRef{Kind: "ClusterRole", Name: "system:auth-delegator", APIGroup: "rbac.authorization.k8s.io"}}
	_, err := s.client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{})
	t.Must(err)
	client := s.impersonating(rest.ImpersonationConfig{UserName: "vault", Groups: []string{"reviewers-" + s.namespace}})
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: s.token(t)}}
	t.Soon("it may review", func() bool {
		got, err := client.AuthenticationV1().TokenReviews().Create(ctx, review, metav1.CreateOptions{})
		return err == nil && got.Status.Authenticated
	})
	_, err = client.CoreV1().Secrets(s.namespace).List(ctx, metav1.ListOptions{})
	t.Error(err, apierrors.IsForbidden, "cannot list resource \"secrets\"")
	t.Must(s.client.RbacV1().ClusterRoleBindings().Delete(ctx, name, metav1.DeleteOptions{}))
}
