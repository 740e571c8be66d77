// Writes what the Go types of the Kubernetes API know of themselves, by reflection:
//
//	schema.txt   every struct that the emulator reads or writes, field by field: JSON, protobuf, merging
//	kinds.txt    every group, version and kind in kube-apiserver's scheme, with its Go type
//	samples.txt  the structs below the named roots, empty and filled, as JSON and as protobuf, for tests of a codec
//
// Run it in this folder: go run . [DIRECTORY] (default: this one). ./update VERSION moves go.mod to another release.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
)

func main() {
	log.SetFlags(0)
	directory := "."
	if len(os.Args) > 1 {
		directory = os.Args[1]
	}
	write(directory, "schema.txt", schemaText(collect(allRoots())))
	write(directory, "kinds.txt", kindsText())
	write(directory, "samples.txt", samplesText(collect(roots)))
}

func write(directory, name, contents string) {
	if err := os.WriteFile(filepath.Join(directory, name), []byte(contents), 0o644); err != nil {
		log.Fatal(err)
	}
}

// release is the version of Kubernetes in go.mod.
func release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		log.Fatal("built without module information")
	}
	for _, dependency := range info.Deps {
		if dependency.Path == "k8s.io/kubernetes" {
			return fmt.Sprintf("%s %s", dependency.Path, dependency.Version)
		}
	}
	log.Fatal("k8s.io/kubernetes is not linked in")
	return ""
}
