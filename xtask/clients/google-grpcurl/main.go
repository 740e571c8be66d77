// grpcurl on the emulator, by reflection and without, and gRPC's own health check.
//
// Prints a line for each check: its outcome, the tool, its name and what was wrong.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	health "google.golang.org/grpc/health/grpc_health_v1"
)

const (
	api    = "google.cloud.gkemulticloud.v1.AttachedClusters"
	parent = "projects/1234/locations/us-west1"
)

// ready is the emulator's ready file.
var ready struct {
	URL      string `json:"url"`
	HTTPSURL string `json:"https_url"`
	CAFile   string `json:"ca_file"`
	Google   string `json:"google_access_token"`
}

var checks = []struct {
	name string
	run  func() error
}{
	{"reflection lists services", listed},
	{"reflection describes a method", described},
	{"a call by reflection", called},
	{"a call over TLS", calledOverTLS},
	{"a call without reflection", calledByDescriptors},
	{"details of an error", detailed},
	{"a missing cluster", missing},
	{"without credentials", refused},
	{"a service that is not there", unknown},
	{"health", healthy},
	{"health by reflection", healthyByReflection},
}

func plaintext() string { return strings.TrimPrefix(ready.URL, "http://") }

func bearer() string { return "authorization: Bearer " + ready.Google }

// grpcurl gives all that it says, and does not mind whether it succeeds.
func grpcurl(arguments ...string) string {
	said, _ := exec.Command("bin/grpcurl", append([]string{"-max-time", "20"}, arguments...)...).CombinedOutput()
	return string(said)
}

func says(said string, parts ...string) error {
	for _, part := range parts {
		if !strings.Contains(said, part) {
			return fmt.Errorf("wanted %q in %s", part, said)
		}
	}
	return nil
}

func listed() error {
	said := grpcurl("-plaintext", plaintext(), "list")
	return says(said, api, "google.longrunning.Operations")
}

func described() error {
	said := grpcurl("-plaintext", plaintext(), "describe", api+".GenerateAttachedClusterAgentToken")
	return says(said, "GenerateAttachedClusterAgentTokenRequest", ":generateAttachedClusterAgentToken")
}

const config = `{"name": "` + parent + `/attachedServerConfig"}`

func called() error {
	said := grpcurl("-plaintext", "-H", bearer(), "-d", config, plaintext(), api+"/GetAttachedServerConfig")
	return says(said, "validVersions", "-gke.")
}

func calledOverTLS() error {
	address := strings.TrimPrefix(ready.HTTPSURL, "https://")
	said := grpcurl("-cacert", ready.CAFile, "-H", bearer(), "-d", config, address, api+"/GetAttachedServerConfig")
	return says(said, "validVersions")
}

func calledByDescriptors() error {
	folder, err := os.MkdirTemp("", "descriptors")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	set := filepath.Join(folder, "set")
	if said := grpcurl("-plaintext", "-protoset-out", set, plaintext(), "describe", api); !strings.Contains(said, api) {
		return errors.New(said)
	}
	method := api + "/GetAttachedServerConfig"
	return says(grpcurl("-plaintext", "-protoset", set, "-H", bearer(), "-d", config, plaintext(), method), "validVersions")
}

func detailed() error {
	request := `{"attached_cluster": "` + parent + `/attachedClusters/none"}`
	said := grpcurl("-plaintext", "-H", bearer(), "-d", request, plaintext(), api+"/GenerateAttachedClusterAgentToken")
	return says(said, "InvalidArgument", "type.googleapis.com/google.rpc.BadRequest", `"field": "subject_token"`)
}

const none = `{"name": "` + parent + `/attachedClusters/none"}`

func missing() error {
	said := grpcurl("-plaintext", "-H", bearer(), "-d", none, plaintext(), api+"/GetAttachedCluster")
	return says(said, "NotFound", "cluster not found")
}

func refused() error {
	said := grpcurl("-plaintext", "-d", none, plaintext(), api+"/GetAttachedCluster")
	return says(said, "Unauthenticated", "CREDENTIALS_MISSING")
}

func unknown() error {
	return says(grpcurl("-plaintext", plaintext(), "no.such.Service/Method"), "does not expose service")
}

func healthy() error {
	connection, err := grpc.NewClient(plaintext(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	for _, service := range []string{"", api} {
		request := &health.HealthCheckRequest{Service: service}
		answer, err := health.NewHealthClient(connection).Check(context.Background(), request)
		if err != nil {
			return err
		}
		if answer.Status != health.HealthCheckResponse_SERVING {
			return fmt.Errorf("%q is %s", service, answer.Status)
		}
	}
	return nil
}

func healthyByReflection() error {
	return says(grpcurl("-plaintext", plaintext(), "grpc.health.v1.Health/Check"), "SERVING")
}

func main() {
	text, err := os.ReadFile(os.Getenv("READY_FILE"))
	if err == nil {
		err = json.Unmarshal(text, &ready)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	code := 0
	for _, check := range checks {
		if err := check.run(); err != nil {
			code = 1
			why := strings.Join(strings.Fields(err.Error()), " ")
			fmt.Printf("failed\tgrpcurl\t%s\t%s\n", check.name, why)
		} else {
			fmt.Printf("ok\tgrpcurl\t%s\n", check.name)
		}
	}
	os.Exit(code)
}
