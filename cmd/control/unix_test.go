package control

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestUnix: a client's line arrives, the answer returns and ends, and a deadline holds.
func TestUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if _, err := dialUnix(path); err == nil {
		t.Fatal("a client found somebody where nobody listens")
	}
	l, err := listenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listenUnix(path); err == nil {
		t.Fatal("two listen on one path")
	}
	served := make(chan string)
	go func() {
		conn, err := acceptUnix(l)
		if err != nil {
			served <- err.Error()
			return
		}
		s, _ := bufio.NewReader(conn).ReadString('\n')
		io.WriteString(conn, "answer to "+s)
		conn.SetDeadline(time.Now().Add(time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); !os.IsTimeout(err) {
			s = "no deadline"
		}
		conn.Close()
		served <- s
	}()
	conn, err := dialUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "question\n")
	if s := <-served; s != "question\n" {
		t.Fatalf("the server got %q", s)
	}
	if b, err := io.ReadAll(conn); string(b) != "answer to question\n" || err != nil {
		t.Fatalf("the client got %q, %v", b, err)
	}
}

// TestUnixClose: Close ends an accept that waits.
func TestUnixClose(t *testing.T) {
	l, err := listenUnix(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := acceptUnix(l)
		ended <- err
	}()
	l.Close()
	if err := <-ended; err == nil {
		t.Fatal("accept returned no error")
	}
}

func TestUnixLongPath(t *testing.T) {
	if _, err := listenUnix("/" + strings.Repeat("x", 108)); err == nil {
		t.Fatal("a path that does not fit was accepted")
	}
}
