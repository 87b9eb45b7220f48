// Package tap writes the Test Anything Protocol. It has what the validation programs call of the package that they import under
// this name, which Debian does not carry.
package tap

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// T counts the tests of one program.
type T struct {
	count   int
	planned bool
	todo    *T
}

// New starts a program's output.
func New() *T {
	return &T{}
}

// Header writes the protocol's version, and the plan where the number of tests is known.
func (t *T) Header(tests int) {
	fmt.Println("TAP version 13")
	if tests > 0 {
		t.planned = true
		fmt.Printf("1..%d\n", tests)
	}
}

// AutoPlan writes the plan at the end, when the tests are counted.
func (t *T) AutoPlan() {
	if !t.planned {
		fmt.Printf("1..%d\n", t.count)
	}
}

// Ok is one test.
func (t *T) Ok(good bool, description string) {
	counter, directive := t, ""
	if t.todo != nil {
		counter, directive = t.todo, " # TODO"
	}
	counter.count++
	word := "ok"
	if !good {
		word = "not ok"
	}
	fmt.Printf("%s %d - %s%s\n", word, counter.count, strings.ReplaceAll(description, "\n", " "), directive)
}

// Todo is for the tests that may fail.
func (t *T) Todo() *T {
	return &T{todo: t}
}

// Fail is a test that did not pass.
func (t *T) Fail(description string) {
	t.Ok(false, description)
}

// Pass is a test that did.
func (t *T) Pass(description string) {
	t.Ok(true, description)
}

// Skip is a number of tests that were left out.
func (t *T) Skip(tests int, description string) {
	for i := 0; i < tests; i++ {
		t.count++
		fmt.Printf("ok %d # SKIP %s\n", t.count, description)
	}
}

// Diagnostic is a remark.
func (t *T) Diagnostic(text string) {
	fmt.Println("# " + strings.ReplaceAll(text, "\n", "\n# "))
}

// Diagnosticf is a formatted remark.
func (t *T) Diagnosticf(format string, values ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, values...))
}

// YAML is the block of data behind a test; JSON is YAML as well.
func (t *T) YAML(data interface{}) error {
	text, err := json.MarshalIndent(data, "  ", "  ")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return err
	}
	fmt.Printf("  ---\n  %s\n  ...\n", text)
	return nil
}
