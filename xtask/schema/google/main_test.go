package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	location = "{parent=projects/*/locations/*}"
	cluster  = "{name=projects/*/locations/*/attachedClusters/*}"
)

// What an API client must find, and all of it, written from the API's published documentation and not from the descriptors.
var want = []string{
	"AttachedClusters.CreateAttachedCluster POST /v1/" + location + "/attachedClusters attached_cluster",
	"AttachedClusters.UpdateAttachedCluster PATCH /v1/{attached_cluster.name=projects/*/locations/*/attachedClusters/*} attached_cluster",
	"AttachedClusters.ImportAttachedCluster POST /v1/" + location + "/attachedClusters:import *",
	"AttachedClusters.GetAttachedCluster GET /v1/" + cluster + " -",
	"AttachedClusters.ListAttachedClusters GET /v1/" + location + "/attachedClusters -",
	"AttachedClusters.DeleteAttachedCluster DELETE /v1/" + cluster + " -",
	"AttachedClusters.GetAttachedServerConfig GET /v1/{name=projects/*/locations/*/attachedServerConfig} -",
	"AttachedClusters.GenerateAttachedClusterInstallManifest GET /v1/" + location + ":generateAttachedClusterInstallManifest -",
	"AttachedClusters.GenerateAttachedClusterAgentToken POST /v1/{attached_cluster=projects/*/locations/*/attachedClusters/*}:generateAttachedClusterAgentToken *",
	"google.longrunning.Operations.GetOperation GET /v1/{name=projects/*/locations/*/operations/*} -",
	"google.longrunning.Operations.ListOperations GET /v1/{name=projects/*/locations/*}/operations -",
	"google.longrunning.Operations.DeleteOperation DELETE /v1/{name=projects/*/locations/*/operations/*} -",
	"google.longrunning.Operations.CancelOperation POST /v1/{name=projects/*/locations/*/operations/*}:cancel *",
}

var numbers = map[string]map[string]protoreflect.FieldNumber{
	"GenerateAttachedClusterAgentTokenRequest": {
		"attached_cluster": 1, "subject_token": 2, "subject_token_type": 3, "version": 4,
		"grant_type": 6, "audience": 7, "scope": 8, "requested_token_type": 9, "options": 10,
	},
	"AttachedCluster": {
		"name": 1, "description": 2, "oidc_config": 3, "platform_version": 4, "fleet": 5, "state": 6, "uid": 7,
		"reconciling": 8, "create_time": 9, "update_time": 10, "etag": 11, "kubernetes_version": 12, "annotations": 13,
		"workload_identity_config": 14, "logging_config": 15, "distribution": 16, "errors": 20, "authorization": 21,
		"cluster_region": 22, "monitoring_config": 23, "proxy_config": 24, "binary_authorization": 25,
		"security_posture_config": 26, "tags": 27, "system_components_config": 28,
	},
	"AttachedOidcConfig": {"issuer_url": 1, "jwks": 2},
	"Fleet":              {"project": 1, "membership": 2},
}

// Messages whose fields are all named above.
var whole = []string{"GenerateAttachedClusterAgentTokenRequest", "AttachedCluster", "AttachedOidcConfig", "Fleet"}

func TestRoutesArePresent(t *testing.T) {
	contents, err := os.ReadFile("../../../emulator/src/google/clusters/tables/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(contents)), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "#") })
	for _, line := range want {
		if !strings.HasPrefix(line, "google.") {
			line = "google.cloud.gkemulticloud.v1." + line
		}
		if !slices.Contains(lines, line) {
			t.Errorf("no line %q", line)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d bindings, not %d", len(lines), len(want))
	}
}

func TestOnlyWhatIsServedIsDescribed(t *testing.T) {
	var found []string
	for _, file := range read(t).File {
		for _, service := range file.Service {
			found = append(found, file.GetPackage()+"."+service.GetName())
		}
	}
	slices.Sort(found)
	served := []string{
		"google.cloud.gkemulticloud.v1.AttachedClusters", "google.longrunning.Operations", "grpc.health.v1.Health",
		"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
	}
	if !slices.Equal(found, served) {
		t.Errorf("%q, not %q", found, served)
	}
}

func TestDescriptorsAreSelfContained(t *testing.T) {
	files, err := protodesc.NewFiles(read(t))
	if err != nil {
		t.Fatal(err)
	}
	for message, fields := range numbers {
		found, err := files.FindDescriptorByName(protoreflect.FullName("google.cloud.gkemulticloud.v1." + message))
		if err != nil {
			t.Fatal(err)
		}
		all := found.(protoreflect.MessageDescriptor).Fields()
		if slices.Contains(whole, message) && all.Len() != len(fields) {
			t.Errorf("%s has %d fields, not %d", message, all.Len(), len(fields))
		}
		for name, number := range fields {
			if field := all.ByName(protoreflect.Name(name)); field == nil || field.Number() != number {
				t.Errorf("%s.%s is not %d: %v", message, name, number, field)
			}
		}
	}
}

func TestDependenciesComeFirst(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range read(t).File {
		for _, dependency := range file.Dependency {
			if !seen[dependency] {
				t.Errorf("%s comes before %s", file.GetName(), dependency)
			}
		}
		if file.SourceCodeInfo != nil {
			t.Errorf("%s has source info", file.GetName())
		}
		seen[file.GetName()] = true
	}
}

func read(t *testing.T) *descriptorpb.FileDescriptorSet {
	contents, err := os.ReadFile("../../../emulator/src/google/clusters/tables/descriptors.binpb")
	if err != nil {
		t.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(contents, set); err != nil {
		t.Fatal(err)
	}
	return set
}
