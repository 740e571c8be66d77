// Command client-go asks a server what programs with k8s.io/client-go ask it, in JSON and in
// protobuf. The server is the current context of KUBECONFIG.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// encodings are the Content-Types that client-go is told to use; empty is its own choice.
var encodings = []struct{ name, media string }{
	{"json", "application/json"},
	{"protobuf", "application/vnd.kubernetes.protobuf"},
	{"default", ""},
}

func main() {
	suite := check.New(check.Version("go", "k8s.io/client-go"))
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	config.QPS, config.Burst = 1000, 1000
	config.Timeout = time.Minute
	for _, encoding := range encodings {
		s := newSession(suite.With(encoding.name), config, encoding.media)
		tokens(s)
		bindings(s)
		reviews(s)
		rights(s)
		objects(s)
		configMaps(s)
		watches(s)
		faults(s)
	}
	s := newSession(suite, config, "")
	credentials(s)
	untyped(s)
	apply(s)
	discoveries(s)
	informer(s)
	leader(s)
	s.cleanUp()
	suite.End()
}

func newSession(suite *check.Suite, config *rest.Config, media string) *session {
	config = rest.CopyConfig(config)
	config.ContentType = media
	s := &session{Suite: suite, config: config, client: kubernetes.NewForConfigOrDie(config)}
	suite.Run("a namespace", func(t *check.T) { s.namespace = s.newNamespace(t) })
	suite.Run("a service account", func(t *check.T) { s.account(t, "builder") })
	return s
}

// newNamespace has a default service account, which no controller makes on a bare server.
func (s *session) newNamespace(t *check.T) string {
	made, err := s.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "client-go-", Labels: map[string]string{"made-by": "client-go"}},
	}, metav1.CreateOptions{})
	t.Must(err)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	_, err = s.client.CoreV1().ServiceAccounts(made.Name).Create(ctx, account, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Must(err)
	}
	return made.Name
}

func (s *session) account(t *check.T, name string) *corev1.ServiceAccount {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	made, err := s.client.CoreV1().ServiceAccounts(s.namespace).Create(ctx, account, metav1.CreateOptions{})
	t.Must(err)
	return made
}

// as is a client with that bearer alone.
func (s *session) as(token string) kubernetes.Interface {
	config := rest.AnonymousClientConfig(s.config)
	config.BearerToken = token
	config.ContentType = s.config.ContentType
	return kubernetes.NewForConfigOrDie(config)
}

// impersonating is a client that acts as another.
func (s *session) impersonating(who rest.ImpersonationConfig) kubernetes.Interface {
	config := rest.CopyConfig(s.config)
	config.Impersonate = who
	return kubernetes.NewForConfigOrDie(config)
}

// cleanUp removes every namespace that this program made.
func (s *session) cleanUp() {
	s.Run("its namespaces are deleted", func(t *check.T) {
		made, err := s.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: "made-by=client-go"})
		t.Must(err)
		for _, namespace := range made.Items {
			t.Must(s.client.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{}))
		}
	})
}
