// Package wiretest holds a wire.md against the code that it specifies. A format is
// written once, as a table of its document; a test of the package gives the constants
// that the code uses, and this package reports every difference.
//
//	func TestWire(t *testing.T) {
//		wiretest.Layouts(t, "wire.md", map[string]int{"offMask": offMask, "offHeader": offHeader})
//		wiretest.Constants(t, "wire.md", map[string]any{"patience": patience})
//	}
//
// It is for tests alone, imports nothing of ours, and changes no file.
package wiretest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The first cells of the head of each kind of table.
var (
	layoutHead   = []string{"name", "offset", "size", "constant"}
	constantHead = []string{"constant", "value"}
)

// A table is one of a document: the section it stands in, its head, and its rows.
// Cells have no spaces or backticks around them.
type table struct {
	section string
	head    []string
	rows    [][]string
}

// Layouts compares the layout tables of the document at path (their head begins: name,
// offset, size, constant) with the constants, by name. In each table the offsets must
// follow from the sizes before them, and be those of the code; a size that is no number
// ends the sum. Each constant must be in some table, and no table may name another.
//
// It returns how many bytes the tables of each section have, in their order.
func Layouts(t testing.TB, path string, constants map[string]int) map[string][]int {
	t.Helper()
	sizes, seen := map[string][]int{}, map[string]bool{}
	for _, table := range tables(t, path, layoutHead) {
		sum := 0
		for _, row := range table.rows {
			name, offset := row[3], number(row[1])
			value, known := constants[name]
			if !known || value != offset || offset != sum {
				t.Errorf("%s, %s: %s: offset %s in the document, %d in the code (known: %v), %d by the sizes before it", path, table.section, name, row[1], value, known, sum)
			}
			seen[name] = true
			sum = offset + max(0, number(row[2]))
		}
		sizes[table.section] = append(sizes[table.section], sum)
	}
	missing(t, path, constants, seen)
	return sizes
}

// Constants compares the tables of values of the document at path (their head begins:
// constant, value) with the constants, by name: durations as such ("1.8 s"), everything
// else as fmt prints it. Each constant must be in some table, and no table may name
// another.
func Constants(t testing.TB, path string, constants map[string]any) {
	t.Helper()
	seen := map[string]bool{}
	for _, table := range tables(t, path, constantHead) {
		for _, row := range table.rows {
			value, known := constants[row[0]]
			if !known || !equal(row[1], value) {
				t.Errorf("%s, %s: %s is %s in the document, %v in the code (known: %v)", path, table.section, row[0], row[1], value, known)
			}
			seen[row[0]] = true
		}
	}
	missing(t, path, constants, seen)
}

// Rows returns the rows of all tables of a section, without their heads, as cells
// without spaces or backticks around them; none: there is no such section.
func Rows(t testing.TB, path, section string) (rows [][]string) {
	t.Helper()
	for _, table := range tables(t, path, nil) {
		if table.section == section {
			rows = append(rows, table.rows...)
		}
	}
	return rows
}

// missing reports the constants that no table names.
func missing[V any](t testing.TB, path string, constants map[string]V, seen map[string]bool) {
	t.Helper()
	for name := range constants {
		if !seen[name] {
			t.Errorf("%s: %s is in no table", path, name)
		}
	}
}

// equal says whether the text of a cell is the value.
func equal(text string, value any) bool {
	if d, ok := value.(time.Duration); ok {
		got, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
		return err == nil && got == d
	}
	return text == fmt.Sprint(value)
}

// number reads a cell; −1: it is no number.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// tables reads the tables of a document whose heads begin so.
func tables(t testing.TB, path string, head []string) (found []table) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section, inside := "", false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			section = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
		switch starts := strings.HasPrefix(line, "|"); {
		case !starts:
			inside = false
		case !inside:
			inside, found = true, append(found, table{section: section, head: cells(line)})
		case !strings.HasPrefix(line, "|---"):
			last := &found[len(found)-1]
			last.rows = append(last.rows, cells(line))
		}
	}
	return selected(t, path, found, head)
}

// selected keeps the tables with such a head, and checks that no row of them is short.
func selected(t testing.TB, path string, all []table, head []string) (found []table) {
	t.Helper()
	for _, table := range all {
		if !begins(table.head, head) {
			continue
		}
		for _, row := range table.rows {
			if len(row) != len(table.head) {
				t.Fatalf("%s, %s: a row of %d cells, want %d: %q", path, table.section, len(row), len(table.head), row)
			}
		}
		found = append(found, table)
	}
	return found
}

func begins(cells, with []string) bool {
	if len(cells) < len(with) {
		return false
	}
	for i := range with {
		if cells[i] != with[i] {
			return false
		}
	}
	return true
}

func cells(line string) (row []string) {
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		row = append(row, strings.Trim(cell, " `"))
	}
	return row
}
