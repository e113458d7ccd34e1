package hint

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestHint(t *testing.T) {
	err := Errorf("look there", "no %s: %w", "file", fs.ErrNotExist)
	if got, want := err.Error(), "no file: file does not exist"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("what is wrapped is not found")
	}
	for _, c := range []struct {
		err  error
		want string
	}{{err, "look there"}, {fmt.Errorf("outside: %w", err), "look there"}, {Add(fs.ErrExist, ""), ""}, {fs.ErrExist, ""}, {nil, ""}} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%v: hint %q, want %q", c.err, got, c.want)
		}
	}
}
