package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// validateCommand checks the options of a section by their types and prints them as
// assignments: validate_data PACKAGE TYPE SECTION OPTION:TYPE[:DEFAULT]...
func validateCommand(args []string) error {
	if len(args) < 4 {
		return errors.New("PACKAGE TYPE SECTION OPTION:TYPE[:DEFAULT]")
	}
	p, err := load(args[0])
	if err != nil {
		return err
	}
	s := p.section(args[2])
	if s == nil || s.kind != args[1] {
		return errNotFound
	}
	wrong := false
	for _, spec := range args[3:] {
		name, kind, fallback := cutSpec(spec)
		value := fallback
		if o := s.find(name); o != nil {
			value = strings.Join(o.values, " ")
		}
		if value != "" && !matches(kind, value) {
			fmt.Printf("unset -v %s; ", name)
			wrong = true
			continue
		}
		fmt.Printf("%s=%s; ", name, quoted(value))
	}
	fmt.Println()
	if wrong {
		return errQuiet
	}
	return nil
}

// cutSpec cuts OPTION:TYPE:DEFAULT; a colon inside parentheses is the type's.
func cutSpec(spec string) (name, kind, fallback string) {
	name, rest, _ := strings.Cut(spec, ":")
	depth := 0
	for i, c := range rest {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ':' && depth == 0:
			return name, rest[:i], rest[i+1:]
		}
	}
	return name, rest, ""
}

var call = regexp.MustCompile(`^([a-z0-9]+)(?:\((.*)\))?$`)

// matches says whether a value is of a type. An unknown type is a fault of the
// script that uses it, and matches nothing.
func matches(kind, value string) bool {
	m := call.FindStringSubmatch(kind)
	if m == nil {
		return false
	}
	args := strings.Split(m[2], ",")
	n, err := strconv.Atoi(value)
	switch m[1] {
	case "string":
		return true
	case "bool":
		return strings.Contains(" 0 off false no disabled 1 on true yes enabled ", " "+strings.ToLower(value)+" ")
	case "uinteger":
		return err == nil && n >= 0
	case "range":
		low, _ := strconv.Atoi(args[0])
		high, _ := strconv.Atoi(args[len(args)-1])
		return err == nil && n >= low && n <= high
	case "maxlength":
		most, _ := strconv.Atoi(m[2])
		return len(value) <= most
	case "wpakey":
		return len(value) >= 8 && len(value) <= 63 || regexp.MustCompile(`^[0-9a-fA-F]{64}$`).MatchString(value)
	case "or":
		for _, a := range args {
			if strings.Trim(a, `"'`) == value {
				return true
			}
		}
	case "list":
		for _, v := range strings.Fields(value) {
			if !matches(m[2], v) {
				return false
			}
		}
		return true
	}
	return false
}
