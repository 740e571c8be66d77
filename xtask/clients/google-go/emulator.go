package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// A bearer of the file that the emulator was started with.
const withoutScope = "ya29.without-scope"

// ready is the emulator's ready file.
var ready struct {
	URL      string `json:"url"`
	HTTPSURL string `json:"https_url"`
	CAFile   string `json:"ca_file"`
	Token    string `json:"token"`
	Google   string `json:"google_access_token"`
}

func readReady() error {
	text, err := os.ReadFile(os.Getenv("READY_FILE"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &ready)
}

// ask sends what it is given, or nothing, with the Kubernetes bearer.
func ask(path, body string) ([]byte, error) {
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	request, err := http.NewRequest(method, ready.URL+path, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+ready.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s: %s", path, response.Status, answer)
	}
	return answer, err
}

// issuer gives the issuer of the cluster's tokens, and its keys.
func issuer() (string, []byte, error) {
	document, err := ask("/.well-known/openid-configuration", "")
	if err != nil {
		return "", nil, err
	}
	var read struct{ Issuer string }
	if err := json.Unmarshal(document, &read); err != nil {
		return "", nil, err
	}
	keys, err := ask("/openid/v1/jwks", "")
	return read.Issuer, keys, err
}

// subjectToken gives a service account's token.
func subjectToken() (string, error) {
	answer, err := ask("/api/v1/namespaces/default/serviceaccounts/default/token", `{"spec":{}}`)
	if err != nil {
		return "", err
	}
	var read struct{ Status struct{ Token string } }
	err = json.Unmarshal(answer, &read)
	return read.Status.Token, err
}

// tampered gives the same token with a signature that is not its own.
func tampered(token string) string {
	dot := strings.LastIndex(token, ".")
	other := "A"
	if strings.HasPrefix(token[dot+1:], "A") {
		other = "B"
	}
	return token[:dot+1] + other + token[dot+2:]
}

// clock moves or stops the clock.
func clock(change string) error {
	_, err := ask("/_emulator/v1/clock", change)
	return err
}
