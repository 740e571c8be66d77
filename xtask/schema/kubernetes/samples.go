package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// JSON of the special kinds when filled.
var literals = map[string]string{
	"time":         `"2026-01-02T03:04:05Z"`,
	"microtime":    `"2026-01-02T03:04:05.000006Z"`,
	"duration":     `"1m30s"`,
	"quantity":     `"1500m"`,
	"intorstring":  `"80%"`,
	"fieldsv1":     `{"f:spec":{}}`,
	"rawextension": `{"a":1}`,
	"bytes":        `"AP8="`,
	"any":          `"cell"`,
}

const samplesHeader = `# Samples of the structs in schema.txt, version 1 of this format, from %s.
# Columns, separated by one space: ID; "empty", "filled" (structs below it are empty) or "deep" (all below is filled;
# only of roots that are no lists); protobuf as hexadecimal digits ("-": it has no such form; "=": no bytes);
# JSON (the rest of the line).
`

func samplesText(structs []reflect.Type) string {
	var out strings.Builder
	fmt.Fprintf(&out, samplesHeader, release())
	for _, t := range structs {
		if t == unknown {
			continue
		}
		sample(&out, t, "empty", reflect.New(t))
		sample(&out, t, "filled", filled(t, 1))
	}
	for _, r := range roots {
		if t := r.typ(); t != unknown && !strings.HasSuffix(t.Name(), "List") {
			sample(&out, t, "deep", filled(t, deep))
		}
	}
	return out.String()
}

func sample(out *strings.Builder, t reflect.Type, name string, pointer reflect.Value) {
	digits := "-"
	if pointer.Type().Implements(marshaler) {
		data := protobuf(pointer)
		if order := numbers(data); !slices.IsSortedFunc(order, byNumber) {
			log.Fatalf("%s is written out of order: %v", id(t), order)
		}
		if digits = hex.EncodeToString(data); digits == "" {
			digits = "="
		}
	}
	fmt.Fprintln(out, id(t), name, digits, asJSON(pointer.Interface()))
}

func byNumber(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

// deep is more than any struct is nested.
const deep = 100

func filled(t reflect.Type, depth int) reflect.Value {
	pointer := reflect.New(t)
	fill(pointer.Elem(), "", depth)
	return pointer
}

// fill sets a value and, to a depth of so many structs, what is in it.
func fill(value reflect.Value, text string, depth int) {
	t := value.Type()
	if literal, ok := literals[special[t]]; ok {
		if err := json.Unmarshal([]byte(literal), value.Addr().Interface()); err != nil {
			log.Fatal(err)
		}
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		value.Set(reflect.New(t.Elem()))
		fill(value.Elem(), text, depth)
	case reflect.Slice:
		value.Set(reflect.MakeSlice(t, 2, 2))
		fill(value.Index(0), text, depth)
		fill(value.Index(1), text+"2", min(depth, 1))
	case reflect.Map:
		value.Set(reflect.MakeMap(t))
		for _, key := range []string{"b", "a"} {
			element := reflect.New(t.Elem()).Elem()
			fill(element, text+key, depth)
			value.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), element)
		}
	case reflect.String:
		value.SetString(text)
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int32, reflect.Int64:
		value.SetInt(300)
	case reflect.Float64:
		value.SetFloat(1.5)
	case reflect.Interface:
		value.Set(reflect.ValueOf("cell"))
	case reflect.Struct:
		fillStruct(value, depth)
	default:
		log.Fatalf("cannot fill %s", t)
	}
}

func fillStruct(value reflect.Value, depth int) {
	for i := range value.NumField() {
		field := value.Type().Field(i)
		switch {
		case !field.IsExported() || depth == 0:
		case embedded(field):
			fill(value.Field(i), "", depth)
		default:
			fill(value.Field(i), strings.ToLower(field.Name), depth-1)
		}
	}
}
