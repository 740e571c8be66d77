package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"token-clients/check"
)

// faults is what client-go makes of requests that fail on order.
func faults(s *session) {
	why := "a bare kube-apiserver does not fail on order"
	s.OnEmulator("a 429 is waited for and tried again", why, s.triedAgain)
	s.OnEmulator("a 500 with Retry-After is tried again", why, s.triedAgainAfter500)
	s.OnEmulator("errors that are not tried again", why, s.notTriedAgain)
	s.OnEmulator("an overload that lasts", why, s.overload)
	s.OnEmulator("a conflict is retried on conflict", why, s.retriedOnConflict)
}

// control posts to the emulator's controls, or reads when there is no body.
func (s *session) control(t *check.T, path, body string) []byte {
	answer, err := http.Get(s.Controls + path)
	if body != "" {
		answer, err = http.Post(s.Controls+path, "application/json", bytes.NewBufferString(body))
	}
	t.Must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	t.Must(err)
	t.Equal("status of "+path, answer.StatusCode, http.StatusOK)
	return text
}

func (s *session) order(t *check.T, fault string) {
	s.control(t, "/_emulator/v1/faults", fault)
}

// asked is which statuses the requests for a token of this namespace had, in their order.
func (s *session) asked(t *check.T) (statuses []int) {
	var read struct {
		Entries []struct {
			Path   string
			Status int
		}
	}
	t.Must(json.Unmarshal(s.control(t, "/_emulator/v1/journal", ""), &read))
	for _, entry := range read.Entries {
		if strings.HasSuffix(entry.Path, "/"+s.namespace+"/serviceaccounts/builder/token") {
			statuses = append(statuses, entry.Status)
		}
	}
	return statuses
}

func (s *session) statuses(t *check.T, wanted ...int) {
	before := len(s.asked(t))
	_, err := s.request(authenticationv1.TokenRequestSpec{})
	t.Must(err)
	t.Equal("statuses", fmt.Sprint(s.asked(t)[before:]), fmt.Sprint(wanted))
}

func (s *session) triedAgain(t *check.T) {
	s.order(t, `{"code":429,"method":"POST","path":"/token","times":2}`)
	start := time.Now()
	s.statuses(t, 429, 429, 201)
	t.True("Retry-After is kept", time.Since(start) >= 2*time.Second)
}

func (s *session) triedAgainAfter500(t *check.T) {
	s.order(t, `{"code":500,"path":"/token","retry_after":1}`)
	s.statuses(t, 500, 201)
	s.order(t, `{"code":503,"path":"/token"}`)
	s.statuses(t, 503, 201)
}

func (s *session) notTriedAgain(t *check.T) {
	for _, row := range []struct {
		fault string
		is    func(error) bool
		text  string
	}{
		{`{"code":401,"path":"/token"}`, apierrors.IsUnauthorized, "Unauthorized"},
		{`{"code":409,"path":"/token"}`, apierrors.IsConflict, `Operation cannot be fulfilled on serviceaccounts "builder": the object has been modified`},
		{`{"code":500,"path":"/token","message":"no quorum"}`, apierrors.IsInternalError, "Internal error occurred: no quorum"},
		{`{"code":503,"path":"/token","retry_after":0}`, apierrors.IsServiceUnavailable, "apiserver is shutting down"},
		{`{"code":504,"path":"/token"}`, apierrors.IsTimeout, "Timeout: request did not complete within the allotted timeout"},
	} {
		before := len(s.asked(t))
		s.order(t, row.fault)
		_, err := s.request(authenticationv1.TokenRequestSpec{})
		t.Error(err, row.is, row.text)
		t.Equal("requests", len(s.asked(t))-before, 1)
	}
}

// overload is told once the client does not try again.
func (s *session) overload(t *check.T) {
	for _, fault := range []string{`{"code":429,"path":"/token"}`, `{"code":429,"path":"/token","message":"too many requests","retry_after":1}`} {
		s.order(t, fault)
		made := &authenticationv1.TokenRequest{}
		err := s.client.CoreV1().RESTClient().Post().Namespace(s.namespace).Resource("serviceaccounts").Name("builder").
			SubResource("token").Body(made).MaxRetries(0).Do(ctx).Into(made)
		t.Error(err, apierrors.IsTooManyRequests, "oo many requests")
		seconds, found := apierrors.SuggestsClientDelay(err)
		t.Equal("delay", fmt.Sprint(seconds, found), "1 true")
	}
}

func (s *session) retriedOnConflict(t *check.T) {
	s.order(t, `{"code":409,"method":"PUT","path":"/`+s.namespace+`/serviceaccounts/builder","times":2}`)
	tries := 0
	var made *corev1.ServiceAccount
	t.Must(retry.RetryOnConflict(retry.DefaultRetry, func() (err error) {
		tries++
		accounts := s.client.CoreV1().ServiceAccounts(s.namespace)
		made, err = accounts.Get(ctx, "builder", metav1.GetOptions{})
		t.Must(err)
		made.Annotations = map[string]string{"tried": fmt.Sprint(tries)}
		made, err = accounts.Update(ctx, made, metav1.UpdateOptions{})
		return err
	}))
	t.Equal("tries", made.Annotations["tried"], "3")
}
