// Writes what a kube-apiserver says of its API in OpenAPI:
//
//	openapi.bin  every document of /openapi/v2 and /openapi/v3, in JSON and in protobuf, as one table of shared parts
//
// Run it while a server runs that KUBE_URL and KUBE_TOKEN name: go run . [DIRECTORY] (default: this one).
//
// The file is a raw DEFLATE stream. Numbers in it are varints, as in protobuf.
//
//	texts      their number, then each: length, bytes
//	nodes      their number, then each: what it is in the lowest two bits, above them how many members it has, then the
//	           members
//	documents  their number, then each: texts of its name and of its entity tag, node of its JSON, node of its protobuf,
//	           length of its protobuf
//
// A node is one of
//
//	0  bare     a text, written as it stands: a number, true, false or null (one member: the text)
//	1  list     values
//	2  object   pairs of a text and a value
//	3  message  pairs of a tag and a value, as protobuf has them; the value is a number where the tag says varint, and a
//	            text of eight bytes where it says fixed64
//
// A value is a text (its index twice) or a node (twice how far back it stands, plus one), so that equal parts of all
// documents are written once, and always before what they are part of.
package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha512"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	openapiv2 "github.com/google/gnostic-models/openapiv2"
	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func main() {
	log.SetFlags(0)
	directory := "."
	if len(os.Args) > 1 {
		directory = os.Args[1]
	}
	var t table
	record(&t, "v2", "/openapi/v2", "v2", (&openapiv2.Document{}).ProtoReflect().Descriptor())
	for _, name := range groupVersions() {
		record(&t, "v3/"+name, "/openapi/v3/"+name, "v3", (&openapiv3.Document{}).ProtoReflect().Descriptor())
	}
	if err := os.WriteFile(filepath.Join(directory, "openapi.bin"), deflate(t.bytes()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// record adds one document in both of its forms.
func record(t *table, name, path, version string, message protoreflect.MessageDescriptor) {
	document := fetch(path, "application/json")
	protobuf := fetch(path, fmt.Sprintf("application/com.github.proto-openapi.spec.%s@v1.0+protobuf", version))
	tag := fmt.Sprintf("%X", sha512.Sum512(document))
	t.document(name, tag, t.json(document), t.message(protobuf, message), len(protobuf))
}

// groupVersions are the documents that the index of /openapi/v3 names.
func groupVersions() []string {
	var index struct {
		Paths map[string]any
	}
	if err := json.Unmarshal(fetch("/openapi/v3", "application/json"), &index); err != nil {
		log.Fatal(err)
	}
	var names []string
	for name := range index.Paths {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var client = http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func fetch(path, accept string) []byte {
	request, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(os.Getenv("KUBE_URL"), "/")+path, nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("KUBE_TOKEN"))
	request.Header.Set("Accept", accept)
	response, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s %v", path, response.Status, err)
	}
	return body
}

func deflate(data []byte) []byte {
	var out bytes.Buffer
	writer, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := writer.Write(data); err != nil {
		log.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		log.Fatal(err)
	}
	return out.Bytes()
}
