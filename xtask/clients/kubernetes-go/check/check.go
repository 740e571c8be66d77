// Package check runs named checks and prints one line for each: how it went, the tool, the name of
// the check, and what was wrong, with tabs between them.
package check

import (
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"time"
)

// Suite counts what failed.
type Suite struct {
	tool   string
	failed *int
	// Controls is the URL of an emulator over http, or empty where the server is a real one.
	Controls string
}

// New is a suite; EMULATOR_URL says whether the server is an emulator.
func New(tool string) *Suite {
	return &Suite{tool: tool, failed: new(int), Controls: os.Getenv("EMULATOR_URL")}
}

// With is the same suite for a tool that is used in another way.
func (s *Suite) With(way string) *Suite {
	return &Suite{tool: s.tool + " " + way, failed: s.failed, Controls: s.Controls}
}

// Run runs one check.
func (s *Suite) Run(name string, run func(t *T)) {
	t := &T{}
	t.run(run)
	if len(t.problems) == 0 {
		fmt.Printf("ok\t%s\t%s\n", s.tool, name)
		return
	}
	*s.failed++
	text := strings.Join(strings.Fields(strings.Join(t.problems, "; ")), " ")
	fmt.Printf("failed\t%s\t%s\t%s\n", s.tool, name, text)
}

// OnEmulator runs one check that a bare kube-apiserver cannot pass.
func (s *Suite) OnEmulator(name, why string, run func(t *T)) {
	if s.Controls == "" {
		s.Skip(name, why)
		return
	}
	s.Run(name, run)
}

// Skip says what is not checked.
func (s *Suite) Skip(name, why string) { fmt.Printf("-\t%s\t%s\t%s\n", s.tool, name, why) }

// Version is a tool with the minor version of a library in its name.
func Version(tool, library string) string {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == library {
			return tool + strings.Split(module.Version, ".")[1]
		}
	}
	return tool
}

// End ends the program, with 1 if anything failed.
func (s *Suite) End() {
	if *s.failed > 0 {
		os.Exit(1)
	}
}

// T is one check under way.
type T struct{ problems []string }

// stop ends a check that cannot go on.
type stop struct{}

func (t *T) run(run func(t *T)) {
	defer func() {
		if cause := recover(); cause != nil {
			if _, ok := cause.(stop); !ok {
				t.Fail("panic: %v", cause)
			}
		}
	}()
	run(t)
}

// Fail notes a problem, and goes on.
func (t *T) Fail(format string, arguments ...any) {
	t.problems = append(t.problems, fmt.Sprintf(format, arguments...))
}

// Must ends the check on an error.
func (t *T) Must(err error) {
	if err != nil {
		t.Fail("%v", err)
		panic(stop{})
	}
}

// Equal wants two values to be the same.
func (t *T) Equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		t.Fail("%s is %#v, wanted %#v", what, got, want)
	}
}

// True wants something to hold.
func (t *T) True(what string, holds bool) {
	if !holds {
		t.Fail("not so: %s", what)
	}
}

// Contains wants a text to be in another.
func (t *T) Contains(text, part string) {
	if !strings.Contains(text, part) {
		t.Fail("wanted %q in %q", part, text)
	}
}

// Error wants an error of that sort with that text in it.
func (t *T) Error(err error, is func(error) bool, part string) {
	if err == nil {
		t.Fail("succeeded, wanted an error with %q", part)
		return
	}
	if !is(err) {
		t.Fail("another sort of error: %v", err)
	}
	t.Contains(err.Error(), part)
}

// Soon wants something to hold within a few seconds.
func (t *T) Soon(what string, holds func() bool) {
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fail("not so in time: %s", what)
}

// Got is the value of a call that has to succeed.
func Got[V any](t *T) func(V, error) V {
	return func(value V, err error) V { t.Must(err); return value }
}
