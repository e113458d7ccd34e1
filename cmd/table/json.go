package table

import (
	"io"
	"strings"
	"unicode/utf8"
)

// The JSON (RFC 8259) is written here, because encoding/json would be 0.2 MB of
// program on a router.

func (t *Table) writeJSON(w io.Writer) {
	if t.Single {
		if len(t.Rows) > 0 {
			io.WriteString(w, t.Object(t.Rows[0])+"\n")
		}
		return
	}
	io.WriteString(w, "[")
	for i, r := range t.Rows {
		if i > 0 {
			io.WriteString(w, ",\n ")
		}
		io.WriteString(w, t.Object(r))
	}
	io.WriteString(w, "]\n")
}

// Object is one row as JSON. A number that is empty is null.
func (t *Table) Object(row []string) string {
	b := []byte{'{'}
	for i, name := range t.Names {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(quote(b, name), ": "...)
		b = value(b, t.kinds[i], row[i])
	}
	return string(append(b, '}'))
}

func value(b []byte, kind byte, v string) []byte {
	switch {
	case kind == 'n' && v != "":
		return append(b, v...)
	case kind == 'n':
		return append(b, "null"...)
	case kind == 'l':
		return list(b, strings.Fields(v))
	}
	return quote(b, v)
}

func list(b []byte, values []string) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = quote(b, v)
	}
	return append(b, ']')
}

const digits = "0123456789abcdef"

func quote(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20:
			b = append(b, `\u00`...)
			b = append(b, digits[r>>4], digits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
