package command

import (
	"io"
	"strings"
)

// usage writes what the program is and its commands, the help of each on the same
// line where it fits.
func (p *Program) usage(w io.Writer) {
	text := p.Name + ": " + p.About + "\n\n"
	all := p.all()
	for i := range all {
		text += entry(p.line(&all[i]), all[i].Help)
	}
	if p.Settings != nil {
		text += entry(p.Name+" help config", "the settings: environment variables")
	}
	io.WriteString(w, text+"\n"+p.Notes)
}

// column is where the help of a command begins, or goes on; width is a terminal's.
const (
	column = "                                "
	width  = 80
)

func entry(line, help string) (text string) {
	line = "  " + line
	for len(line) > width {
		cut := strings.LastIndex(line[:width], " [")
		if cut < len(column) {
			break
		}
		text, line = text+line[:cut]+"\n", column+line[cut+1:]
	}
	if len(line) < len(column) {
		return line + column[len(line):] + help + "\n"
	}
	return text + line + "\n" + column + help + "\n"
}

// help writes how one command is used.
func (p *Program) help(c *Command, w io.Writer) {
	if c.Name == "help" {
		p.usage(w)
		return
	}
	io.WriteString(w, p.line(c)+"\n\n  "+c.Help+"\n")
}

// helpCommand is the command help.
func (p *Program) helpCommand(a *Args) error {
	name := "help"
	if len(a.Words) > 0 {
		name = a.Words[0]
	}
	if name == "config" && p.Settings != nil {
		p.Settings(a.Out)
		return nil
	}
	c, err := p.find(name)
	if err == nil {
		p.help(c, a.Out)
	}
	return err
}
