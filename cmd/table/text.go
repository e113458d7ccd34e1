package table

import (
	"fmt"
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
			fmt.Fprintf(w, "%-18s %s\n", t.Columns[i].Name, v)
		}
	}
}

// writeColumns aligns the columns, below their names.
func (t *Table) writeColumns(w io.Writer) {
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = strings.ToUpper(c.Name)
	}
	rows := append([][]string{head}, t.Rows...)
	width := make([]int, len(head))
	for _, r := range rows {
		for i, v := range r {
			width[i] = max(width[i], utf8.RuneCountInString(v))
		}
	}
	for _, r := range rows {
		var b strings.Builder
		for i, v := range r {
			fmt.Fprintf(&b, "%-*s  ", width[i], v)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// Line is one row for people, as a stream shows it: the names with their values.
func (t *Table) Line(row []string) string {
	var b []string
	for i, v := range row {
		if v != "" {
			b = append(b, t.Columns[i].Name+" "+v)
		}
	}
	return strings.Join(b, "  ")
}
