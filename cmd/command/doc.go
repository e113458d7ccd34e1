// Package command is the command line of a program with several commands: which one
// is meant, whether its words and options make sense, help, errors, exit status.
//
//	p := &command.Program{Name: "hopwire", About: "a mesh relay", Version: version,
//		Commands: []command.Command{{Name: "ping", Usage: "ADDR [-c N] [--json]", Help: "round-trip time", Run: ping}}}
//	os.Exit(p.Main(os.Args[1:], os.Stdout, os.Stderr))
//
// The usage line is the grammar: what it does not have is refused, and so is a line
// without what it asks for. It has words (ADDR), words that may be left out ([ADDR]),
// options ([--json]) and options with a value ([-c N]); options stand anywhere. The
// commands help and version are there in every program.
//
// It never runs a command when -h or --help is on the line or a word is wrong, and
// it never ends the program.
package command
