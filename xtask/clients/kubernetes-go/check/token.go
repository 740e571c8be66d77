package check

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Claims are the claims of a token, unverified.
func Claims(t *T, token string) map[string]any {
	claims, err := claims(token)
	t.Must(err)
	return claims
}

func claims(token string) (map[string]any, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a token of three parts")
	}
	bytes, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	return claims, json.Unmarshal(bytes, &claims)
}

// Audiences are those of a token, or none where it is no token.
func Audiences(token string) []string {
	claims, _ := claims(token)
	var audiences []string
	list, _ := claims["aud"].([]any)
	for _, audience := range list {
		audiences = append(audiences, audience.(string))
	}
	return audiences
}

// Details are those of an error of the API, or empty ones.
func Details(err error) metav1.StatusDetails {
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		return *status.Status().Details
	}
	return metav1.StatusDetails{}
}
