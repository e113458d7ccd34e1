package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"sort"
)

var step = regexp.MustCompile(`^(?:\.([A-Za-z0-9_-]+)|\[\*\]|\["([^"]+)"\])`)

// jsonfilterCommand prints what paths such as @.network.lan.ports[*] find:
// jsonfilter -i FILE -e PATH [-e PATH]...
func jsonfilterCommand(args []string) error {
	var file string
	var paths []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-q":
		case args[i] == "-i" && i+1 < len(args):
			i++
			file = args[i]
		case args[i] == "-e" && i+1 < len(args):
			i++
			paths = append(paths, args[i])
		default:
			return fmt.Errorf("what is %q?", args[i])
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	found := false
	for _, p := range paths {
		if p == "" || p[0] != '@' && p[0] != '$' {
			return errors.New("a path begins with @")
		}
		if err := walk(v, p[1:], &found); err != nil {
			return err
		}
	}
	if !found {
		return errQuiet
	}
	return nil
}

func walk(v any, path string, found *bool) error {
	if path == "" {
		*found = true
		switch v.(type) {
		case map[string]any, []any:
			b, _ := json.Marshal(v)
			fmt.Println(string(b))
		default:
			fmt.Println(v)
		}
		return nil
	}
	m := step.FindStringSubmatch(path)
	if m == nil {
		return fmt.Errorf("bad path at %q", path)
	}
	name, rest := m[1]+m[2], path[len(m[0]):]
	switch v := v.(type) {
	case map[string]any:
		if name != "" {
			if w, ok := v[name]; ok {
				return walk(w, rest, found)
			}
			return nil
		}
		var keys []string
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if err := walk(v[k], rest, found); err != nil {
				return err
			}
		}
	case []any:
		if name == "" {
			for _, w := range v {
				if err := walk(w, rest, found); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
