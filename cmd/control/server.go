package control

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
)

const (
	maxClients   = 8                      // whose command is done, and of those who say nothing yet
	maxCommand   = 1024                   // bytes of a line
	patience     = 10 * time.Second       // until a client has said what it wants, and to take what it is told
	longestReply = 24 * time.Hour         // a ping without end is meant to end some day
	pause        = 100 * time.Millisecond // until the next try to accept
)

// A Socket is where a program is asked.
type Socket struct {
	_       [0]func() // not compared: saves the code
	Program string    // whose: hints name its command and its settings SOCKET and STATE
	Service string    // what runs there, as operators are told: the node
	Path    string

	// Failed is told why no client can be taken, once until one can; it may be nil.
	Failed func(error)
}

// An Answer does one command of a client and writes what it says to w, by the
// functions of this package. What it returns is sent too. Several run at once.
type Answer func(w io.Writer, args []string) error

// Gone returns a channel that is closed when the client whose answer is written to w
// has gone: what waits should wait for that too. It is nil, and never closed, where w
// is not of a Server.
func Gone(w io.Writer) <-chan struct{} {
	if c, ok := w.(*asker); ok {
		return c.gone
	}
	return nil
}

// A Server answers on a socket until it is closed.
type Server struct {
	at       *Socket
	l        *os.File
	own      os.FileInfo // of the socket, to know it again
	answer   Answer
	patience time.Duration
	busy     chan struct{}

	mu     sync.Mutex
	silent [maxClients]*os.File // who have not said what they want, or nil
	next   int                  // the place of silent for who comes next
}

// Listen takes the path and answers there. A socket that nobody answers on is left
// over, and removed; where somebody answers, it is his.
func (s *Socket) Listen(answer Answer) (*Server, error) { return s.listen(answer, patience) }

func (s *Socket) listen(answer Answer, patience time.Duration) (*Server, error) {
	if err := s.vacate(); err != nil {
		return nil, err
	}
	l, err := listenUnix(s.Path)
	if err != nil {
		return nil, hint.Errorf("set "+s.variable()+" to a path of at most 107 characters in a folder that can be written", "control socket: %w", err)
	}
	own, err := os.Lstat(s.Path)
	if err == nil {
		err = os.Chmod(s.Path, 0o600)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	server := &Server{at: s, l: l, own: own, answer: answer, patience: patience, busy: make(chan struct{}, maxClients)}
	go server.accept()
	return server, nil
}

func (s *Socket) variable() string { return setting.Name(s.Program, "SOCKET") }

// vacate removes a socket that is left over.
func (s *Socket) vacate() error {
	info, err := os.Lstat(s.Path)
	if err != nil {
		return nil
	}
	if info.Mode()&os.ModeSocket == 0 {
		return hint.Errorf("set "+s.variable()+" to a free path", "%s exists and is no socket", s.Path)
	}
	conn, err := dialUnix(s.Path)
	if err == nil {
		conn.Close()
		return hint.Errorf("stop it, or set "+s.variable()+" to another path", "another %s answers on %s", s.Program, s.Path)
	}
	if errors.Is(err, unix.ECONNREFUSED) {
		os.Remove(s.Path)
	}
	return nil // whatever else it is, listening says it
}

// Close removes the socket, if it is still ours, and takes no more clients. Answers
// that run go on.
func (s *Server) Close() {
	if s == nil {
		return // there was no room for one
	}
	if now, err := os.Lstat(s.at.Path); err == nil && os.SameFile(s.own, now) {
		os.Remove(s.at.Path)
	}
	s.l.Close()
}

// accept takes clients until the socket is closed. Where there are no descriptors it
// tries again: who has connected waits in the kernel's queue.
func (s *Server) accept() {
	failed := false
	for {
		conn, err := acceptUnix(s.l)
		switch {
		case errors.Is(err, os.ErrClosed):
			return
		case err != nil:
			if !failed && s.at.Failed != nil {
				s.at.Failed(err)
			}
			failed = true
			time.Sleep(pause)
			continue
		}
		failed = false
		s.await(conn)
		go s.serve(conn)
	}
}

// await notes a client that has said nothing yet. They have no part in the places of
// those who did: who is silent while eight more come is let go.
func (s *Server) await(conn *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	place := &s.silent[s.next]
	if *place != nil {
		(*place).Close() // ends its serve
	}
	*place, s.next = conn, (s.next+1)%maxClients
}

// heard notes that a client has said what it wants, or will not.
func (s *Server) heard(conn *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.silent {
		if s.silent[i] == conn {
			s.silent[i] = nil
		}
	}
}

func (s *Server) serve(conn *os.File) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(s.patience))
	var args []string
	eachLine(io.LimitReader(conn, maxCommand), func(s string) bool {
		args = strings.Fields(s)
		return false
	})
	s.heard(conn)
	if len(args) == 0 {
		return
	}
	select {
	case s.busy <- struct{}{}:
	default:
		io.WriteString(conn, "! "+s.at.Service+" answers eight commands already\n")
		return
	}
	defer func() { <-s.busy }()
	c := &asker{conn: conn, patience: s.patience, gone: make(chan struct{})}
	go c.watch()
	if err := s.answer(c, args); err != nil {
		sendError(c, err)
	}
}

// An asker is a client that is answered.
type asker struct {
	conn     *os.File
	patience time.Duration
	gone     chan struct{}
}

// Write gives up on a client that does not take what it is told.
func (c *asker) Write(b []byte) (int, error) {
	c.conn.SetWriteDeadline(time.Now().Add(c.patience))
	return c.conn.Write(b)
}

// watch reads what nobody wants to hear until the client has gone, or the answer is
// at its end.
func (c *asker) watch() {
	c.conn.SetReadDeadline(time.Now().Add(longestReply))
	defer close(c.gone)
	b := make([]byte, 64)
	for {
		if _, err := c.conn.Read(b); err != nil {
			return
		}
	}
}
