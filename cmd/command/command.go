package command

import (
	"errors"
	"io"
	"slices"
	"strings"

	"hopwire/cmd/hint"
)

// A Program is what Main runs.
type Program struct {
	Name, About, Version string
	Commands             []Command
	Notes                string            // below the list of commands
	Settings             func(w io.Writer) // what "help config" prints; nil: nothing can be set
}

// A Command is one word of a program.
type Command struct {
	Name  string
	Usage string // what follows the name; the grammar
	Help  string // one line
	Run   func(*Args) error
}

// Args are what follows the name of a command.
type Args struct {
	Out     io.Writer // for what was asked for
	Command string
	Words   []string
	Options []string // as they came, values behind their options
}

// Has says whether the option was given.
func (a *Args) Has(option string) bool { return slices.Contains(a.Options, option) }

// Main runs one command, prints its error and returns the exit status: 0, 1 for an
// error, 2 for a command line that makes no sense.
func (p *Program) Main(args []string, out, errs io.Writer) (status int) {
	if len(args) == 0 {
		p.usage(errs)
		return 2
	}
	err := p.run(args, out)
	if err == nil {
		return 0
	}
	io.WriteString(errs, p.Name+": error: "+err.Error()+"\n")
	if h := hint.Of(err); h != "" {
		io.WriteString(errs, p.Name+": hint: "+h+"\n")
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	return 1
}

func (p *Program) run(args []string, out io.Writer) error {
	c, err := p.find(args[0])
	if err != nil {
		return err
	}
	if slices.Contains(args, "-h") || slices.Contains(args, "--help") {
		p.help(c, out)
		return nil
	}
	a, err := c.parse(args[1:])
	if err != nil {
		return hint.Add(err, p.line(c))
	}
	switch a.Out = out; c.Name {
	case "help":
		return p.helpCommand(a)
	case "version":
		io.WriteString(out, p.Name+" "+p.Version+"\n")
		return nil
	}
	return c.Run(a)
}

// find returns the command of that name.
func (p *Program) find(name string) (*Command, error) {
	switch name {
	case "-h", "--help":
		name = "help"
	case "--version":
		name = "version"
	}
	all := p.all()
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
	}
	return nil, hint.Add(wrong("no command "+name), "'"+p.Name+" help' lists the commands")
}

// common are the commands of every program. What they do, run says.
var common = []Command{
	{Name: "version", Help: "the version of this program"},
	{Name: "help", Usage: "[COMMAND]", Help: "help for a command"},
}

func (p *Program) all() []Command {
	return append(p.Commands[:len(p.Commands):len(p.Commands)], common...)
}

// line is how a command is called.
func (p *Program) line(c *Command) string {
	return strings.TrimSpace(p.Name + " " + c.Name + " " + c.Usage)
}
