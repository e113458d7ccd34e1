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
	prefix := Name(program, "")
	err := envconfig.Process(prefix[:len(prefix)-1], into)
	if bad, ok := errors.AsType[*envconfig.ParseError](err); ok {
		return hint.Errorf("'"+program+" help config' says what it takes", "%s: %q is not a %s", bad.KeyName, bad.Value, bad.TypeName)
	}
	if err == nil {
		trimLists(reflect.ValueOf(into).Elem())
	}
	return err
}

// trimLists takes blanks away around the parts of lists: a blank after a comma would be
// part of a name that nothing has.
func trimLists(v reflect.Value) {
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous {
			trimLists(v.Field(i))
			continue
		}
		list, _ := v.Field(i).Interface().([]string)
		for j, part := range list {
			list[j] = strings.TrimSpace(part)
		}
	}
}

// fields are those of a struct, and in their place those of what it embeds.
func fields(t reflect.Type) (all []reflect.StructField) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			all = append(all, fields(f.Type)...)
		} else {
			all = append(all, f)
		}
	}
	return all
}

// Names returns the variables of a program's settings, in the order of the struct
// that of points to.
func Names(program string, of any) (names []string) {
	for _, f := range fields(reflect.TypeOf(of).Elem()) {
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
	for i := len(s) - 1; i > 0; i-- {
		if upper(s, i) && (!upper(s, i-1) || i+1 < len(s) && s[i+1] != '_' && !upper(s, i+1)) {
			s = s[:i] + "_" + s[i:]
		}
	}
	return s
}

func upper(s string, i int) bool { return s[i] >= 'A' && s[i] <= 'Z' }

// Print writes what each setting of a program is, and its default.
func Print(w io.Writer, program string, of any) {
	all := fields(reflect.TypeOf(of).Elem())
	for i, name := range Names(program, of) {
		tag := all[i].Tag
		fmt.Fprintf(w, "%s\n\t%s", name, tag.Get("desc"))
		if d := tag.Get("default"); d != "" {
			fmt.Fprintf(w, " [%s]", d)
		}
		fmt.Fprintln(w)
	}
}
