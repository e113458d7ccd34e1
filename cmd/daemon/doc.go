// Package daemon is a node that runs as a program: with its settings, ports, log, control
// socket and doctor. The programs around a node (hopwire, hopwire-route) share it and add
// what is their own:
//
//	c := &daemon.Config{Program: "hopwire", Settings: s, Folder: folder, Budget: b}
//	err := daemon.Serve(c, func(d *daemon.Daemon) daemon.Parts { return daemon.Parts{Look: d.look, ...} })
//
// Only this package and the programs read the clock, the environment and the files of a
// node. A Daemon's fields are set before anything runs, and safe for concurrent use after.
package daemon
