// Writes what an API's own Go packages know of the services that services.go lists:
//
//	NAME.descriptors.binpb  a google.protobuf.FileDescriptorSet, dependencies before dependents, without source info
//	NAME.routes.txt         one line per HTTP binding
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

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

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

func main() {
	log.SetFlags(0)
	directory := "."
	if len(os.Args) > 1 {
		directory = os.Args[1]
	}
	for _, a := range apis {
		set, err := proto.MarshalOptions{Deterministic: true}.Marshal(a.descriptorSet())
		if err != nil {
			log.Fatal(err)
		}
		write(filepath.Join(directory, a.name+".descriptors.binpb"), set)
		write(filepath.Join(directory, a.name+".routes.txt"), []byte(a.routes()))
	}
}

func write(path string, contents []byte) {
	if err := os.WriteFile(path, contents, 0o644); err != nil {
		log.Fatal(err)
	}
}

// descriptorSet lists every file after those that it imports.
func (a api) descriptorSet() *descriptorpb.FileDescriptorSet {
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
		set.File = append(set.File, a.description(file))
	}
	for _, service := range a.services {
		visit(service.file)
	}
	for _, file := range a.messages {
		visit(file)
	}
	return set
}

// description is a file without source info and without the services that are not served.
func (a api) description(file protoreflect.FileDescriptor) *descriptorpb.FileDescriptorProto {
	description := protodesc.ToFileDescriptorProto(file)
	description.SourceCodeInfo = nil
	description.Service = slices.DeleteFunc(description.Service, func(found *descriptorpb.ServiceDescriptorProto) bool {
		return !slices.ContainsFunc(a.services, func(s service) bool {
			return s.file.Path() == file.Path() && string(s.name) == found.GetName()
		})
	})
	return description
}

func (a api) routes() string {
	var out strings.Builder
	fmt.Fprintf(&out, "# HTTP bindings of the %s, version 1 of this format.\n", a.title)
	fmt.Fprintln(&out, "# Columns, separated by one space: gRPC method, HTTP method, path template,")
	fmt.Fprintln(&out, "# body (`*`: the whole message; a field's name; `-`: no body).")
	fmt.Fprintln(&out, "# Order: service, then declaration. google.longrunning.Operations: as the service configuration has it.")
	for _, line := range versions() {
		fmt.Fprintln(&out, "# from", line)
	}
	for _, service := range a.services {
		for _, b := range service.http() {
			fmt.Fprintln(&out, b.method, b.verb, b.path, b.body)
		}
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

// http gives the service's bindings, in the order in which its methods are declared.
func (s service) http() []binding {
	descriptor := s.file.Services().ByName(s.name)
	if descriptor == nil {
		log.Fatalf("%s has no service %s", s.file.Path(), s.name)
	}
	if s.bindings != nil {
		return s.bindings
	}
	var all []binding
	for i := range descriptor.Methods().Len() {
		all = append(all, ofMethod(descriptor.Methods().Get(i))...)
	}
	return all
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
