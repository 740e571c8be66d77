// Writes what the GKE Multi-Cloud API's own Go package knows of the API:
//
//	descriptors.binpb  a google.protobuf.FileDescriptorSet, dependencies before dependents, without source info
//	routes.txt         one line per HTTP binding
//
// Run it in this folder: go run . [DIRECTORY] (default: this one). The versions in go.mod decide the contents.
package main

import (
	"cmp"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"cloud.google.com/go/gkemulticloud/apiv1/gkemulticloudpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The roots; what they import follows by itself.
var roots = []protoreflect.FileDescriptor{
	gkemulticloudpb.File_google_cloud_gkemulticloud_v1_attached_service_proto,
	gkemulticloudpb.File_google_cloud_gkemulticloud_v1_aws_service_proto,
	gkemulticloudpb.File_google_cloud_gkemulticloud_v1_azure_service_proto,
	longrunningpb.File_google_longrunning_operations_proto,
	annotations.File_google_api_annotations_proto,
	annotations.File_google_api_client_proto,
	annotations.File_google_api_field_behavior_proto,
	annotations.File_google_api_resource_proto,
	code.File_google_rpc_code_proto,
	errdetails.File_google_rpc_error_details_proto,
	status.File_google_rpc_status_proto,
	date.File_google_type_date_proto,
	grpc_health_v1.File_grpc_health_v1_health_proto,
	grpc_reflection_v1.File_grpc_reflection_v1_reflection_proto,
	grpc_reflection_v1alpha.File_grpc_reflection_v1alpha_reflection_proto,
	anypb.File_google_protobuf_any_proto,
	descriptorpb.File_google_protobuf_descriptor_proto,
	durationpb.File_google_protobuf_duration_proto,
	emptypb.File_google_protobuf_empty_proto,
	fieldmaskpb.File_google_protobuf_field_mask_proto,
	structpb.File_google_protobuf_struct_proto,
	timestamppb.File_google_protobuf_timestamp_proto,
	wrapperspb.File_google_protobuf_wrappers_proto,
}

// The packages whose versions decide the output.
var modules = []string{
	"cloud.google.com/go/gkemulticloud",
	"cloud.google.com/go/longrunning",
	"google.golang.org/genproto",
	"google.golang.org/genproto/googleapis/api",
	"google.golang.org/genproto/googleapis/rpc",
	"google.golang.org/grpc",
	"google.golang.org/protobuf",
}

// A binding is one line of routes.txt.
type binding struct{ method, verb, path, body string }

// The HTTP rules of google.longrunning.Operations in this API: its service configuration (gkemulticloud_v1.yaml)
// replaces those in the descriptor, which are for an API without locations. WaitOperation has none.
var operations = []binding{
	{"google.longrunning.Operations.ListOperations", "GET", "/v1/{name=projects/*/locations/*}/operations", "-"},
	{"google.longrunning.Operations.GetOperation", "GET", "/v1/{name=projects/*/locations/*/operations/*}", "-"},
	{"google.longrunning.Operations.DeleteOperation", "DELETE", "/v1/{name=projects/*/locations/*/operations/*}", "-"},
	{"google.longrunning.Operations.CancelOperation", "POST", "/v1/{name=projects/*/locations/*/operations/*}:cancel", "*"},
}

func main() {
	log.SetFlags(0)
	directory := "."
	if len(os.Args) > 1 {
		directory = os.Args[1]
	}
	set, err := proto.MarshalOptions{Deterministic: true}.Marshal(descriptorSet())
	if err != nil {
		log.Fatal(err)
	}
	write(filepath.Join(directory, "descriptors.binpb"), set)
	write(filepath.Join(directory, "routes.txt"), []byte(routes()))
}

func write(path string, contents []byte) {
	if err := os.WriteFile(path, contents, 0o644); err != nil {
		log.Fatal(err)
	}
}

// descriptorSet lists every file after those that it imports.
func descriptorSet() *descriptorpb.FileDescriptorSet {
	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	var visit func(protoreflect.FileDescriptor)
	visit = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		if file.IsPlaceholder() {
			log.Fatalf("%s is imported, but not linked in", file.Path())
		}
		imports := file.Imports()
		for i := range imports.Len() {
			visit(imports.Get(i).FileDescriptor)
		}
		description := protodesc.ToFileDescriptorProto(file)
		description.SourceCodeInfo = nil
		set.File = append(set.File, description)
	}
	for _, root := range roots {
		visit(root)
	}
	return set
}

func routes() string {
	var out strings.Builder
	fmt.Fprintln(&out, "# HTTP bindings of the GKE Multi-Cloud API, version 1 of this format.")
	fmt.Fprintln(&out, "# Columns, separated by one space: gRPC method, HTTP method, path template,")
	fmt.Fprintln(&out, "# body (`*`: the whole message; a field's name; `-`: no body).")
	fmt.Fprintln(&out, "# Order: service, then declaration. google.longrunning.Operations: as the service configuration has it.")
	for _, line := range versions() {
		fmt.Fprintln(&out, "# from", line)
	}
	for _, b := range bindings() {
		fmt.Fprintln(&out, b.method, b.verb, b.path, b.body)
	}
	return out.String()
}

func versions() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		log.Fatal("built without module information")
	}
	var lines []string
	for _, dependency := range info.Deps {
		if slices.Contains(modules, dependency.Path) {
			lines = append(lines, dependency.Path+" "+dependency.Version)
		}
	}
	return lines
}

func bindings() []binding {
	var services []protoreflect.ServiceDescriptor
	for _, root := range roots[:3] {
		for i := range root.Services().Len() {
			services = append(services, root.Services().Get(i))
		}
	}
	slices.SortFunc(services, func(a, b protoreflect.ServiceDescriptor) int { return cmp.Compare(a.FullName(), b.FullName()) })
	var all []binding
	for _, service := range services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			all = append(all, ofMethod(method)...)
		}
	}
	return append(all, operations...)
}

func ofMethod(method protoreflect.MethodDescriptor) []binding {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil
	}
	var all []binding
	for _, r := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		if r.GetResponseBody() != "" {
			log.Fatalf("%s: response_body has no column", method.FullName())
		}
		verb, path := verbAndPath(r)
		all = append(all, binding{string(method.FullName()), verb, path, cmp.Or(r.GetBody(), "-")})
	}
	return all
}

func verbAndPath(rule *annotations.HttpRule) (verb, path string) {
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", pattern.Get
	case *annotations.HttpRule_Put:
		return "PUT", pattern.Put
	case *annotations.HttpRule_Post:
		return "POST", pattern.Post
	case *annotations.HttpRule_Delete:
		return "DELETE", pattern.Delete
	case *annotations.HttpRule_Patch:
		return "PATCH", pattern.Patch
	case *annotations.HttpRule_Custom:
		return pattern.Custom.GetKind(), pattern.Custom.GetPath()
	}
	log.Fatal("a rule without a pattern")
	return "", ""
}
