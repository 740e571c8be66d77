package main

import (
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"token-clients/check"
)

// tokens is TokenRequest without a binding.
func tokens(s *session) {
	s.Run("a token by default", s.tokenByDefault)
	s.Run("the claims of a token", s.claimsOfToken)
	s.Run("audiences in their order", s.audiences)
	s.Run("the lifetimes that are allowed", s.lifetimes)
	s.Run("a lifetime that is too short", func(t *check.T) { s.badLifetime(t, 599, "may not specify a duration less than 10 minutes") })
	s.Run("a lifetime that is negative", func(t *check.T) { s.badLifetime(t, -1, "may not specify a duration less than 10 minutes") })
	s.Run("a lifetime that is too long", func(t *check.T) { s.badLifetime(t, 1<<32+1, "may not specify a duration larger than 2^32 seconds") })
	s.Run("a service account that is missing", s.missingAccount)
	s.Run("a namespace that is missing", s.missingNamespace)
	s.Run("another name in the body", s.anotherName)
	s.Run("another namespace in the body", s.anotherNamespace)
	s.Run("the uid of the service account", s.uidOfAccount)
	s.Run("a dry run", s.dryRun)
	s.Run("an option that is unknown", s.badOption)
	s.Run("a caller without the right", s.forbidden)
}

func (s *session) request(spec authenticationv1.TokenRequestSpec) (*authenticationv1.TokenRequest, error) {
	return s.requestFor("builder", &authenticationv1.TokenRequest{Spec: spec})
}

func (s *session) requestFor(account string, request *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
	return s.client.CoreV1().ServiceAccounts(s.namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
}

func (s *session) tokenByDefault(t *check.T) {
	got, err := s.request(authenticationv1.TokenRequestSpec{})
	t.Must(err)
	t.True("there is a token", strings.Count(got.Status.Token, ".") == 2)
	t.Equal("name", got.Name, "builder")
	t.Equal("namespace", got.Namespace, s.namespace)
	t.True("it has a creation time", !got.CreationTimestamp.IsZero())
	t.Equal("expirationSeconds", got.Spec.ExpirationSeconds, ptr.To[int64](3600))
	t.Equal("lifetime", got.Status.ExpirationTimestamp.Sub(got.CreationTimestamp.Time).Round(2*time.Second), time.Hour)
	t.Equal("audiences", got.Spec.Audiences, check.Audiences(got.Status.Token))
	t.True("it is bound to nothing", got.Spec.BoundObjectRef == nil)
	t.Equal("owners of fields", len(got.ManagedFields), 1)
}

func (s *session) claimsOfToken(t *check.T) {
	got, err := s.request(authenticationv1.TokenRequestSpec{})
	t.Must(err)
	claims := check.Claims(t, got.Status.Token)
	t.Equal("sub", claims["sub"], "system:serviceaccount:"+s.namespace+":builder")
	t.Equal("exp - iat", claims["exp"].(float64)-claims["iat"].(float64), 3600.0)
	t.Equal("nbf", claims["nbf"], claims["iat"])
	t.Equal("exp", int64(claims["exp"].(float64)), got.Status.ExpirationTimestamp.Unix())
	private := claims["kubernetes.io"].(map[string]any)
	t.Equal("namespace", private["namespace"], s.namespace)
	t.Equal("name", private["serviceaccount"].(map[string]any)["name"], "builder")
	t.True("jti", claims["jti"] != "")
}

func (s *session) audiences(t *check.T) {
	for _, wanted := range [][]string{{"https://a.example"}, {"b", "a", "c"}, {"a", "a"}, {""}} {
		got, err := s.request(authenticationv1.TokenRequestSpec{Audiences: wanted})
		t.Must(err)
		t.Equal("audiences", got.Spec.Audiences, wanted)
		t.Equal("aud", check.Audiences(got.Status.Token), wanted)
	}
}

func (s *session) lifetimes(t *check.T) {
	for _, seconds := range []int64{600, 601, 7200, 86400, 1 << 32} {
		got, err := s.request(authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds})
		t.Must(err)
		claims := check.Claims(t, got.Status.Token)
		t.Equal("lifetime", int64(claims["exp"].(float64)-claims["iat"].(float64)), seconds)
		t.Equal("expirationSeconds", *got.Spec.ExpirationSeconds, seconds)
	}
}

func (s *session) badLifetime(t *check.T, seconds int64, text string) {
	_, err := s.request(authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds})
	t.Error(err, apierrors.IsInvalid, text)
	cause, found := apierrors.StatusCause(err, metav1.CauseTypeFieldValueInvalid)
	t.True("there is a cause", found)
	t.Equal("field", cause.Field, "spec.expirationSeconds")
	t.Contains(cause.Message, text)
	details := check.Details(err)
	t.Equal("kind", details.Kind, "TokenRequest")
	t.Equal("group", details.Group, "authentication.k8s.io")
}

func (s *session) missingAccount(t *check.T) {
	_, err := s.requestFor("nobody", &authenticationv1.TokenRequest{})
	t.Error(err, apierrors.IsNotFound, `serviceaccounts "nobody" not found`)
	t.Equal("name", check.Details(err).Name, "nobody")
	t.Equal("kind", check.Details(err).Kind, "serviceaccounts")
}

func (s *session) missingNamespace(t *check.T) {
	_, err := s.client.CoreV1().ServiceAccounts("nowhere").CreateToken(ctx, "builder", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	t.Error(err, apierrors.IsNotFound, `namespaces "nowhere" not found`)
}

func (s *session) anotherName(t *check.T) {
	request := &authenticationv1.TokenRequest{ObjectMeta: metav1.ObjectMeta{Name: "another"}}
	_, err := s.requestFor("builder", request)
	t.Error(err, apierrors.IsInvalid, "must match the service account name if specified")
	t.True("a cause of that sort", apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueInvalid))
	request.Name = "builder"
	_, err = s.requestFor("builder", request)
	t.Must(err)
}

func (s *session) anotherNamespace(t *check.T) {
	request := &authenticationv1.TokenRequest{ObjectMeta: metav1.ObjectMeta{Namespace: "another"}}
	_, err := s.requestFor("builder", request)
	t.Error(err, apierrors.IsBadRequest, "the namespace of the provided object does not match")
}

func (s *session) uidOfAccount(t *check.T) {
	account := check.Got[*coreServiceAccount](t)(s.client.CoreV1().ServiceAccounts(s.namespace).Get(ctx, "builder", metav1.GetOptions{}))
	request := &authenticationv1.TokenRequest{ObjectMeta: metav1.ObjectMeta{UID: account.UID}}
	got := check.Got[*authenticationv1.TokenRequest](t)(s.requestFor("builder", request))
	t.Equal("uid", got.UID, account.UID)
	request.UID = "another"
	_, err := s.requestFor("builder", request)
	t.Error(err, apierrors.IsConflict, "does not match")
}

func (s *session) dryRun(t *check.T) {
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	got, err := s.client.CoreV1().ServiceAccounts(s.namespace).CreateToken(ctx, "builder", &authenticationv1.TokenRequest{}, options)
	t.Must(err)
	t.True("there is a token all the same", got.Status.Token != "")
}

func (s *session) badOption(t *check.T) {
	options := metav1.CreateOptions{DryRun: []string{"Some"}}
	_, err := s.client.CoreV1().ServiceAccounts(s.namespace).CreateToken(ctx, "builder", &authenticationv1.TokenRequest{}, options)
	t.Error(err, apierrors.IsInvalid, `dryRun: Unsupported value`)
	t.True("a cause of that sort", apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueNotSupported))
}

func (s *session) forbidden(t *check.T) {
	client := s.impersonating(rest.ImpersonationConfig{UserName: "nobody"})
	_, err := client.CoreV1().ServiceAccounts(s.namespace).CreateToken(ctx, "builder", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	t.Error(err, apierrors.IsForbidden, `serviceaccounts "builder" is forbidden: User "nobody" cannot create resource "serviceaccounts/token" in API group "" in the namespace "`+s.namespace+`"`)
	t.Equal("name", check.Details(err).Name, "builder")
}
