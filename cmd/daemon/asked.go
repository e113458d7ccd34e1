package daemon

import (
	"hopwire/cmd/control"
	"hopwire/cmd/file"
	"hopwire/cmd/hint"
)

// listen answers on the control socket until it is closed. Where the medium is
// read-only or full the node runs without one, and says so.
func (d *Daemon) listen() (*control.Server, error) {
	s := d.ControlSocket()
	s.Failed = func(err error) { d.Log.Error("control socket", "error", err) }
	server, err := s.Listen(d.Answer)
	if file.Unwritable(err) {
		d.Log.Error("no command can ask this node", "error", err, "hint", hint.Of(err))
		err = nil
	}
	return server, err
}
