// Package control is the Unix socket by which a program's other commands ask the
// one that runs. A client sends one line, a command and its arguments; the answer
// is lines too, and its end is the end of the connection:
//
//	# list address:s up_s:n     a table begins: list, single or stream
//	  VALUE<tab>VALUE           one row of it
//	= TEXT                      a line of plain text
//	! ERROR                     what is wrong
//	? HINT                      what to do about it
//
// The program that runs listens and answers with Send, Begin and Row, or Text; the
// other command asks and shows what comes, for people or as JSON:
//
//	socket := &control.Socket{Program: "hopwire", Service: "the node", Path: "/var/run/hopwire.sock"}
//	server, err := socket.Listen(func(w io.Writer, args []string) error { ... })
//	err := socket.Ask(os.Stdout, "peers", json)
//
// It never serves anybody but its owner (the socket is 0600) and never more than eight
// at once. Those who say nothing have no part in that, and are let go after ten seconds
// or when there are nine; who has gone holds nothing. It never takes a socket on which
// somebody else answers, nor removes one that is not its own.
package control
