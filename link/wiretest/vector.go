package wiretest

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the outputs of the vectors")

// A Vector is a file of "key: value" lines, values in hexadecimal but for a few words.
// Inputs are never rewritten; outputs are with -update, and the difference is reviewed
// like code.
type Vector struct {
	t     testing.TB
	name  string
	order []string
	value map[string]string
}

// ReadVector reads a file.
func ReadVector(t testing.TB, name string) *Vector {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v := &Vector{t: t, name: name, value: map[string]string{}}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		k, val, ok := strings.Cut(line, ":")
		if !ok || v.value[k] != "" {
			t.Fatalf("%s: line %q", name, line)
		}
		v.order = append(v.order, k)
		v.value[k] = strings.TrimSpace(val)
	}
	return v
}

// Bytes returns a value, which must be there.
func (v *Vector) Bytes(key string) []byte {
	v.t.Helper()
	b, err := hex.DecodeString(v.value[key])
	if err != nil || v.value[key] == "" {
		v.t.Fatalf("%s: %s: %q", v.name, key, v.value[key])
	}
	return b
}

// Output compares an output, or takes it for Save.
func (v *Vector) Output(key string, got []byte) {
	v.t.Helper()
	if *update {
		v.value[key] = hex.EncodeToString(got)
	} else if want := v.Bytes(key); !bytes.Equal(got, want) {
		v.t.Errorf("%s: %s is %x, want %x", v.name, key, got, want)
	}
}

// Updating says whether outputs are being rewritten.
func Updating() bool { return *update }

// Save writes the file when outputs are being rewritten.
func (v *Vector) Save() {
	var b strings.Builder
	for _, k := range v.order {
		fmt.Fprintf(&b, "%s: %s\n", k, v.value[k])
	}
	if *update {
		if err := os.WriteFile(v.name, []byte(b.String()), 0o644); err != nil {
			v.t.Fatal(err)
		}
	}
}

// Same compares a whole file with what it is to be; with -update it is rewritten.
func Same(t testing.TB, name, got string) {
	t.Helper()
	if *update {
		os.MkdirAll(filepath.Dir(name), 0o755)
		os.WriteFile(name, []byte(got), 0o644)
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != got {
		t.Errorf("%s (%v): got\n%s", name, err, got)
	}
}
