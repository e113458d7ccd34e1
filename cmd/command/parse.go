package command

import "strings"

// A usageError is a command line that makes no sense.
type usageError struct {
	_    [0]func() // not compared: saves the code
	text string
}

func (e *usageError) Error() string { return "usage: " + e.text }

func wrong(text string) error { return &usageError{text: text} }

// parse sorts what follows the name into words and options.
func (c *Command) parse(args []string) (*Args, error) {
	a := &Args{Command: c.Name}
	for i := 0; i < len(args); i++ {
		s := args[i]
		if !strings.HasPrefix(s, "-") {
			a.Words = append(a.Words, s)
			continue
		}
		a.Options = append(a.Options, s)
		switch c.kind(s) {
		case unknown:
			return nil, wrong(c.Name + " has no option " + s)
		case valued:
			if i++; i == len(args) || strings.HasPrefix(args[i], "-") {
				return nil, wrong(s + " needs a value")
			}
			a.Options = append(a.Options, args[i])
		}
	}
	return a, c.count(len(a.Words))
}

const (
	unknown = iota
	flag
	valued // a value follows it
)

// kind looks an option up in the usage line.
func (c *Command) kind(option string) int {
	for _, f := range strings.Fields(c.Usage) {
		switch f {
		case "[" + option + "]":
			return flag
		case "[" + option:
			return valued
		}
	}
	return unknown
}

// count refuses more or fewer words than the usage line has: WORD, or [WORD].
func (c *Command) count(words int) error {
	least, most := 0, 0
	for _, f := range strings.Fields(c.Usage) {
		switch option, ends := f[0] == '[', strings.HasSuffix(f, "]"); {
		case !option && !ends:
			least++
			most++
		case option && ends && f[1] != '-':
			most++
		}
	}
	switch {
	case words < least:
		return wrong(c.Name + " needs more words")
	case words > most:
		return wrong("too many words for " + c.Name)
	}
	return nil
}
