package setting

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"hopwire/cmd/hint"
)

// Load fills in into, a pointer to the struct of a program's settings, from the
// environment. Errors have a hint and name the variable.
func Load(program string, into any) error {
	names := Names(program, into)
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if Owner(name) == program && !slices.Contains(names, name) {
			return hint.Errorf("did you mean "+nearest(name, names)+"? '"+program+" help config' lists all", "unknown setting %s", name)
		}
	}
	err := envconfig.Process(strings.TrimSuffix(Name(program, ""), "_"), into)
	if bad, ok := errors.AsType[*envconfig.ParseError](err); ok {
		return hint.Errorf("'"+program+" help config' says what it takes", "%s: %q is not a %s", bad.KeyName, bad.Value, bad.TypeName)
	}
	return err
}

// Names returns the variables of a program's settings, in the order of the struct
// that of points to.
func Names(program string, of any) (names []string) {
	t := reflect.TypeOf(of).Elem()
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Name
		if f.Tag.Get("split_words") == "true" {
			name = SplitWords(name)
		}
		names = append(names, Name(program, strings.ToUpper(name)))
	}
	return names
}

// SplitWords turns UDPListen into UDP_Listen.
func SplitWords(s string) string {
	var b []byte
	for i := range len(s) {
		begins := i > 0 && upper(s[i]) && (!upper(s[i-1]) || i+1 < len(s) && !upper(s[i+1]))
		if begins {
			b = append(b, '_')
		}
		b = append(b, s[i])
	}
	return string(b)
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

// Print writes what each setting of a program is, and its default.
func Print(w io.Writer, program string, of any) {
	t := reflect.TypeOf(of).Elem()
	for i, name := range Names(program, of) {
		tag := t.Field(i).Tag
		fmt.Fprintf(w, "%s\n\t%s", name, tag.Get("desc"))
		if d := tag.Get("default"); d != "" {
			fmt.Fprintf(w, " [%s]", d)
		}
		fmt.Fprintln(w)
	}
}
