package table

import (
	"fmt"
	"strconv"
	"strings"
)

// A Table is an answer. It is not safe for concurrent use.
type Table struct {
	Single bool       // one object instead of an array
	Head   string     // what New was given
	Names  []string   // of the columns, with their units
	Rows   [][]string // as long as Names
	kinds  []byte     // of the columns: s, n or l
}

// New makes a table of the columns "name:kind name:kind ..."; s is the kind of a
// name alone.
func New(columns string) *Table {
	t := &Table{Head: columns}
	for _, f := range strings.Fields(columns) {
		name, kind, _ := strings.Cut(f, ":")
		t.Names, t.kinds = append(t.Names, name), append(t.kinds, (kind + "s")[0])
	}
	return t
}

// Add adds a row, a value for each column.
func (t *Table) Add(values ...any) { t.Rows = append(t.Rows, Row(values...)) }

// Row returns values as text; numbers with a point have three digits behind it.
func Row(values ...any) []string {
	row := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case float64:
			row[i] = strconv.FormatFloat(v, 'f', 3, 64)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	return row
}

// Clean keeps a value in its column and on its line.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s)
}
