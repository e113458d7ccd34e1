package control

import (
	"errors"
	"io"
	"strings"

	"hopwire/cmd/hint"
	"hopwire/cmd/table"
)

const maxLine = 1 << 20 // bytes of an answer's line

// errLine is an answer that makes no sense.
var errLine = errors.New("an answer without lines")

// eachLine calls do with each line of r, as it comes, until do says that it is
// enough; the last may lack its end. Nothing is read ahead of a line that is there,
// and bufio would be 6 kB of program for it.
func eachLine(r io.Reader, do func(line string) (more bool)) error {
	rest, b := "", make([]byte, 4096)
	for {
		n, err := r.Read(b)
		rest += string(b[:n])
		line, after, ended := strings.Cut(rest, "\n")
		for ; ended && do(line); line, after, ended = strings.Cut(after, "\n") {
			rest = after
		}
		switch {
		case ended:
			return nil
		case err == io.EOF:
			if rest != "" {
				do(rest)
			}
			return nil
		case err != nil:
			return err
		case len(rest) > maxLine:
			return errLine
		}
	}
}

// Send answers with a table.
func Send(w io.Writer, t *table.Table) {
	kind := "list "
	if t.Single {
		kind = "single "
	}
	io.WriteString(w, "# "+kind+t.Head+"\n")
	for _, r := range t.Rows {
		sendRow(w, r)
	}
}

// Begin begins a table whose rows come one by one, each shown at once; columns as
// table.New has them.
func Begin(w io.Writer, columns string) { io.WriteString(w, "# stream "+columns+"\n") }

// Row sends a row of what Begin began. An error means that the client has gone.
func Row(w io.Writer, values ...any) error { return sendRow(w, table.Row(values...)) }

func sendRow(w io.Writer, row []string) error {
	clean := make([]string, len(row))
	for i, v := range row {
		clean[i] = table.Clean(v)
	}
	_, err := io.WriteString(w, "  "+strings.Join(clean, "\t")+"\n")
	return err
}

// Text answers with a line of plain text.
func Text(w io.Writer, line string) { io.WriteString(w, "= "+table.Clean(line)+"\n") }

// sendError answers with an error and its hint.
func sendError(w io.Writer, err error) {
	io.WriteString(w, "! "+table.Clean(err.Error())+"\n")
	if h := hint.Of(err); h != "" {
		io.WriteString(w, "? "+table.Clean(h)+"\n")
	}
}
