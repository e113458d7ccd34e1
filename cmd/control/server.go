package control

import (
	"io"
	"os"
	"strings"
	"time"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
)

const (
	maxClients   = 8                // at once
	maxCommand   = 1024             // bytes of a line
	patience     = 10 * time.Second // until a client has said what it wants
	longestReply = 24 * time.Hour   // a ping without end is meant to end some day
)

// A Socket is where a program is asked.
type Socket struct {
	_       [0]func() // not compared: saves the code
	Program string    // whose: hints name its command and its settings SOCKET and STATE
	Service string    // what runs there, as operators are told: the node
	Path    string
}

// An Answer does one command of a client and writes what it says to w, by the
// functions of this package. What it returns is sent too. Several run at once.
type Answer func(w io.Writer, args []string) error

// A Server answers on a socket until it is closed.
type Server struct {
	at       *Socket
	l        *os.File
	answer   Answer
	patience time.Duration
	busy     chan struct{}
}

// Listen takes the path and answers there. Who calls it holds the lock of the
// program's folder: a socket that is left over is removed.
func (s *Socket) Listen(answer Answer) (*Server, error) { return s.listen(answer, patience) }

func (s *Socket) listen(answer Answer, patience time.Duration) (*Server, error) {
	variable := setting.Name(s.Program, "SOCKET")
	if info, err := os.Lstat(s.Path); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, hint.Errorf("set "+variable+" to a free path", "%s exists and is no socket", s.Path)
		}
		os.Remove(s.Path)
	}
	l, err := listenUnix(s.Path)
	if err != nil {
		return nil, hint.Errorf("set "+variable+" to a path of at most 107 characters in a folder that can be written", "control socket: %v", err)
	}
	if err := os.Chmod(s.Path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	server := &Server{at: s, l: l, answer: answer, patience: patience, busy: make(chan struct{}, maxClients)}
	go server.accept()
	return server, nil
}

// Close removes the socket and takes no more clients. Answers that run go on.
func (s *Server) Close() {
	os.Remove(s.at.Path)
	s.l.Close()
}

func (s *Server) accept() {
	for {
		conn, err := acceptUnix(s.l)
		if err != nil {
			return
		}
		select {
		case s.busy <- struct{}{}:
			go s.serve(conn)
		default:
			io.WriteString(conn, "! "+s.at.Service+" answers eight commands already\n")
			conn.Close()
		}
	}
}

func (s *Server) serve(conn *os.File) {
	defer func() {
		conn.Close()
		<-s.busy
	}()
	conn.SetDeadline(time.Now().Add(s.patience))
	var args []string
	eachLine(io.LimitReader(conn, maxCommand), func(s string) bool {
		args = strings.Fields(s)
		return false
	})
	if len(args) == 0 {
		return
	}
	conn.SetDeadline(time.Now().Add(longestReply))
	if err := s.answer(conn, args); err != nil {
		sendError(conn, err)
	}
}
