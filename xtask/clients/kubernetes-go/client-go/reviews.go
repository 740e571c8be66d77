package main

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"token-clients/check"
)

// reviews is TokenReview and SelfSubjectReview.
func reviews(s *session) {
	s.Run("review of a token", s.reviewOfToken)
	s.Run("review of the caller's own bearer", s.reviewOfBearer)
	s.Run("review for an audience", s.reviewForAudience)
	s.Run("review for another audience", s.reviewForAnotherAudience)
	s.Run("review of what is no token", s.reviewOfGarbage)
	s.Run("review of nothing", s.reviewOfNothing)
	s.Run("review of a token that was changed", s.reviewOfChanged)
	s.Run("who a token is", s.whoIsToken)
	s.Run("who an impersonated user is", s.whoIsImpersonated)
	s.Run("a bearer for another audience", s.foreignBearer)
	s.Run("a bearer that is unknown", s.unknownBearer)
	s.Run("reviews cannot be listed", s.reviewsCannotBeListed)
}

func (s *session) reviewFor(t *check.T, token string, audiences ...string) authenticationv1.TokenReviewStatus {
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences}}
	got, err := s.client.AuthenticationV1().TokenReviews().Create(ctx, review, metav1.CreateOptions{})
	t.Must(err)
	t.Equal("token of the spec", got.Spec.Token, token)
	return got.Status
}

func (s *session) review(t *check.T, token string) authenticationv1.TokenReviewStatus {
	return s.reviewFor(t, token)
}

func (s *session) token(t *check.T, audiences ...string) string {
	got, err := s.request(authenticationv1.TokenRequestSpec{Audiences: audiences})
	t.Must(err)
	return got.Status.Token
}

func (s *session) groups() []string {
	return []string{"system:serviceaccounts", "system:serviceaccounts:" + s.namespace, "system:authenticated"}
}

func (s *session) reviewOfToken(t *check.T) {
	token := s.token(t)
	account, err := s.client.CoreV1().ServiceAccounts(s.namespace).Get(ctx, "builder", metav1.GetOptions{})
	t.Must(err)
	got := s.review(t, token)
	t.True("it is authenticated", got.Authenticated)
	t.Equal("error", got.Error, "")
	t.Equal("user", got.User.Username, "system:serviceaccount:"+s.namespace+":builder")
	t.Equal("uid", got.User.UID, string(account.UID))
	t.Equal("groups", got.User.Groups, s.groups())
	id := "JTI=" + check.Claims(t, token)["jti"].(string)
	t.Equal("extra", got.User.Extra["authentication.kubernetes.io/credential-id"], authenticationv1.ExtraValue{id})
	t.Equal("audiences", got.Audiences, check.Audiences(token))
}

func (s *session) reviewOfBearer(t *check.T) {
	got := s.review(t, s.config.BearerToken)
	t.True("it is authenticated", got.Authenticated)
	t.Equal("groups", got.User.Groups, []string{"system:masters", "system:authenticated"})
	t.True("it has an audience", len(got.Audiences) == 1)
}

func (s *session) reviewForAudience(t *check.T) {
	token := s.token(t, "a", "b", "c")
	got := s.reviewFor(t, token, "c", "x", "a")
	t.True("it is authenticated", got.Authenticated)
	t.Equal("audiences", got.Audiences, []string{"c", "a"})
}

func (s *session) reviewForAnotherAudience(t *check.T) {
	token := s.token(t, "a")
	got := s.reviewFor(t, token, "b")
	t.True("it is not authenticated", !got.Authenticated)
	t.Contains(got.Error, `token audiences ["a"] is invalid for the target audiences ["b"]`)
	t.Equal("audiences", len(got.Audiences), 0)
	t.Equal("user", got.User.Username, "")
	t.True("nor is it by default", !s.review(t, token).Authenticated)
}

func (s *session) reviewOfGarbage(t *check.T) {
	for _, token := range []string{"x", "a.b.c", "a.b.c.d", "Bearer x"} {
		got := s.review(t, token)
		t.True("it is not authenticated", !got.Authenticated)
		t.Contains(got.Error, "invalid bearer token")
	}
}

func (s *session) reviewOfNothing(t *check.T) {
	_, err := s.client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{}, metav1.CreateOptions{})
	t.Error(err, apierrors.IsBadRequest, "token is required for TokenReview in authentication")
}

func (s *session) reviewOfChanged(t *check.T) {
	token := s.token(t)
	got := s.review(t, token[:len(token)-8]+"AAAAAAAA")
	t.True("it is not authenticated", !got.Authenticated)
	t.Contains(got.Error, "invalid bearer token")
}

func (s *session) whoIsToken(t *check.T) {
	got, err := s.as(s.token(t)).AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	t.Must(err)
	t.Equal("user", got.Status.UserInfo.Username, "system:serviceaccount:"+s.namespace+":builder")
	t.Equal("groups", got.Status.UserInfo.Groups, s.groups())
	t.True("it has a creation time", !got.CreationTimestamp.IsZero())
}

func (s *session) whoIsImpersonated(t *check.T) {
	who := rest.ImpersonationConfig{UserName: "jane", UID: "u-1", Groups: []string{"g1", "g2"}, Extra: map[string][]string{"Scopes.example/x": {"a", "b"}}}
	got, err := s.impersonating(who).AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if apierrors.IsForbidden(err) {
		t.Fail("%v", err)
		return
	}
	t.Must(err)
	info := got.Status.UserInfo
	t.Equal("user", info.Username, "jane")
	t.Equal("uid", info.UID, "u-1")
	t.Equal("groups", info.Groups, []string{"g1", "g2", "system:authenticated"})
	t.Equal("extra", info.Extra, map[string]authenticationv1.ExtraValue{"scopes.example/x": {"a", "b"}})
}

func (s *session) foreignBearer(t *check.T) {
	_, err := s.as(s.token(t, "elsewhere")).CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	t.Error(err, apierrors.IsUnauthorized, "Unauthorized")
}

func (s *session) unknownBearer(t *check.T) {
	_, err := s.as("unknown").CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	t.Error(err, apierrors.IsUnauthorized, "Unauthorized")
	t.Equal("reason", apierrors.ReasonForError(err), metav1.StatusReasonUnauthorized)
}

func (s *session) reviewsCannotBeListed(t *check.T) {
	err := s.client.AuthenticationV1().RESTClient().Get().Resource("tokenreviews").Do(ctx).Error()
	t.Error(err, apierrors.IsMethodNotSupported, "the server does not allow this method on the requested resource")
}
