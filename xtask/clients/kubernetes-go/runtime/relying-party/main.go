// Command relying-party checks tokens as their receivers do: by the keys, with go-oidc, and by
// TokenReview, as a server with delegated authentication does.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"token-clients/check"
)

var ctx = context.Background()

// session is a client with a namespace of its own.
type session struct {
	*check.Suite
	config    *rest.Config
	client    kubernetes.Interface
	namespace string
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s := &session{Suite: check.New("relying party"), config: config, client: kubernetes.NewForConfigOrDie(config)}
	s.Run("a service account", func(t *check.T) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "relying-"}}
		made, err := s.client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
		t.Must(err)
		s.namespace = made.Name
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "builder"}}
		_, err = s.client.CoreV1().ServiceAccounts(s.namespace).Create(ctx, account, metav1.CreateOptions{})
		t.Must(err)
	})
	s.Run("discovery is not for everybody", s.refused)
	s.Run("discovery with a bearer", func(t *check.T) { s.discovery(t, s.bearing(t)) })
	s.Run("discovery opened to everybody", s.opened)
	s.Run("go-oidc refuses another audience", s.anotherAudience)
	s.Run("go-oidc refuses a changed token", s.changedToken)
	s.Run("delegated authentication", s.delegated)
	s.Run("delegated authentication for an audience", s.delegatedAudience)
	s.Run("delegated authorization", s.authorized)
	s.Run("the namespace is deleted", func(t *check.T) {
		t.Must(s.client.CoreV1().Namespaces().Delete(ctx, s.namespace, metav1.DeleteOptions{}))
	})
	s.End()
}

func (s *session) token(t *check.T, audiences ...string) string {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}
	got, err := s.client.CoreV1().ServiceAccounts(s.namespace).CreateToken(ctx, "builder", request, metav1.CreateOptions{})
	t.Must(err)
	return got.Status.Token
}

func client(t *check.T, config *rest.Config) *http.Client {
	made, err := rest.HTTPClientFor(config)
	t.Must(err)
	return made
}

func (s *session) anonymous(t *check.T) *http.Client {
	return client(t, rest.AnonymousClientConfig(s.config))
}

func (s *session) bearing(t *check.T) *http.Client {
	config := rest.AnonymousClientConfig(s.config)
	config.BearerToken = s.token(t)
	return client(t, config)
}

func (s *session) refused(t *check.T) {
	response, err := s.anonymous(t).Get(s.config.Host + "/.well-known/openid-configuration")
	t.Must(err)
	defer response.Body.Close()
	t.Equal("status", response.StatusCode, 403)
}

// document is what a provider says of itself.
type document struct {
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	SigningAlgs   []string `json:"id_token_signing_alg_values_supported"`
}

// provider is what go-oidc makes of the discovery document; the issuer's name leads nowhere.
func (s *session) provider(t *check.T, http *http.Client) (*oidc.Provider, context.Context) {
	with := oidc.ClientContext(ctx, http)
	issuer := check.Claims(t, s.token(t))["iss"].(string)
	with = oidc.InsecureIssuerURLContext(with, issuer)
	provider, err := oidc.NewProvider(with, s.config.Host)
	t.Must(err)
	return provider, with
}

// discovery is what the conformance test of Kubernetes for it asks for.
func (s *session) discovery(t *check.T, http *http.Client) {
	provider, with := s.provider(t, http)
	var said document
	t.Must(provider.Claims(&said))
	t.Equal("response types", said.ResponseTypes, []string{"id_token"})
	t.Equal("subject types", said.SubjectTypes, []string{"public"})
	t.Equal("algorithms", said.SigningAlgs, []string{"RS256"})
	got, err := s.verifier(said, with, "vault").Verify(with, s.token(t, "vault"))
	t.Must(err)
	t.Equal("subject", got.Subject, "system:serviceaccount:"+s.namespace+":builder")
	t.Equal("issuer", got.Issuer, said.Issuer)
	var claims struct {
		Kubernetes struct {
			Namespace string `json:"namespace"`
		} `json:"kubernetes.io"`
	}
	t.Must(got.Claims(&claims))
	t.Equal("namespace", claims.Kubernetes.Namespace, s.namespace)
}

// verifier fetches the keys from this server: behind jwks_uri there may be an address of its own.
func (s *session) verifier(said document, with context.Context, audience string) *oidc.IDTokenVerifier {
	keys := oidc.NewRemoteKeySet(with, s.config.Host+"/openid/v1/jwks")
	return oidc.NewVerifier(said.Issuer, keys, &oidc.Config{ClientID: audience})
}

func (s *session) opened(t *check.T) {
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "open-" + s.namespace},
		Subjects: []rbacv1.Subject{{Kind: "Group", Name: "system:unauthenticated", APIGroup: "rbac.authorization.k8s.io"}},
		RoleRef:  rbacv1.RoleRef{Kind: "ClusterRole", Name: "system:service-account-issuer-discovery", APIGroup: "rbac.authorization.k8s.io"}}
	_, err := s.client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{})
	t.Must(err)
	t.Soon("everybody may", func() bool {
		response, err := s.anonymous(t).Get(s.config.Host + "/openid/v1/jwks")
		return err == nil && response.StatusCode == 200 && response.Header.Get("Content-Type") == "application/jwk-set+json"
	})
	s.discovery(t, s.anonymous(t))
	t.Must(s.client.RbacV1().ClusterRoleBindings().Delete(ctx, binding.Name, metav1.DeleteOptions{}))
}

func (s *session) anotherAudience(t *check.T) {
	provider, with := s.provider(t, s.bearing(t))
	var said document
	t.Must(provider.Claims(&said))
	_, err := s.verifier(said, with, "vault").Verify(with, s.token(t, "other"))
	t.Error(err, func(error) bool { return true }, "expected audience")
}

func (s *session) changedToken(t *check.T) {
	provider, with := s.provider(t, s.bearing(t))
	var said document
	t.Must(provider.Claims(&said))
	token := s.token(t, "vault")
	_, err := s.verifier(said, with, "vault").Verify(with, token[:len(token)-8]+"AAAAAAAA")
	t.Error(err, func(error) bool { return true }, "failed to verify")
}

func (s *session) authenticator(t *check.T, audiences ...string) authenticator.Request {
	made, _, err := authenticatorfactory.DelegatingAuthenticatorConfig{
		TokenAccessReviewClient: s.client.AuthenticationV1(), TokenAccessReviewTimeout: 10 * time.Second,
		WebhookRetryBackoff: &wait.Backoff{Duration: time.Millisecond, Steps: 2}, CacheTTL: time.Second, APIAudiences: audiences,
	}.New()
	t.Must(err)
	return made
}

func authenticate(made authenticator.Request, token string, audiences ...string) (*authenticator.Response, bool, error) {
	with := ctx
	if len(audiences) > 0 {
		with = authenticator.WithAudiences(ctx, audiences)
	}
	request, _ := http.NewRequestWithContext(with, "GET", "https://service.example/", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	return made.AuthenticateRequest(request)
}

func (s *session) delegated(t *check.T) {
	got, ok, err := authenticate(s.authenticator(t), s.token(t))
	t.Must(err)
	t.True("it is authenticated", ok)
	t.Equal("who", got.User.GetName(), "system:serviceaccount:"+s.namespace+":builder")
	t.True("groups", len(got.User.GetGroups()) == 3)
	t.True("it has an id", len(got.User.GetExtra()["authentication.kubernetes.io/credential-id"]) == 1)
	_, ok, err = authenticate(s.authenticator(t), "a.b.c")
	t.True("what is no token is refused", !ok && err != nil)
	t.Contains(err.Error(), "invalid bearer token")
}

func (s *session) delegatedAudience(t *check.T) {
	with := s.authenticator(t, "vault", "other")
	got, ok, err := authenticate(with, s.token(t, "vault"), "vault", "other")
	t.Must(err)
	t.True("it is authenticated", ok)
	t.Equal("who", got.User.GetName(), "system:serviceaccount:"+s.namespace+":builder")
	_, ok, _ = authenticate(with, s.token(t, "elsewhere"), "vault", "other")
	t.True("another audience is refused", !ok)
}

func (s *session) authorized(t *check.T) {
	made, err := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: s.client.AuthorizationV1(), AllowCacheTTL: time.Second, DenyCacheTTL: time.Second,
		WebhookRetryBackoff: &wait.Backoff{Duration: time.Millisecond, Steps: 2},
	}.New()
	t.Must(err)
	for name, wanted := range map[string]authorizer.Decision{"system:masters": authorizer.DecisionAllow, "nobodies": authorizer.DecisionNoOpinion} {
		who := &user.DefaultInfo{Name: "jane", Groups: []string{name}}
		got, _, err := made.Authorize(ctx, authorizer.AttributesRecord{User: who, Verb: "create", Resource: "serviceaccounts", Subresource: "token", Namespace: s.namespace, APIVersion: "v1", ResourceRequest: true})
		t.Must(err)
		t.Equal(name, got, wanted)
	}
}
