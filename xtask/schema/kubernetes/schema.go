package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log"
	"reflect"
	"strings"
)

const schemaHeader = `# Structs of the Kubernetes API, version 1 of this format, from %s.
# One space between columns; "-" is an empty column.
#
# root APIVERSION ID           a type to start from
# struct ID GOTYPE MERGE       opens a block; GOTYPE as reflect prints it, its last part is what JSON errors name
# inline GONAME NUMBER WIRE PRESENCE ID
#                              an embedded struct: nothing in JSON, in protobuf a message of its own, or nothing at all
#                              when NUMBER is "-" (what TypeMeta holds stands in the envelope); its fields follow
# field GONAME JSON OMIT NUMBER WIRE PRESENCE POINTER KIND GOTYPE WITHIN STRATEGY MERGEKEY LISTTYPE MAPKEYS MAPTYPE MERGE DEFAULT
#
# Lines of a block stand in the order of declaration, which is the order of members in JSON.
#   JSON      "-": not in JSON
#   OMIT      omitempty, omitzero or both (comma); omitempty does nothing for a struct or time, omitzero drops it
#   NUMBER    in protobuf, within the innermost struct of WITHIN; "-": not in protobuf
#   WIRE      as the tag has it: bytes, varint, fixed64
#   PRESENCE  in protobuf: "always" even when empty; "set" when it is not nil (pointers, bytes) or has elements
#   POINTER   "*" or "-"
#   KIND      string bool int32 int64 float64 bytes any; time microtime duration quantity intorstring fieldsv1
#             rawextension; an ID (the only kinds with "/"); list:KIND; map:KIND (keys are strings);
#             items:KIND: a list in JSON, in protobuf a message whose field 1 repeats
#   GOTYPE    as reflect prints it, a space as "_"; for a named list or map followed by "=" and what it stands for
#   WITHIN    Go names of the embedded structs that hold the field, outermost first, with dots: JSON errors name them
#   STRATEGY MERGEKEY           for strategic merge patch, from the struct tags
#   LISTTYPE MAPKEYS MAPTYPE    x-kubernetes-list-type, -list-map-keys (comma), -map-type of the field
#   MERGE     for field management, of a struct or of a field after all rules: leaf, atomic, granular, set,
#             map=KEY,KEY or untyped (a scalar is a leaf, all else atomic); elements of a list or map: see their struct
#   DEFAULT   of OpenAPI, as JSON; the rest of the line
#
# Protobuf: fields are written in ascending order of number, repeated scalars unpacked; a map is a repeated message
# (1: key, 2: value, both always written), sorted by the bytes of the key. A body is "k8s", a zero byte and a
# runtime.Unknown, of which kube-apiserver fills apiVersion, kind and raw. Kinds with a message of their own:
#   time microtime   1 varint seconds, 2 varint nanoseconds, both always written; no bytes at all when zero; time
#                    writes and reads nanoseconds as 0, microtime cuts them to microseconds
#   duration         1 varint nanoseconds, always
#   quantity         1 string, always
#   intorstring      1 varint type (0: int, 1: string), 2 varint int, 3 string; all always
#   fieldsv1 rawextension       1 bytes, when not nil
`

func schemaText(structs []reflect.Type) string {
	var out strings.Builder
	fmt.Fprintf(&out, schemaHeader, release())
	fmt.Fprintln(&out)
	for _, r := range allRoots() {
		fmt.Fprintln(&out, "root", cmp.Or(r.apiVersion, "-"), id(r.typ()))
	}
	models := loadModels()
	for _, t := range structs {
		fmt.Fprintln(&out)
		structText(&out, models, t)
	}
	return out.String()
}

func structText(out *strings.Builder, models *models, t reflect.Type) {
	fmt.Fprintln(out, "struct", id(t), t, models.ofStruct(t))
	for _, m := range members(t) {
		presence := presenceOf(owner(t, m.within), m)
		if m.inline {
			columns(out, "inline", m.field.Name, m.number, m.wire, presence, id(m.field.Type))
			continue
		}
		pointer := ""
		if m.field.Type.Kind() == reflect.Pointer {
			pointer = "*"
		}
		x := models.ofField(t, m.json)
		columns(out, "field", m.field.Name, m.json, m.omit, m.number, m.wire, presence, pointer,
			kind(m.field.Type), goType(m.field.Type), strings.Join(m.within, "."),
			m.field.Tag.Get("patchStrategy"), m.field.Tag.Get("patchMergeKey"),
			x.listType, strings.Join(x.mapKeys, ","), x.mapType, x.merge, x.defaults)
	}
}

func columns(out *strings.Builder, values ...string) {
	for i, value := range values {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(cmp.Or(value, "-"))
	}
	out.WriteByte('\n')
}

// owner is the struct that declares a field.
func owner(t reflect.Type, within []string) reflect.Type {
	for _, name := range within {
		field, _ := t.FieldByName(name)
		t = field.Type
	}
	return t
}

// presenceOf asks the empty struct: what it writes is always written.
func presenceOf(t reflect.Type, m member) string {
	if m.number == "" {
		return ""
	}
	for _, number := range numbers(protobuf(reflect.New(t))) {
		if number == m.number {
			return "always"
		}
	}
	return "set"
}

func protobuf(pointer reflect.Value) []byte {
	message, ok := pointer.Interface().(interface{ Marshal() ([]byte, error) })
	if !ok {
		log.Fatalf("%s has no protobuf form", pointer.Type())
	}
	data, err := message.Marshal()
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func asJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		log.Fatal(err)
	}
	return string(data)
}
