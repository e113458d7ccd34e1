// Package hint is an error of the operator's to mend, and how: one line that names
// the thing, and one that says what to do about it. Whoever finds the fault gives
// both; only package command prints them.
//
// It never prints and never ends the program.
package hint

import (
	"errors"
	"fmt"
)

type hinted struct {
	_ [0]func() // not compared: saves the code
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

// Errorf returns an error, as fmt.Errorf makes it, with a hint.
func Errorf(hint, format string, args ...any) error {
	return Add(fmt.Errorf(format, args...), hint)
}

// Add returns err with a hint. Its text stays, and errors.Is finds what it wraps.
func Add(err error, hint string) error { return &hinted{error: err, hint: hint} }

// Of returns the hint of err or of what it wraps; empty: there is none.
func Of(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	return ""
}
