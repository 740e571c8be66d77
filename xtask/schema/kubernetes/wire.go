package main

import (
	"encoding/binary"
	"log"
	"strconv"
)

// numbers lists the field numbers at the top level of a message, in the order written, repetitions once.
func numbers(message []byte) []string {
	var all []string
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		message = message[n:]
		message = message[valueLength(tag&7, message):]
		number := strconv.FormatUint(tag>>3, 10)
		if len(all) == 0 || all[len(all)-1] != number {
			all = append(all, number)
		}
	}
	return all
}

func valueLength(wire uint64, rest []byte) int {
	switch wire {
	case 0:
		_, n := binary.Uvarint(rest)
		return n
	case 1:
		return 8
	case 2:
		length, n := binary.Uvarint(rest)
		return n + int(length)
	case 5:
		return 4
	}
	log.Fatalf("wire type %d", wire)
	return 0
}
