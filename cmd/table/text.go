package table

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Write writes the table: JSON, or text for people.
func (t *Table) Write(w io.Writer, json bool) {
	switch {
	case json:
		t.writeJSON(w)
	case t.Single:
		t.writeFields(w)
	default:
		t.writeColumns(w)
	}
}

func (t *Table) writeFields(w io.Writer) {
	for _, row := range t.Rows {
		for i, v := range row {
			b := pad(nil, t.Names[i], 19)
			w.Write(append(append(b, v...), '\n'))
		}
	}
}

// writeColumns aligns the columns, below their names.
func (t *Table) writeColumns(w io.Writer) {
	head := make([]string, len(t.Names))
	for i, name := range t.Names {
		head[i] = strings.ToUpper(name)
	}
	rows := append([][]string{head}, t.Rows...)
	width := make([]int, len(head))
	for _, r := range rows {
		for i, v := range r {
			width[i] = max(width[i], utf8.RuneCountInString(v))
		}
	}
	for _, r := range rows {
		var line []byte
		for i, v := range r {
			line = pad(line, v, width[i]+2)
		}
		for len(line) > 0 && line[len(line)-1] == ' ' {
			line = line[:len(line)-1]
		}
		w.Write(append(line, '\n'))
	}
}

// pad appends s and makes it as wide as a column.
func pad(b []byte, s string, width int) []byte {
	b = append(b, s...)
	for n := utf8.RuneCountInString(s); n < width; n++ {
		b = append(b, ' ')
	}
	return b
}

// Line is one row for people, as a stream shows it: the names with their values.
func (t *Table) Line(row []string) string {
	var b []string
	for i, v := range row {
		if v != "" {
			b = append(b, t.Names[i]+" "+v)
		}
	}
	return strings.Join(b, "  ")
}
