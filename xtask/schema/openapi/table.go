package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"log"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	bare = iota
	list
	object
	message
)

// A table holds every part of the documents once.
type table struct {
	texts, nodes, documents interned
}

// interned are different strings of bytes, in the order in which they came.
type interned struct {
	known map[string]int
	order [][]byte
}

func (i *interned) index(part []byte) int {
	if i.known == nil {
		i.known = map[string]int{}
	}
	index, ok := i.known[string(part)]
	if !ok {
		index = len(i.order)
		i.known[string(part)] = index
		i.order = append(i.order, part)
	}
	return index
}

// A value is a text or a node.
type value struct {
	node  bool
	index int
}

func (t *table) text(text []byte) value {
	return value{index: t.texts.index(text)}
}

// node adds a node; members are numbers (int) and values.
func (t *table) node(kind, count int, members []any) value {
	// Equal nodes have equal keys only when these do not depend on where the node is.
	key := number(nil, count<<2|kind)
	for _, member := range members {
		switch member := member.(type) {
		case int:
			key = number(key, member)
		case value:
			key = number(number(key, member.index), btoi(member.node))
		}
	}
	if index, ok := t.nodes.known[string(key)]; ok {
		return value{true, index}
	}
	index := t.nodes.index(key)
	written := number(nil, count<<2|kind)
	for _, member := range members {
		switch member := member.(type) {
		case int:
			written = number(written, member)
		case value:
			if member.node {
				written = number(written, (index-member.index)<<1|1)
			} else {
				written = number(written, member.index<<1)
			}
		}
	}
	t.nodes.order[index] = written
	return value{true, index}
}

func (t *table) document(name, tag string, json, protobuf value, length int) {
	var entry []byte
	for _, column := range []int{t.text([]byte(name)).index, t.text([]byte(tag)).index, json.index, protobuf.index, length} {
		entry = number(entry, column)
	}
	t.documents.index(entry)
}

func (t *table) bytes() []byte {
	out := number(nil, len(t.texts.order))
	for _, text := range t.texts.order {
		out = append(number(out, len(text)), text...)
	}
	for _, part := range []interned{t.nodes, t.documents} {
		out = number(out, len(part.order))
		for _, entry := range part.order {
			out = append(out, entry...)
		}
	}
	return out
}

// json adds a document; only how characters are escaped is not kept.
func (t *table) json(data []byte) value {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return t.next(decoder)
}

func (t *table) next(decoder *json.Decoder) value {
	switch token := read(decoder).(type) {
	case string:
		return t.text([]byte(token))
	case json.Delim:
		kind, count := list, 0
		if token == '{' {
			kind = object
		}
		var members []any
		for decoder.More() {
			if kind == object {
				members = append(members, t.texts.index([]byte(read(decoder).(string))))
			}
			members = append(members, t.next(decoder))
			count++
		}
		read(decoder)
		return t.node(kind, count, members)
	default:
		text, err := json.Marshal(token)
		if err != nil {
			log.Fatal(err)
		}
		return t.node(bare, 1, []any{t.texts.index(text)})
	}
}

func read(decoder *json.Decoder) json.Token {
	token, err := decoder.Token()
	if err != nil {
		log.Fatal(err)
	}
	return token
}

// message adds a protobuf message, field by field in the order of its bytes.
func (t *table) message(data []byte, descriptor protoreflect.MessageDescriptor) value {
	var members []any
	count := 0
	for len(data) > 0 {
		number, wire, size := protowire.ConsumeTag(data)
		field := descriptor.Fields().ByNumber(number)
		if size < 0 || field == nil {
			log.Fatalf("%s has no field %d", descriptor.FullName(), number)
		}
		members = append(members, int(protowire.EncodeTag(number, wire)))
		data = data[size:]
		switch wire {
		case protowire.VarintType:
			value, size := protowire.ConsumeVarint(data)
			members = append(members, int(value))
			data = data[size:]
		case protowire.BytesType:
			value, size := protowire.ConsumeBytes(data)
			if field.Message() != nil {
				members = append(members, t.message(value, field.Message()))
			} else {
				members = append(members, t.text(value))
			}
			data = data[size:]
		case protowire.Fixed64Type:
			members = append(members, t.text(data[:8]))
			data = data[8:]
		default:
			log.Fatalf("%s is written in a way unheard of", field.FullName())
		}
		count++
	}
	return t.node(message, count, members)
}

func number(out []byte, number int) []byte {
	return binary.AppendUvarint(out, uint64(number))
}

func btoi(is bool) int {
	if is {
		return 1
	}
	return 0
}
