package main

import (
	"log"
	"reflect"
	"strings"

	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/util"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/generated/openapi"
	"sigs.k8s.io/structured-merge-diff/v6/schema"
)

// What OpenAPI adds to the Go types, and how field management reads it.
type models struct {
	specs map[string]*spec.Schema
	merge *schema.Schema
}

type extras struct {
	listType, mapType, merge, defaults string
	mapKeys                            []string
}

const references = "#/components/schemas/"

func loadModels() *models {
	all := &models{specs: map[string]*spec.Schema{}}
	for name, definition := range openapi.GetOpenAPIDefinitions(func(path string) spec.Ref {
		return spec.MustCreateRef(references + modelName(path))
	}) {
		all.specs[modelName(name)] = &definition.Schema
	}
	var err error
	if all.merge, err = schemaconv.ToSchemaFromOpenAPI(all.specs, false); err != nil {
		log.Fatal(err)
	}
	return all
}

// modelName accepts a name that already is one.
func modelName(path string) string {
	if strings.Contains(path, "/") {
		return util.ToRESTFriendlyName(path)
	}
	return path
}

func nameOf(t reflect.Type) string {
	if named, ok := reflect.New(t).Interface().(util.OpenAPIModelNamer); ok {
		return named.OpenAPIModelName()
	}
	return modelName(id(t))
}

func (m *models) ofStruct(t reflect.Type) string {
	name := nameOf(t)
	if m.specs[name] == nil {
		return "-"
	}
	return m.resolve(schema.TypeRef{NamedType: &name})
}

func (m *models) ofField(t reflect.Type, field string) extras {
	name := nameOf(t)
	model := m.specs[name]
	if model == nil || field == "" {
		return extras{}
	}
	property, ok := model.Properties[field]
	if !ok {
		log.Fatalf("%s lacks %s", name, field)
	}
	noExtensionsBelow(name+"."+field, property)
	x := extras{}
	x.listType, _ = property.Extensions.GetString("x-kubernetes-list-type")
	x.mapType, _ = property.Extensions.GetString("x-kubernetes-map-type")
	x.mapKeys, _ = property.Extensions.GetStringSlice("x-kubernetes-list-map-keys")
	if property.Default != nil {
		x.defaults = asJSON(property.Default)
	}
	atom, _ := m.merge.Resolve(schema.TypeRef{NamedType: &name})
	member, ok := atom.Map.FindField(field)
	if !ok {
		log.Fatalf("%s lacks %s for merging", name, field)
	}
	x.merge = m.resolve(member.Type)
	return x
}

// noExtensionsBelow: the format has no column for what stands on an element of a list or map.
func noExtensionsBelow(path string, property spec.Schema) {
	var below []*spec.Schema
	if property.Items != nil {
		below = append(below, property.Items.Schema)
	}
	if property.AdditionalProperties != nil {
		below = append(below, property.AdditionalProperties.Schema)
	}
	for _, element := range below {
		for name, value := range element.Extensions {
			if value != "atomic" {
				log.Fatalf("%s: an element has %s: %v", path, name, value)
			}
		}
	}
}

func (m *models) resolve(reference schema.TypeRef) string {
	atom, ok := m.merge.Resolve(reference)
	switch {
	case !ok:
		log.Fatalf("unresolved %v", reference)
	case atom.Scalar != nil && (atom.List != nil || atom.Map != nil):
		return "untyped"
	case atom.Scalar != nil:
		return "leaf"
	case atom.List != nil && atom.List.ElementRelationship == schema.Atomic, atom.Map != nil && atom.Map.ElementRelationship == schema.Atomic:
		return "atomic"
	case atom.List != nil && len(atom.List.Keys) > 0:
		return "map=" + strings.Join(atom.List.Keys, ",")
	case atom.List != nil:
		return "set"
	}
	return "granular"
}
