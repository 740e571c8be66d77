package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/controlplane"
)

func kindsText() string {
	var lines []string
	for gvk, t := range legacyscheme.Scheme.AllKnownTypes() {
		lines = append(lines, fmt.Sprint(cmp.Or(gvk.Group, "-"), " ", gvk.Version, " ", gvk.Kind, " ", t, " ", id(t)))
	}
	slices.Sort(lines)
	var out strings.Builder
	fmt.Fprintf(&out, "# Kinds in the scheme of kube-apiserver, version 1 of this format, from %s.\n", release())
	fmt.Fprintln(&out, "# Columns, separated by one space: group (`-`: core), version (`__internal`: the hub of conversions), kind,")
	fmt.Fprintln(&out, "# Go type as reflect prints it, the same with its import path.")
	for _, line := range lines {
		fmt.Fprintln(&out, line)
	}
	return out.String()
}
