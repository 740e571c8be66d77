// Google's Go library on the emulator, over plaintext and over TLS.
//
// Prints a line for each check: its outcome, the transport, its name and what was wrong.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	gke "cloud.google.com/go/gkemulticloud/apiv1"
	pb "cloud.google.com/go/gkemulticloud/apiv1/gkemulticloudpb"
	"golang.org/x/oauth2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	parent = "projects/1234/locations/us-west1"
	jwt    = "urn:ietf:params:oauth:token-type:jwt"
)

// session is one transport, and a cluster that its checks share.
type session struct {
	context.Context
	api  *gke.AttachedClustersClient
	open func(token string) (*gke.AttachedClustersClient, error)
	id   string
	name string
}

// bearer goes over plaintext, too.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (b bearer) RequireTransportSecurity() bool { return false }

func plaintext(token string) (*gke.AttachedClustersClient, error) {
	options := []option.ClientOption{
		option.WithEndpoint(strings.TrimPrefix(ready.URL, "http://")),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
	if token != "" {
		options = append(options, option.WithGRPCDialOption(grpc.WithPerRPCCredentials(bearer(token))))
	}
	return gke.NewAttachedClustersClient(context.Background(), options...)
}

func overTLS(token string) (*gke.AttachedClustersClient, error) {
	certificate, err := os.ReadFile(ready.CAFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	trusted := credentials.NewTLS(&tls.Config{RootCAs: roots})
	options := []option.ClientOption{
		option.WithEndpoint(strings.TrimPrefix(ready.HTTPSURL, "https://")),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(trusted)),
	}
	if token == "" {
		options = append(options, option.WithoutAuthentication())
	} else {
		source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
		options = append(options, option.WithTokenSource(source))
	}
	return gke.NewAttachedClustersClient(context.Background(), options...)
}

func (s *session) blueprint() (*pb.AttachedCluster, error) {
	url, keys, err := issuer()
	return &pb.AttachedCluster{
		OidcConfig:      &pb.AttachedOidcConfig{IssuerUrl: url, Jwks: keys},
		PlatformVersion: "1.33.0-gke.1",
		Distribution:    "generic",
		Fleet:           &pb.Fleet{Project: "projects/1234"},
	}, err
}

func (s *session) create(id string, validateOnly bool) (*gke.CreateAttachedClusterOperation, error) {
	cluster, err := s.blueprint()
	if err != nil {
		return nil, err
	}
	return s.api.CreateAttachedCluster(s, &pb.CreateAttachedClusterRequest{
		Parent: parent, AttachedClusterId: id, AttachedCluster: cluster, ValidateOnly: validateOnly,
	})
}

func get(s *session, api *gke.AttachedClustersClient, name string) (*pb.AttachedCluster, error) {
	return api.GetAttachedCluster(s, &pb.GetAttachedClusterRequest{Name: name})
}

// exchange asks for an agent's token, with a change to the usual request.
func (s *session) exchange(
	change func(*pb.GenerateAttachedClusterAgentTokenRequest),
) (*pb.GenerateAttachedClusterAgentTokenResponse, error) {
	token, err := subjectToken()
	if err != nil {
		return nil, err
	}
	request := &pb.GenerateAttachedClusterAgentTokenRequest{
		AttachedCluster: s.name, SubjectToken: token, SubjectTokenType: jwt, Version: "v1",
	}
	if change != nil {
		change(request)
	}
	return s.api.GenerateAttachedClusterAgentToken(s, request)
}

func run(name string, open func(string) (*gke.AttachedClustersClient, error)) (failures int) {
	s := &session{Context: context.Background(), open: open, id: name, name: parent + "/attachedClusters/" + name}
	api, err := open(ready.Google)
	s.api = api
	for _, check := range checks {
		if err == nil {
			err = errors.Join(check.run(s))
		}
		if err != nil {
			failures++
			why := strings.NewReplacer("\n", " ", "\t", " ").Replace(err.Error())
			fmt.Printf("failed\t%s\t%s\t%s\n", name, check.name, why)
		} else {
			fmt.Printf("ok\t%s\t%s\n", name, check.name)
		}
		err = nil
	}
	return failures
}

func main() {
	if err := readReady(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if run("go", plaintext)+run("go-tls", overTLS) > 0 {
		os.Exit(1)
	}
}
