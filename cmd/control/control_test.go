package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"hopwire/cmd/hint"
	"hopwire/cmd/table"
)

// listen answers on a socket of its own until the test ends.
func listen(t *testing.T, answer Answer, patience time.Duration) *Socket {
	t.Helper()
	s := &Socket{Program: "hopwire-route", Service: "the route server", Path: filepath.Join(t.TempDir(), "s")}
	server, err := s.listen(answer, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return s
}

// answers says something of each kind.
func answers(w io.Writer, args []string) error {
	switch args[0] {
	case "table":
		t := table.New("name:s rtt_ms:n hops:l none:n")
		t.Add("a \"quoted\"\tname\\\x01 ü", 1.5, "x y", "")
		Send(w, t)
	case "single":
		t := table.New("args:l")
		t.Single = true
		t.Add(strings.Join(args[1:], " "))
		Send(w, t)
	case "stream":
		Begin(w, "seq:n rtt_ms:n")
		Row(w, 1, 0.25)
		Row(w, 2, "")
		return hint.Errorf("look\nthere", "no\tway")
	case "text":
		Text(w, "one\ntwo")
		return errors.New("plain")
	}
	return nil
}

func TestAsk(t *testing.T) {
	s := listen(t, answers, patience)
	for _, c := range []struct {
		command    string
		json       bool
		want       string
		err, hints string
	}{
		{"table", true, "[{\"name\": \"a \\\"quoted\\\" name\\\\\\u0001 ü\", \"rtt_ms\": 1.500, \"hops\": [\"x\", \"y\"], \"none\": null}]\n", "", ""},
		{"table", false, "NAME                 RTT_MS  HOPS  NONE\na \"quoted\" name\\\x01 ü  1.500   x y\n", "", ""},
		{"single a  b", true, "{\"args\": [\"a\", \"b\"]}\n", "", ""},
		{"single a  b", false, "args               a b\n", "", ""},
		{"stream", true, "{\"seq\": 1, \"rtt_ms\": 0.250}\n{\"seq\": 2, \"rtt_ms\": null}\n", "no way", "look there"},
		{"stream", false, "seq 1  rtt_ms 0.250\nseq 2\n", "no way", "look there"},
		{"text", false, "one two\n", "plain", ""},
		{"nothing", false, "", "", ""},
	} {
		var out strings.Builder
		err := s.Ask(&out, c.command, c.json)
		if out.String() != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err || hint.Of(err) != c.hints {
			t.Errorf("%s, JSON %v: %q, want %q; %v, hint %q", c.command, c.json, out.String(), c.want, err, hint.Of(err))
		}
	}
}

func TestTableJSON(t *testing.T) {
	tab := table.New("name:s rtt_ms:n hops:l none:n")
	tab.Add("a \"quoted\"\tname\\\x01 ü", 1.5, "x y", "")
	s := listen(t, func(w io.Writer, _ []string) error { Send(w, tab); return nil }, patience)
	var out strings.Builder
	if err := s.Ask(&out, "x", true); err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Name string   `json:"name"`
		RTT  float64  `json:"rtt_ms"`
		Hops []string `json:"hops"`
		None *float64 `json:"none"`
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil || len(got) != 1 || got[0].RTT != 1.5 || len(got[0].Hops) != 2 || got[0].None != nil ||
		got[0].Name != "a \"quoted\" name\\\x01 ü" {
		t.Errorf("%v %+v\n%s", err, got, out.String())
	}
	out.Reset()
	s.Ask(&out, "x", false)
	if !strings.HasPrefix(out.String(), "NAME") || strings.Count(out.String(), "\n") != 2 {
		t.Errorf("%q", out.String())
	}
}

func TestFetch(t *testing.T) {
	s := listen(t, answers, patience)
	rows, err := s.Fetch("table")
	if err != nil || len(rows) != 1 || len(rows[0]) != 4 || rows[0][2] != "x y" {
		t.Errorf("%q %v", rows, err)
	}
	if rows, err := s.Fetch("nothing"); len(rows) > 0 || err != nil {
		t.Errorf("%q %v", rows, err)
	}
}

func TestErrorsAcrossTheSocket(t *testing.T) {
	r := reader{}
	err := r.all(strings.NewReader("! no way\n? look there\n"))
	if err == nil || err.Error() != "no way" || hint.Of(err) != "look there" {
		t.Errorf("%v", err)
	}
}

// TestOtherVersion: what a program of another version may say is no panic.
func TestOtherVersion(t *testing.T) {
	var out strings.Builder
	r := reader{out: &out, json: true}
	err := r.all(strings.NewReader("\nx\n? hint\n  row\n# stream a b:n c:\n  1\t2\n  1\t2\t3\t4\n@ new\n  1\t2\t3\n"))
	if got, want := out.String(), "{\"a\": \"1\", \"b\": 2, \"c\": \"3\"}\n"; got != want || err != nil {
		t.Errorf("%q, want %q: %v", got, want, err)
	}
}

func TestNobodyRuns(t *testing.T) {
	s := &Socket{Program: "hopwire-route", Service: "the route server", Path: filepath.Join(t.TempDir(), "s")}
	err := s.Ask(io.Discard, "table", false)
	if err == nil || !strings.HasPrefix(err.Error(), "the route server does not run") || !strings.Contains(hint.Of(err), "HOPWIRE_ROUTE_SOCKET") || !strings.Contains(hint.Of(err), "'hopwire-route run'") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
	if rows, err := s.Fetch("table"); err == nil {
		t.Errorf("%q", rows)
	}
}

// TestCloseIsNoFault: who closes the socket while accept waits is told of no failure.
func TestCloseIsNoFault(t *testing.T) {
	for range 50 {
		l, err := listenUnix(filepath.Join(t.TempDir(), "s"))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := acceptUnix(l)
			for err == nil {
				_, err = acceptUnix(l)
			}
			ended <- err
		}()
		if conn, err := dialUnix(l.Name()); err == nil {
			conn.Close()
		}
		l.Close()
		if err := <-ended; !errors.Is(err, os.ErrClosed) {
			t.Fatalf("got %v, want os.ErrClosed", err)
		}
	}
}

// TestPath: a socket that is left over is taken, another file is not, and who is
// not the owner cannot connect.
func TestPath(t *testing.T) {
	s := &Socket{Program: "hopwire-route", Service: "the route server", Path: filepath.Join(t.TempDir(), "s")}
	os.WriteFile(s.Path, []byte("precious"), 0o644)
	if _, err := s.Listen(answers); err == nil || !strings.Contains(hint.Of(err), "HOPWIRE_ROUTE_SOCKET") {
		t.Errorf("a file was taken for a socket: %v", err)
	}
	os.Remove(s.Path)
	l, err := listenUnix(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	server, err := s.Listen(answers)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(s.Path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	server.Close()
	if _, err := os.Lstat(s.Path); !os.IsNotExist(err) {
		t.Errorf("it is left over: %v", err)
	}
	s.Path = filepath.Join(s.Path, "s")
	if _, err := s.Listen(answers); err == nil || !strings.Contains(hint.Of(err), "HOPWIRE_ROUTE_SOCKET") {
		t.Errorf("without a folder: %v, hint %q", err, hint.Of(err))
	}
}

// TestDeadline: a client that says nothing, or never ends its line, is let go.
func TestDeadline(t *testing.T) {
	s := listen(t, answers, 20*time.Millisecond)
	for _, said := range []string{"", "tab", strings.Repeat("x", maxCommand)} {
		conn, err := dialUnix(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, said)
		if got, err := io.ReadAll(conn); len(got) > 0 || err != nil && !errors.Is(err, os.ErrClosed) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%.9q: %q %v", said, got, err)
		}
		conn.Close()
	}
}

// client sends a command; its answer is read from what is returned.
func client(t *testing.T, s *Socket, command string) *bufio.Reader {
	t.Helper()
	conn, err := dialUnix(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, command+"\n")
	return bufio.NewReader(conn)
}

func hears(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	if got, err := r.ReadString('\n'); got != want {
		t.Errorf("%q, want %q: %v", got, want, err)
	}
}

// slow answers at once, but what is slow only when told.
func slow(begun chan<- bool, end <-chan struct{}) Answer {
	return func(w io.Writer, args []string) error {
		if args[0] == "slow" {
			begun <- true
			<-end
		}
		Text(w, args[0])
		return nil
	}
}

// TestTwoClients: each is answered in its own time.
func TestTwoClients(t *testing.T) {
	begun, end := make(chan bool), make(chan struct{})
	s := listen(t, slow(begun, end), patience)
	first := client(t, s, "slow")
	<-begun
	hears(t, client(t, s, "quick"), "= quick\n")
	close(end)
	hears(t, first, "= slow\n")
}

// TestTooManyClients: one more than fit is told so.
func TestTooManyClients(t *testing.T) {
	begun, end := make(chan bool), make(chan struct{})
	s := listen(t, slow(begun, end), patience)
	var all []*bufio.Reader
	for range maxClients {
		all = append(all, client(t, s, "slow"))
		<-begun
	}
	hears(t, client(t, s, "quick"), "! the route server answers eight commands already\n")
	close(end)
	for _, r := range all {
		hears(t, r, "= slow\n")
	}
}

// TestLines: lines come out as they went in, however they are cut on the way; what
// has no end is refused.
func TestLines(t *testing.T) {
	var want []string
	for i := range 3000 {
		want = append(want, strings.Repeat("x", i%97*i%5000))
	}
	text := strings.Join(want, "\n")
	for _, r := range []io.Reader{strings.NewReader(text), strings.NewReader(text + "\n"), iotest.HalfReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
		var got []string
		if err := eachLine(r, func(s string) bool { got = append(got, s); return true }); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d lines, want %d: %v", len(got), len(want), err)
		}
	}
	if err := eachLine(strings.NewReader(strings.Repeat("x", 2*maxLine)), func(string) bool { return true }); err != errLine {
		t.Errorf("no end: %v, want %v", err, errLine)
	}
	if err := eachLine(iotest.ErrReader(io.ErrUnexpectedEOF), func(string) bool { return true }); err != io.ErrUnexpectedEOF {
		t.Errorf("an error of the reader: %v", err)
	}
}
