package control

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/cmd/hint"
)

// connect is a client that says something, or nothing.
func connect(t *testing.T, s *Socket, said string) *os.File {
	t.Helper()
	conn, err := dialUnix(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	io.WriteString(conn, said)
	return conn
}

// TestSilentClients: those who say nothing hold no place. Eight of them held all for ten
// seconds.
func TestSilentClients(t *testing.T) {
	s := listen(t, answers, time.Hour)
	first := connect(t, s, "")
	for range 3 * maxClients {
		connect(t, s, "tab")
		hears(t, client(t, s, "text"), "= one two\n")
	}
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("the one that was silent longest is still there")
	}
}

// TestGone: what waits for a client that has gone ends. Eight such held the socket.
func TestGone(t *testing.T) {
	begun, ended := make(chan bool), make(chan bool, maxClients)
	s := listen(t, func(w io.Writer, args []string) error {
		if args[0] == "wait" {
			begun <- true
			<-Gone(w)
			ended <- true
		}
		Text(w, args[0])
		return nil
	}, patience)
	var all []*os.File
	for range maxClients {
		all = append(all, connect(t, s, "wait\nand more\n"))
		<-begun
	}
	hears(t, client(t, s, "quick"), "! the route server answers eight commands already\n")
	for i, c := range all {
		c.Close()
		<-ended
		for got := "!"; got[0] == '!'; { // the place is free a moment later
			got, _ = client(t, s, "quick").ReadString('\n')
			if got == "" {
				t.Fatalf("no answer after %d have gone", i+1)
			}
		}
	}
	if Gone(io.Discard) != nil {
		t.Error("what is no client can go")
	}
}

// TestReadsNothing: a client that does not take what it is told is given up.
func TestReadsNothing(t *testing.T) {
	ended := make(chan error)
	s := listen(t, func(w io.Writer, args []string) error {
		for {
			if err := Row(w, strings.Repeat("x", 1000)); err != nil {
				ended <- err
				return nil
			}
		}
	}, 50*time.Millisecond)
	connect(t, s, "rows\n")
	if err := <-ended; !os.IsTimeout(err) {
		t.Errorf("%v", err)
	}
}

// TestTwoServers: a socket on which somebody answers is refused, and only its own does
// a server remove. The second took it over, and whoever ended first removed it.
func TestTwoServers(t *testing.T) {
	s := listen(t, answers, patience)
	if _, err := s.Listen(answers); err == nil || !strings.Contains(err.Error(), "another hopwire-route answers on "+s.Path) || !strings.Contains(hint.Of(err), "HOPWIRE_ROUTE_SOCKET") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
	hears(t, client(t, s, "text"), "= one two\n")

	full := &Socket{Program: "hopwire-route", Path: filepath.Join(t.TempDir(), "s")} // answers nobody, but is there
	l, err := listenUnix(full.Path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := full.Listen(answers); err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("one that is slow: %v", err)
	}
	l.Close()

	server, err := full.Listen(answers)
	if err != nil {
		t.Fatal(err)
	}
	os.Rename(full.Path, full.Path+"2") // it stays, so the new one is another file
	other, err := full.Listen(answers)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	hears(t, client(t, full, "text"), "= one two\n")
	other.Close()
	if _, err := os.Lstat(full.Path); !os.IsNotExist(err) {
		t.Errorf("it is left over: %v", err)
	}
}

// TestWithoutDescriptors: a client waits until there are some. One failure of accept, and
// the socket was dead.
func TestWithoutDescriptors(t *testing.T) {
	s := &Socket{Program: "hopwire-route", Service: "the route server", Path: filepath.Join(t.TempDir(), "s")}
	failed := make(chan error, 9)
	s.Failed = func(err error) { failed <- err }
	server, err := s.Listen(answers)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	conn := os.NewFile(uintptr(fd), "client")
	defer conn.Close()
	var was unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_NOFILE, &was)
	none := was
	none.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: s.Path}); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, unix.EMFILE) {
		t.Errorf("%v, want %v", err, unix.EMFILE)
	}
	if _, err := s.Listen(answers); !errors.Is(err, unix.EMFILE) {
		t.Errorf("whether somebody answers is not known, but: %v", err)
	}
	unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
	io.WriteString(conn, "text\n")
	hears(t, bufio.NewReader(conn), "= one two\n")
	if len(failed) > 0 {
		t.Errorf("said again: %v", <-failed)
	}
}
