package main

import (
	"fmt"
	"time"

	"hopwire/cmd/command"
	"hopwire/cmd/file"
	"hopwire/cmd/hint"
	"hopwire/cmd/table"
	"hopwire/route/announce"
	"hopwire/route/server"
)

// verify checks a file of the map: that this server has written it, and every signature.
func verify(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	id, err := c.node().Folder().Load()
	if err != nil {
		return err
	}
	f, _, err := file.Open(a.Words[0])
	if err != nil {
		return hint.Add(err, "the server writes "+c.file())
	}
	defer f.Close()
	now := time.Now()
	s := server.New(now, c.server(id))
	relays, broken := s.Load(now, f, now)
	good := 0
	s.Each(now, func(raw announce.Raw, _ time.Duration) {
		if raw.Verify() {
			good++
		}
	})
	whole := 1
	if broken != nil {
		whole = 0
	}
	t := table.New("relays:n good:n bad:n whole:n")
	t.Single = true
	t.Add(relays, good, relays-good, whole)
	t.Write(a.Out, a.Has("--json"))
	switch {
	case broken != nil:
		return hint.Add(broken, "a server that starts takes what is whole, and learns the rest anew")
	case good < relays:
		return fmt.Errorf("%d announcements are not what their relays signed", relays-good)
	}
	return nil
}
