package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/transport"
	"token-clients/check"
)

// credentials is how a client says who it is.
func credentials(s *session) {
	s.Run("a bearer from a file, changed in between", s.bearerFromFile)
	s.Run("a source of tokens", s.tokenSource)
	s.Run("a kubeconfig with a new token", s.kubeconfig)
	s.Run("no credentials at all", s.anonymous)
	s.Run("impersonation needs the right to it", s.impersonationForbidden)
	s.Run("impersonating a service account", s.impersonatedAccount)
	s.Run("impersonating without a user", s.impersonationWithoutUser)
	s.Run("a client without protobuf over HTTP/1.1", s.http1)
	s.OnEmulator("a bearer over plain http", "a real server has no plain http", s.plain)
	s.OnEmulator("a token that expires", "the clock of a real server cannot be moved", s.expiry)
}

func whoami(client kubernetes.Interface) (string, error) {
	got, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return got.Status.UserInfo.Username, nil
}

func (s *session) builder() string { return "system:serviceaccount:" + s.namespace + ":builder" }

func (s *session) bearerFromFile(t *check.T) {
	folder, err := os.MkdirTemp("", "bearer-")
	t.Must(err)
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "token")
	t.Must(os.WriteFile(file, []byte(s.token(t)+"\n"), 0o600))
	config := rest.AnonymousClientConfig(s.config)
	config.BearerTokenFile = file
	name, err := whoami(kubernetes.NewForConfigOrDie(config))
	t.Must(err)
	t.Equal("who", name, s.builder())
}

func (s *session) tokenSource(t *check.T) {
	file, err := os.CreateTemp("", "bearer-")
	t.Must(err)
	defer os.Remove(file.Name())
	_, err = file.WriteString(s.token(t))
	t.Must(err)
	t.Must(file.Close())
	config := rest.AnonymousClientConfig(s.config)
	config.Wrap(transport.TokenSourceWrapTransport(transport.NewCachedFileTokenSource(file.Name())))
	name, err := whoami(kubernetes.NewForConfigOrDie(config))
	t.Must(err)
	t.Equal("who", name, s.builder())
}

func (s *session) kubeconfig(t *check.T) {
	ca := s.config.CAData
	if ca == nil {
		bytes, err := os.ReadFile(s.config.CAFile)
		t.Must(err)
		ca = bytes
	}
	made := clientcmdapi.NewConfig()
	made.Clusters["c"] = &clientcmdapi.Cluster{Server: s.config.Host, CertificateAuthorityData: ca}
	made.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: s.token(t)}
	made.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u", Namespace: s.namespace}
	made.CurrentContext = "x"
	text, err := clientcmd.Write(*made)
	t.Must(err)
	config, err := clientcmd.RESTConfigFromKubeConfig(text)
	t.Must(err)
	name, err := whoami(kubernetes.NewForConfigOrDie(config))
	t.Must(err)
	t.Equal("who", name, s.builder())
}

func (s *session) anonymous(t *check.T) {
	client := kubernetes.NewForConfigOrDie(rest.AnonymousClientConfig(s.config))
	_, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	t.Error(err, apierrors.IsForbidden, `namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope`)
	_, err = client.Discovery().ServerVersion()
	t.Must(err)
}

func (s *session) impersonationForbidden(t *check.T) {
	config := rest.AnonymousClientConfig(s.config)
	config.BearerToken = s.token(t)
	config.Impersonate = rest.ImpersonationConfig{UserName: "jane"}
	_, err := whoami(kubernetes.NewForConfigOrDie(config))
	t.Error(err, apierrors.IsForbidden, `User "`+s.builder()+`" cannot impersonate-on:user-info:create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope`)
}

func (s *session) impersonatedAccount(t *check.T) {
	client := s.impersonating(rest.ImpersonationConfig{UserName: s.builder()})
	got, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	t.Must(err)
	t.Equal("groups", got.Status.UserInfo.Groups, s.groups())
}

func (s *session) impersonationWithoutUser(t *check.T) {
	config := rest.CopyConfig(s.config)
	config.Wrap(func(inner http.RoundTripper) http.RoundTripper { return groupOnly{inner} })
	_, err := whoami(kubernetes.NewForConfigOrDie(config))
	t.Error(err, func(error) bool { return true }, "requested")
}

// groupOnly asks for a group and no user.
type groupOnly struct{ inner http.RoundTripper }

func (g groupOnly) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Impersonate-Group", "system:masters")
	return g.inner.RoundTrip(request)
}

func (s *session) http1(t *check.T) {
	config := rest.CopyConfig(s.config)
	config.TLSClientConfig.NextProtos = []string{"http/1.1"}
	config.ContentType = "application/json"
	client := kubernetes.NewForConfigOrDie(config)
	_, err := whoami(client)
	t.Must(err)
	_, err = client.CoreV1().ServiceAccounts(s.namespace).CreateToken(ctx, "builder", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	t.Must(err)
}

func (s *session) plain(t *check.T) {
	client := kubernetes.NewForConfigOrDie(&rest.Config{Host: s.Controls, BearerToken: s.token(t)})
	name, err := whoami(client)
	t.Must(err)
	t.Equal("who", name, s.builder())
}

func (s *session) expiry(t *check.T) {
	token := s.token(t)
	name, err := whoami(s.as(token))
	t.Must(err)
	t.Equal("who", name, s.builder())
	s.clock(t, `{"advance":"2h"}`)
	defer s.clock(t, `{"reset":true}`)
	t.Contains(s.review(t, token).Error, "service account token has expired")
	_, err = whoami(s.as(token))
	t.Error(err, apierrors.IsUnauthorized, "Unauthorized")
}

func (s *session) clock(t *check.T, change string) {
	response, err := http.Post(s.Controls+"/_emulator/v1/clock", "application/json", strings.NewReader(change))
	t.Must(err)
	defer response.Body.Close()
	t.Equal("the clock", response.StatusCode, 200)
}
