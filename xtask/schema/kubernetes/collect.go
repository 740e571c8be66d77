package main

import (
	"encoding/json"
	"log"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Types with a form of their own in JSON or protobuf.
var special = map[reflect.Type]string{
	reflect.TypeFor[metav1.Time]():          "time",
	reflect.TypeFor[metav1.MicroTime]():     "microtime",
	reflect.TypeFor[metav1.Duration]():      "duration",
	reflect.TypeFor[metav1.FieldsV1]():      "fieldsv1",
	reflect.TypeFor[resource.Quantity]():    "quantity",
	reflect.TypeFor[intstr.IntOrString]():   "intorstring",
	reflect.TypeFor[runtime.RawExtension](): "rawextension",
	reflect.TypeFor[[]byte]():               "bytes",
}

var (
	marshaler = reflect.TypeFor[interface{ Marshal() ([]byte, error) }]()
	jsonValue = reflect.TypeFor[json.Marshaler]()
	unknown   = reflect.TypeFor[runtime.Unknown]()
)

// A member is a field as JSON sees it, or an embedded struct whose fields follow it (inline).
type member struct {
	field  reflect.StructField
	within []string
	inline bool
	json   string
	omit   string
	number string
	wire   string
}

// collect finds every struct that the roots reach, in order of identifier.
func collect(roots []root) []reflect.Type {
	seen := map[string]reflect.Type{}
	var visit func(reflect.Type)
	visit = func(t reflect.Type) {
		if _, ok := special[t]; ok {
			return
		}
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(t.Elem())
		case reflect.Struct:
			if _, ok := seen[id(t)]; ok {
				return
			}
			if t != unknown && reflect.PointerTo(t).Implements(jsonValue) {
				log.Fatalf("%s has a JSON form of its own", id(t))
			}
			seen[id(t)] = t
			for _, m := range members(t) {
				visit(m.field.Type)
			}
		}
	}
	for _, r := range roots {
		visit(r.typ())
	}
	var all []reflect.Type
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		all = append(all, seen[key])
	}
	return all
}

func id(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

// members lists the fields of a struct in the order of their declaration, those of embedded structs in place.
func members(t reflect.Type) []member {
	all := flatten(t, nil)
	names := map[string]bool{}
	for _, m := range all {
		if m.inline || m.json == "" {
			continue
		}
		if names[m.json] {
			log.Fatalf("%s has two members %q", id(t), m.json)
		}
		names[m.json] = true
	}
	return all
}

func flatten(t reflect.Type, within []string) []member {
	var all []member
	for field := range t.Fields() {
		tag := strings.Split(field.Tag.Get("json"), ",")
		m := member{field: field, within: within, json: tag[0]}
		m.number, m.wire = protobufTag(field)
		if !field.IsExported() || tag[0] == "-" && m.number == "" {
			continue
		}
		if embedded(field) {
			if field.Type.Kind() != reflect.Struct {
				log.Fatalf("%s embeds %s", id(t), field.Type)
			}
			m.inline = true
			all = append(all, m)
			all = append(all, flatten(field.Type, append(slices.Clone(within), field.Name))...)
			continue
		}
		switch m.json {
		case "-":
			m.json = ""
		case "":
			m.json = field.Name
		}
		m.omit = omission(tag[1:])
		all = append(all, m)
	}
	return all
}

// embedded is whether JSON sees the fields of a field in its place.
func embedded(field reflect.StructField) bool {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return field.Anonymous && name == ""
}

func omission(options []string) string {
	var omit []string
	for _, option := range options {
		switch option {
		case "omitempty", "omitzero":
			omit = append(omit, option)
		case "inline", "":
		default:
			log.Fatalf("unknown option %q in a json tag", option)
		}
	}
	return strings.Join(omit, ",")
}

func protobufTag(field reflect.StructField) (number, wire string) {
	tag, ok := field.Tag.Lookup("protobuf")
	if !ok || tag == "-" {
		return "", ""
	}
	parts := strings.Split(tag, ",")
	return parts[1], parts[0]
}

// kind names the form of a value.
func kind(t reflect.Type) string {
	if name, ok := special[t]; ok {
		return name
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kind(t.Elem())
	case reflect.Struct:
		return id(t)
	case reflect.Interface:
		return "any"
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			log.Fatalf("%s has keys that are no strings", t)
		}
		return "map:" + element(t)
	case reflect.Slice:
		if t.Implements(marshaler) {
			return "items:" + element(t)
		}
		return "list:" + element(t)
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return t.Kind().String()
	}
	log.Fatalf("%s is of no known kind", t)
	return ""
}

func element(t reflect.Type) string {
	if t.Elem().Kind() == reflect.Pointer {
		log.Fatalf("%s holds pointers", t)
	}
	return kind(t.Elem())
}

// goType is the type as reflect prints it, followed, when a list or map has a name, by what that name stands for.
func goType(t reflect.Type) string {
	name := t.String()
	if t.Name() != "" {
		switch t.Kind() {
		case reflect.Slice:
			name += "=[]" + t.Elem().String()
		case reflect.Map:
			name += "=map[" + t.Key().String() + "]" + t.Elem().String()
		}
	}
	return strings.ReplaceAll(name, " ", "_")
}
