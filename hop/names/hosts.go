package names

import (
	"net/netip"
	"strings"

	"hopwire/link/identity"
)

// MaxNames bounds a table, MaxText the file that it is read from (bytes).
const (
	MaxNames = 1024
	MaxText  = 128 << 10

	maxText     = maxName - 2 // of a name
	addressText = 56          // of an address, without ".hop"
)

// A Table holds the friendly names, in the order of the file: with so few, looking
// through them costs less than a map weighs. It is not changed after ReadTable;
// the zero Table has no names but addresses.
type Table struct{ Names []Name }

// A Name is a friendly name, in lower case and without ".hop".
type Name struct {
	_    [0]func() // not compared: saves the code
	Text string
	Key  identity.Key
	ip   netip.Addr
}

// ReadTable reads lines of "ADDRESS NAME [NAME ...]"; # begins a comment. A line
// with a fault is reported by its number, from 1, and what is good in it is kept.
func ReadTable(text string, fault func(line int, why string)) *Table {
	t := &Table{}
	for n := 1; text != ""; n++ {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		line, _, _ = strings.Cut(line, "#")
		if f := strings.Fields(line); len(f) > 0 {
			if why := t.add(f); why != "" {
				fault(n, why)
			}
		}
	}
	return t
}

// add enters a line; it returns its last fault.
func (t *Table) add(fields []string) (why string) {
	key, err := identity.ParseKey(fields[0])
	if err != nil {
		return err.Error()
	}
	if len(fields) == 1 {
		return "no name behind the address"
	}
	ip := key.IPv6()
	for _, f := range fields[1:] {
		name := parseName(f)
		old, taken := t.Key(name)
		switch {
		case name == "":
			why = "not a name: letters, digits, hyphens and dots, up to 63 between two dots: " + f
		case taken && old == key:
		case taken || len(name) == addressText:
			why = "the name is another's: " + f
		case len(t.Names) == MaxNames:
			return "more than 1024 names"
		default:
			t.Names = append(t.Names, Name{Text: name, Key: key, ip: ip})
		}
	}
	return why
}

// parseName returns a name in lower case and without ".hop"; "" when it is none.
func parseName(text string) string {
	b := []byte(trim(text))
	if len(b)+1+len(zone) > maxText {
		return ""
	}
	left := maxLabel
	for i, c := range b {
		if b[i] = nameByte(c); c == '.' {
			b[i] = c
			if left == maxLabel {
				return ""
			}
			left = maxLabel
			continue
		}
		if left--; left < 0 || b[i] == '!' {
			return ""
		}
	}
	if left == maxLabel {
		return ""
	}
	return string(b)
}

func trim(name string) string {
	if n := len(name) - len("."+zone); n >= 0 && strings.EqualFold(name[n:], "."+zone) {
		return name[:n]
	}
	return name
}

// Find is Key for what a person writes: in either case, with or without ".hop".
func (t *Table) Find(text string) (identity.Key, bool) { return t.Key(parseName(text)) }

// Key finds the key of a name, friendly or an address, in lower case and without
// ".hop".
func (t *Table) Key(name string) (identity.Key, bool) {
	for i := range t.Names {
		if t.Names[i].Text == name {
			return t.Names[i].Key, true
		}
	}
	if len(name) != addressText {
		return identity.Key{}, false
	}
	key, err := identity.ParseKey(name)
	return key, err == nil
}

// below says whether a name ends with this one.
func (t *Table) below(name string) bool {
	for i := range t.Names {
		if strings.HasSuffix(t.Names[i].Text, "."+name) {
			return true
		}
	}
	return false
}

// first returns the first name of an address; "": it has none.
func (t *Table) first(ip netip.Addr) (identity.Key, string) {
	for i := range t.Names {
		if t.Names[i].ip == ip {
			return t.Names[i].Key, t.Names[i].Text
		}
	}
	return identity.Key{}, ""
}
