package main

import (
	"cloud.google.com/go/gkemulticloud/apiv1/gkemulticloudpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The APIs that get tables.
var apis = []api{multiCloud}

// An api is what its tables are written from.
type api struct {
	// name is that of its folder in the emulator, and of its files here.
	name string
	// title names it in the tables.
	title string
	// services are the ones that are served, in the order of their bindings.
	services []service
	// messages are files of messages that no method names, since they stand within a google.protobuf.Any.
	messages []protoreflect.FileDescriptor
}

// A service is one whose methods get into the tables. Other services of its file do not.
type service struct {
	file protoreflect.FileDescriptor
	name protoreflect.Name
	// bindings replace the HTTP rules in the descriptor; nil keeps those.
	bindings []binding
}

// multiCloud is what the emulator serves of the GKE Multi-Cloud API: Google ends its other services on 17 March 2027.
var multiCloud = api{
	name:  "clusters",
	title: "GKE Multi-Cloud API",
	services: []service{
		{file: gkemulticloudpb.File_google_cloud_gkemulticloud_v1_attached_service_proto, name: "AttachedClusters"},
		{file: longrunningpb.File_google_longrunning_operations_proto, name: "Operations", bindings: operations},
		{file: grpc_health_v1.File_grpc_health_v1_health_proto, name: "Health"},
		{file: grpc_reflection_v1.File_grpc_reflection_v1_reflection_proto, name: "ServerReflection"},
		{file: grpc_reflection_v1alpha.File_grpc_reflection_v1alpha_reflection_proto, name: "ServerReflection"},
	},
	messages: []protoreflect.FileDescriptor{
		errdetails.File_google_rpc_error_details_proto,
		status.File_google_rpc_status_proto,
	},
}

// The HTTP rules of google.longrunning.Operations in this API: its service configuration (gkemulticloud_v1.yaml)
// replaces those in the descriptor, which are for an API without locations. WaitOperation has none.
var operations = []binding{
	{"google.longrunning.Operations.ListOperations", "GET", "/v1/{name=projects/*/locations/*}/operations", "-"},
	{"google.longrunning.Operations.GetOperation", "GET", "/v1/{name=projects/*/locations/*/operations/*}", "-"},
	{"google.longrunning.Operations.DeleteOperation", "DELETE", "/v1/{name=projects/*/locations/*/operations/*}", "-"},
	{"google.longrunning.Operations.CancelOperation", "POST", "/v1/{name=projects/*/locations/*/operations/*}:cancel", "*"},
}
