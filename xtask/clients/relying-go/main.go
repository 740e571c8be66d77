// Command relying-go verifies tokens with go-oidc, which has the issuer's URL, its authority, and
// nothing else.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
)

type ready struct {
	URL      string `json:"url"`
	HTTPSURL string `json:"https_url"`
	CAFile   string `json:"ca_file"`
	Token    string `json:"token"`
}

func main() {
	failed := false
	for _, check := range []struct {
		name string
		run  func(ready) error
	}{
		{"the issuer is discovered and its token verified", verified},
		{"a token for another audience is refused", otherAudience},
	} {
		if err := load(check.run); err != nil {
			failed = true
			fmt.Printf("failed\tgo-oidc\t%s\t%q\n", check.name, err.Error())
			continue
		}
		fmt.Printf("ok\tgo-oidc\t%s\n", check.name)
	}
	if failed {
		os.Exit(1)
	}
}

func load(run func(ready) error) error {
	text, err := os.ReadFile(os.Getenv("READY_FILE"))
	if err != nil {
		return err
	}
	var at ready
	if err := json.Unmarshal(text, &at); err != nil {
		return err
	}
	return run(at)
}

func verified(at ready) error {
	token, err := verify(at, "vault", "vault")
	if err != nil {
		return err
	}
	if token.Issuer != at.HTTPSURL || token.Subject != "system:serviceaccount:default:default" {
		return fmt.Errorf("issuer %s, subject %s", token.Issuer, token.Subject)
	}
	return nil
}

func otherAudience(at ready) error {
	if _, err := verify(at, "vault", "other"); err == nil {
		return fmt.Errorf("it was accepted")
	}
	return nil
}

func verify(at ready, audience, wanted string) (*oidc.IDToken, error) {
	authority, err := os.ReadFile(at.CAFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	ctx := oidc.ClientContext(context.Background(), &http.Client{Transport: transport})
	provider, err := oidc.NewProvider(ctx, at.HTTPSURL)
	if err != nil {
		return nil, err
	}
	token, err := request(at, audience)
	if err != nil {
		return nil, err
	}
	return provider.Verifier(&oidc.Config{ClientID: wanted}).Verify(ctx, token)
}

func request(at ready, audience string) (string, error) {
	body := fmt.Sprintf(`{"spec":{"audiences":[%q]}}`, audience)
	url := at.URL + "/api/v1/namespaces/default/serviceaccounts/default/token"
	post, err := http.NewRequest("POST", url, bytes.NewBufferString(body))
	if err != nil {
		return "", err
	}
	post.Header.Set("Authorization", "Bearer "+at.Token)
	post.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(post)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Status struct {
			Token string `json:"token"`
		} `json:"status"`
	}
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer.Status.Token, err
}
