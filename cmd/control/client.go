package control

import (
	"errors"
	"io"
	"strings"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/cmd/table"
)

// Ask sends a command and shows the answer: rows of a stream as they come, others
// when all are there. An error may be that of who answers, with its hint.
func (s *Socket) Ask(out io.Writer, command string, json bool) error {
	r := reader{out: out, json: json}
	err := s.read(&r, command)
	if r.t != nil && !r.stream {
		r.t.Write(out, json)
	}
	return err
}

// Fetch asks for a table and returns its rows.
func (s *Socket) Fetch(command string) ([][]string, error) {
	r := reader{t: &table.Table{}, out: io.Discard}
	err := s.read(&r, command)
	return r.t.Rows, err
}

func (s *Socket) read(r *reader, command string) error {
	conn, err := dialUnix(s.Path)
	if err != nil {
		return hint.Errorf("start it with '"+s.Program+" run', or set "+setting.Name(s.Program, "SOCKET")+" or "+setting.Name(s.Program, "STATE")+" as it has them",
			"%s does not run (%s)", s.Service, s.Path)
	}
	defer conn.Close()
	io.WriteString(conn, command+"\n") // an error shows when the answer is read
	return r.all(conn)
}

// A reader takes an answer apart.
type reader struct {
	out    io.Writer // of streams and text
	json   bool
	t      *table.Table
	stream bool
	failed error
}

func (r *reader) all(conn io.Reader) error {
	err := eachLine(conn, func(s string) bool {
		if len(s) > 1 {
			r.line(s[:2], s[2:])
		}
		return true
	})
	if r.failed != nil {
		return r.failed
	}
	return err
}

func (r *reader) line(kind, s string) {
	switch kind {
	case "# ":
		kind, columns, _ := strings.Cut(s, " ")
		r.t = table.New(columns)
		r.t.Single, r.stream = kind == "single", kind == "stream"
	case "  ":
		r.row(strings.Split(s, "\t"))
	case "= ":
		io.WriteString(r.out, s+"\n")
	case "! ":
		r.failed = errors.New(s)
	case "? ":
		if r.failed != nil {
			r.failed = hint.Add(r.failed, s)
		}
	}
}

// row overlooks what does not fit its table: who answers may be of another version.
func (r *reader) row(row []string) {
	switch {
	case r.t == nil || len(row) != len(r.t.Names):
	case !r.stream:
		r.t.Rows = append(r.t.Rows, row)
	case r.json:
		io.WriteString(r.out, r.t.Object(row)+"\n")
	default:
		io.WriteString(r.out, r.t.Line(row)+"\n")
	}
}
