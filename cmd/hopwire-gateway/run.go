package main

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/control"
	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/table"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/pay"
	"hopwire/pay/gateway"
	"hopwire/route"
)

// A server is the node of this program: one that serves calls of accounts.
type server struct {
	*daemon.Daemon
	c *config
	g *gateway.Gateway

	answers chan func(now time.Time)
}

// waitingAnswers is more than the gateway has requests at once.
const waitingAnswers = 8192

// runGateway is the command: it ends by a signal, with exit status 0.
func runGateway(*command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	if _, _, err := c.keys(); err != nil {
		return err
	}
	s := &server{c: c, answers: make(chan func(now time.Time), waitingAnswers)}
	err = daemon.Serve(c.node(), func(d *daemon.Daemon) daemon.Parts {
		s.Daemon = d
		return daemon.Parts{Configure: s.configure, Open: s.open, Answer: s.answer, Findings: s.findings, Metrics: s.metrics}
	})
	if s.g != nil {
		s.g.Close()
	}
	return err
}

// configure makes the node one that many strangers call.
func (s *server) configure(n *node.Config, _ *route.Config) {
	n.MaxPeers, n.SessionRate, n.SessionBurst, n.SetupRate = 4096, 400, 800, 800
	n.CallMemory = 16 << 20
	n.Serve = func(_ time.Time, from node.Caller, request []byte, reply func(now time.Time, response []byte)) {
		var by identity.Key
		if copy(by[:], from.Neighbour[:]); by == (identity.Key{}) {
			by = from.Key
		}
		s.g.Handle(by, request, func(answer []byte) { s.answers <- func(now time.Time) { reply(now, answer) } })
	}
}

// open opens the ledger. No port is open yet, so nobody asks before.
func (s *server) open(stop <-chan struct{}) (err error) {
	if s.g, err = s.c.openGateway(); err != nil {
		return hint.Add(err, "'hopwire-gateway help' lists audit, restore and time")
	}
	h := s.g.Health()
	s.Log.Info("ledger open", "file", s.c.database(), "batch", h.Number, "journaled", h.Journaled)
	if s.c.Journal == "" {
		s.Log.Info("no journal: what the disk loses is lost", "hint", "HOPWIRE_GATEWAY_JOURNAL names a file on another disk")
	}
	var running sync.WaitGroup
	running.Go(func() { s.give(stop) })
	return nil
}

// openGateway makes the gateway of the settings.
func (c *config) openGateway() (*gateway.Gateway, error) {
	of, keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	t, err := c.terms()
	if err != nil {
		return nil, err
	}
	gc := gateway.Config{Gateway: of, Keys: keys, Terms: t, Database: c.database(), Clock: machine{time.Now()}, Rand: bufio.NewReader(rand.Reader)}
	if c.Journal != "" {
		j, err := gateway.OpenJournal(c.Journal)
		if err != nil {
			return nil, err
		}
		seal, err := readHex(c.file(sealFile))
		if err != nil || len(seal) != 32 {
			return nil, fmt.Errorf("%s: no key to seal the journal: %v", c.file(sealFile), err)
		}
		gc.Journal, gc.Recovery = j, [32]byte(seal)
	}
	return gateway.Open(gc)
}

// A machine is its clocks; since is any moment before.
type machine struct{ since time.Time }

func (machine) Wall() time.Time          { return time.Now().Round(0) }
func (m machine) Elapsed() time.Duration { return time.Since(m.since) }

// give hands answers to the node, all that are there in one turn.
func (s *server) give(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case first := <-s.answers:
			s.Runner.Turn(func(now time.Time) {
				first(now)
				for range len(s.answers) {
					(<-s.answers)(now)
				}
			})
		}
	}
}

// answer does the commands that are this program's own.
func (s *server) answer(w io.Writer, args []string) (done bool, err error) {
	switch {
	case args[0] == "accounts" && len(args) == 1:
		return true, s.accounts(w)
	case args[0] == "audit" && len(args) == 1:
		text, err := verdict(s.g.Audit())
		if err == nil {
			control.Text(w, strings.TrimSpace(text))
		}
		return true, err
	case args[0] == "backup" && len(args) == 2:
		n, err := s.g.Copy(args[1])
		if err == nil {
			control.Text(w, fmt.Sprintf("%s is the ledger of batch %d", args[1], n))
		}
		return true, err
	}
	return false, nil
}

func (s *server) accounts(w io.Writer) error {
	a, err := s.g.Audit()
	if err != nil {
		return err
	}
	t := table.New("asset:n balances:s inboxes:s held:s fees:s withdrawing:s chain:s")
	for _, x := range a.Assets {
		t.Add(int(x.Asset), pay.Amount(x.Balances), pay.Amount(x.Inboxes), pay.Amount(x.Held), pay.Amount(x.Fees), pay.Amount(x.Going), pay.Amount(x.Chain))
	}
	control.Send(w, t)
	return nil
}

// findings is what the gateway knows of its own trouble.
func (s *server) findings(f *daemon.Findings) {
	h := s.g.Health()
	if h.Trouble != nil {
		f.Bad("calls are answered again once that is mended; nothing is lost", "nothing is answered: %v", h.Trouble)
	}
	if h.Skew != 0 {
		f.Bad("set the system clock right, then restart", "the system clock was set by %v; gateway time does not follow", h.Skew)
	}
	if s.c.Journal == "" {
		f.Bad("HOPWIRE_GATEWAY_JOURNAL names a file on another disk", "there is no journal: what the disk loses is lost")
	}
	f.OK("batch %d, %d calls", h.Number, s.g.N.Calls.Load())
}

func (s *server) metrics(w io.Writer) {
	n := &s.g.N
	for _, c := range []struct {
		name  string
		value uint64
	}{{"calls", n.Calls.Load()}, {"refused", n.Refused.Load()}, {"repeats", n.Repeats.Load()}, {"others", n.Others.Load()}, {"bad", n.Bad.Load()},
		{"busy", n.Busy.Load()}, {"halted", n.Halted.Load()}, {"batches", n.Batches.Load()}, {"failures", n.Failures.Load()}} {
		daemon.Gauge(w, "gateway_"+c.name, int(c.value))
	}
}
