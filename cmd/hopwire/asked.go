package main

import (
	"hopwire/cmd/control"
	"hopwire/cmd/file"
	"hopwire/cmd/hint"
)

// listen answers on the control socket until it is closed. Where the medium is
// read-only or full the node runs without one, and says so.
func (d *daemon) listen() (*control.Server, error) {
	s := d.c.socket()
	s.Failed = func(err error) { d.log.Error("control socket", "error", err) }
	server, err := s.Listen(d.answer)
	if file.Unwritable(err) {
		d.log.Error("no command can ask this node", "error", err, "hint", hint.Of(err))
		err = nil
	}
	return server, err
}
