package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/hint"
	"hopwire/route/announce"
	"hopwire/route/server"
)

// verify checks a file of the map: that this server wrote it, and every signature.
func verify(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	if len(a.Words) != 1 {
		return hint.Errorf("verify FILE; the server writes "+c.file(), "one file is needed")
	}
	id, err := c.node().Folder().Load()
	if err != nil {
		return err
	}
	f, err := os.Open(a.Words[0])
	if err != nil {
		return err
	}
	defer f.Close()
	sc, now := c.server(id), time.Now()
	var done []func(time.Time)
	sc.Work = func(_ server.Kind, job func() func(time.Time)) bool { done = append(done, job()); return true }
	s := server.New(now, sc)
	relays, broken := s.Load(now, f, now)
	ask := func(request []byte) (response []byte, err error) {
		s.Advance(now)
		for len(done) > 0 {
			next := done[0]
			done = done[1:]
			next(now)
		}
		s.Serve(now, server.Caller{Local: true, Neighbour: id.Key()}, request, func(_ time.Time, b []byte) { response = b })
		for len(done) > 0 {
			next := done[0]
			done = done[1:]
			next(now)
		}
		if response == nil {
			return nil, fmt.Errorf("the map of %d relays cannot be read", relays)
		}
		return response, nil
	}
	good, bad := 0, 0
	err = eachRelay(ask, func(raw announce.Raw, _ time.Duration) {
		if raw.Verify() {
			good++
		} else {
			bad++
		}
	})
	if relays > 0 && err != nil {
		return err
	}
	fmt.Fprintf(io.Writer(a.Out), "%d relays, %d signatures good, %d bad\n", relays, good, bad)
	if broken != nil {
		return hint.Add(broken, "what is whole is used; the rest is learnt anew")
	}
	if bad > 0 {
		return fmt.Errorf("%d announcements are not what their relays signed", bad)
	}
	return nil
}
