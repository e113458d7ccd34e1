package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"hopwire/cmd/hint"
)

// A table is an answer of the daemon: named columns, typed for JSON.
type table struct {
	single bool // one object instead of an array
	cols   []column
	rows   [][]string
}

type column struct {
	name string
	kind byte // s string, n number, l list of strings separated by spaces
}

// newTable reads columns from "name:kind name:kind ...".
func newTable(spec string) *table {
	t := &table{}
	for _, f := range strings.Fields(spec) {
		name, kind, _ := strings.Cut(f, ":")
		t.cols = append(t.cols, column{name, kind[0]})
	}
	return t
}

func (t *table) add(values ...any) {
	row := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case float64:
			row[i] = strconv.FormatFloat(v, 'f', 3, 64)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	t.rows = append(t.rows, row)
}

// The control protocol: "# single|list name:kind ..." and then a line of
// tab-separated values for each row; "! error" and "? hint" for errors.
func (t *table) head() string {
	kind := "list"
	if t.single {
		kind = "single"
	}
	b := "# " + kind
	for _, c := range t.cols {
		b += " " + c.name + ":" + string(c.kind)
	}
	return b + "\n"
}

// escape keeps a value in its column and on its line.
func escape(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s)
}

func line(row []string) string {
	clean := make([]string, len(row))
	for i, v := range row {
		clean[i] = escape(v)
	}
	return "  " + strings.Join(clean, "\t") + "\n"
}

func (t *table) send(w io.Writer) {
	io.WriteString(w, t.head())
	for _, r := range t.rows {
		io.WriteString(w, line(r))
	}
}

// show renders what the daemon sends as it comes: text for people, or JSON.
func show(w io.Writer, r io.Reader, json bool) error {
	var t *table
	var failed error
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	stream := &streamer{w: w, json: json}
	for in.Scan() {
		s := in.Text()
		switch {
		case strings.HasPrefix(s, "# "):
			kind, spec, _ := strings.Cut(s[2:], " ")
			t = newTable(spec)
			t.single = kind != "list"
			stream.begin(t, kind == "stream")
		case strings.HasPrefix(s, "  ") && t != nil:
			stream.row(strings.Split(s[2:], "\t"))
		case strings.HasPrefix(s, "! "):
			failed = errors.New(s[2:])
		case strings.HasPrefix(s, "? ") && failed != nil:
			failed = hint.Add(failed, s[2:])
		case strings.HasPrefix(s, "= "):
			fmt.Fprintln(w, s[2:]) // plain text: metrics
		}
	}
	stream.end()
	if failed != nil {
		return failed
	}
	return in.Err()
}

// A streamer prints rows: those of a stream at once, others when all are there.
type streamer struct {
	w      io.Writer
	json   bool
	t      *table
	stream bool
}

func (s *streamer) begin(t *table, stream bool) { s.t, s.stream = t, stream }

func (s *streamer) row(row []string) {
	if !s.stream {
		s.t.rows = append(s.t.rows, row)
		return
	}
	if s.json {
		fmt.Fprintln(s.w, s.t.object(row))
		return
	}
	var b []string
	for i, v := range row {
		if i < len(s.t.cols) && v != "" {
			b = append(b, s.t.cols[i].name+" "+v)
		}
	}
	fmt.Fprintln(s.w, strings.Join(b, "  "))
}

func (s *streamer) end() {
	switch {
	case s.t == nil || s.stream:
	case s.json:
		s.t.writeJSON(s.w)
	case s.t.single:
		s.t.writeFields(s.w)
	default:
		s.t.writeText(s.w)
	}
}

func (t *table) writeFields(w io.Writer) {
	for _, row := range t.rows {
		for i, v := range row {
			fmt.Fprintf(w, "%-18s %s\n", t.cols[i].name, v)
		}
	}
}

// writeText aligns the columns.
func (t *table) writeText(w io.Writer) {
	width := make([]int, len(t.cols))
	for i, c := range t.cols {
		width[i] = len(c.name)
		for _, r := range t.rows {
			width[i] = max(width[i], len(r[i]))
		}
	}
	put := func(cell func(i int) string) {
		var b strings.Builder
		for i := range t.cols {
			fmt.Fprintf(&b, "%-*s  ", width[i], cell(i))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	put(func(i int) string { return strings.ToUpper(t.cols[i].name) })
	for _, r := range t.rows {
		put(func(i int) string { return r[i] })
	}
}

func (t *table) writeJSON(w io.Writer) {
	if t.single {
		if len(t.rows) > 0 {
			fmt.Fprintln(w, t.object(t.rows[0]))
		}
		return
	}
	io.WriteString(w, "[")
	for i, r := range t.rows {
		if i > 0 {
			io.WriteString(w, ",\n ")
		}
		io.WriteString(w, t.object(r))
	}
	io.WriteString(w, "]\n")
}

// object is one row as JSON (RFC 8259).
func (t *table) object(row []string) string {
	b := []byte{'{'}
	for i, c := range t.cols {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(quote(b, c.name), ": "...)
		switch v := row[i]; {
		case c.kind == 'n' && v != "":
			b = append(b, v...)
		case c.kind == 'n':
			b = append(b, "null"...)
		case c.kind == 'l':
			b = append(b, '[')
			for j, e := range strings.Fields(v) {
				if j > 0 {
					b = append(b, ", "...)
				}
				b = quote(b, e)
			}
			b = append(b, ']')
		default:
			b = quote(b, v)
		}
	}
	return string(append(b, '}'))
}

func quote(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || r == utf8.RuneError:
			b = append(b, fmt.Sprintf(`\u%04x`, r)...)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
