package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	configFolder = "/etc/config"
	stageFolder  = "/tmp/.uci" // a package with changes that are not committed, whole
)

var (
	errQuiet = errors.New("quiet")
	//lint:ignore ST1005 the words of uci itself
	errNotFound = errors.New("Entry not found")
)

// A pkg is one file of /etc/config.
type pkg struct {
	name     string
	sections []*section
}

type section struct {
	kind, name string
	anonymous  bool
	options    []*option
}

type option struct {
	name   string
	list   bool
	values []string
}

// uciCommand does one command of uci: get, set, add, add_list, del_list, delete,
// show, export, commit. A change is staged, as real uci does it, until commit.
func uciCommand(args []string) error {
	quiet, named := false, false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		quiet = quiet || args[0] == "-q"
		named = named || args[0] == "-n"
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("no command")
	}
	err := uciDo(args[0], args[1:], named)
	if err != nil && quiet {
		return errQuiet
	}
	return err
}

func uciDo(command string, args []string, named bool) error {
	if command == "commit" {
		return commit(args)
	}
	if len(args) == 0 {
		return errors.New("no argument")
	}
	ref, value, assigned := strings.Cut(args[0], "=")
	parts := strings.SplitN(ref, ".", 3)
	p, err := load(parts[0])
	if err != nil {
		return err
	}
	changed := true
	switch command {
	case "get":
		changed, err = false, p.get(parts[1:])
	case "show":
		changed, err = false, p.show(parts[1:])
	case "export":
		fmt.Print("package "+p.name+"\n\n", p.text(named))
		changed = false
	case "add":
		if len(args) < 2 {
			return errors.New("add needs a type")
		}
		s := &section{kind: args[1], anonymous: true}
		p.sections = append(p.sections, s)
		p.number()
		fmt.Println(s.name)
	case "set", "add_list", "del_list":
		if !assigned {
			return errors.New("no value")
		}
		err = p.assign(command, parts[1:], value)
	case "delete":
		err = p.delete(parts[1:])
	default:
		return fmt.Errorf("unknown command %q", command)
	}
	if err != nil || !changed {
		return err
	}
	return p.stage()
}

func commit(names []string) error {
	if len(names) == 0 {
		all, _ := filepath.Glob(stageFolder + "/*")
		for _, f := range all {
			names = append(names, filepath.Base(f))
		}
	}
	for _, n := range names {
		staged := filepath.Join(stageFolder, n)
		text, err := os.ReadFile(staged)
		if err != nil {
			continue // nothing staged: the file is not touched
		}
		if err := os.WriteFile(filepath.Join(configFolder, n), text, 0o600); err != nil {
			return err
		}
		os.Remove(staged)
	}
	return nil
}

func load(name string) (*pkg, error) {
	text, err := os.ReadFile(filepath.Join(stageFolder, name))
	if err != nil {
		text, err = os.ReadFile(filepath.Join(configFolder, name))
	}
	if err != nil {
		return nil, errNotFound
	}
	return parse(name, string(text))
}

func (p *pkg) stage() error {
	if err := os.MkdirAll(stageFolder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(stageFolder, p.name), []byte(p.text(false)), 0o600)
}

// words splits a line into words with quotes; '#' begins a comment.
func words(line string) (list []string, err error) {
	word, open, quote := "", false, rune(0)
	for i := 0; i < len(line); i++ {
		switch c := rune(line[i]); {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '"' && c == '\\' && i+1 < len(line):
			i++
			word += string(line[i])
		case quote != 0:
			word += string(line[i])
		case c == '\'' || c == '"':
			quote, open = c, true
		case c == ' ' || c == '\t':
			if open {
				list, word, open = append(list, word), "", false
			}
		case c == '#' && !open:
			return list, nil
		case c == '\\' && i+1 < len(line):
			i++
			word, open = word+string(line[i]), true
		default:
			word, open = word+string(line[i]), true
		}
	}
	if quote != 0 {
		return nil, errors.New("unterminated quote")
	}
	if open {
		list = append(list, word)
	}
	return list, nil
}

func parse(name, text string) (*pkg, error) {
	p := &pkg{name: name}
	var s *section // the options that follow are its
	for n, line := range strings.Split(text, "\n") {
		w, err := words(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %v", name, n+1, err)
		}
		switch {
		case len(w) == 0 || w[0] == "package":
		case w[0] == "config" && (len(w) == 2 || len(w) == 3):
			s = nil
			if len(w) == 3 {
				s = p.section(w[2]) // a name that comes again is the same section
			}
			if s == nil {
				s = &section{anonymous: len(w) == 2}
				p.sections = append(p.sections, s)
			}
			s.kind, s.name = w[1], strings.Join(w[2:], "")
		case (w[0] == "option" || w[0] == "list") && len(w) == 3 && s != nil:
			o := s.find(w[1])
			switch {
			case o == nil:
				s.options = append(s.options, &option{w[1], w[0] == "list", []string{w[2]}})
			case w[0] == "list":
				o.values, o.list = append(o.values, w[2]), true
			default:
				o.values = []string{w[2]}
			}
		default:
			return nil, fmt.Errorf("%s:%d: parse error", name, n+1)
		}
	}
	p.number()
	return p, nil
}

// number names the sections without a name, by their place and type.
func (p *pkg) number() {
	for i, s := range p.sections {
		if s.anonymous {
			h := uint32(5381)
			for _, c := range s.kind {
				h = h*33 + uint32(c)
			}
			s.name = fmt.Sprintf("cfg%02x%04x", i+1, h&0xffff)
		}
	}
}

func (p *pkg) text(named bool) string {
	var b strings.Builder
	for _, s := range p.sections {
		b.WriteString("config " + s.kind)
		if !s.anonymous || named {
			b.WriteString(" " + quoted(s.name))
		}
		b.WriteString("\n")
		for _, o := range s.options {
			for _, v := range o.values {
				word := "option"
				if o.list {
					word = "list"
				}
				fmt.Fprintf(&b, "\t%s %s %s\n", word, o.name, quoted(v))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

var indexed = regexp.MustCompile(`^@([A-Za-z0-9_-]+)\[(-?\d+)\]$`)

// section finds a section by name or @type[index].
func (p *pkg) section(name string) *section {
	m := indexed.FindStringSubmatch(name)
	var of []*section
	for _, s := range p.sections {
		if m == nil && s.name == name {
			return s
		}
		if m != nil && s.kind == m[1] {
			of = append(of, s)
		}
	}
	if m == nil {
		return nil
	}
	i, _ := strconv.Atoi(m[2])
	if i < 0 {
		i += len(of)
	}
	if i < 0 || i >= len(of) {
		return nil
	}
	return of[i]
}

func (s *section) find(name string) *option {
	for _, o := range s.options {
		if o.name == name {
			return o
		}
	}
	return nil
}

func (p *pkg) get(ref []string) error {
	if len(ref) == 0 {
		return errNotFound
	}
	s := p.section(ref[0])
	if s == nil {
		return errNotFound
	}
	if len(ref) == 1 {
		fmt.Println(s.kind)
		return nil
	}
	o := s.find(ref[1])
	if o == nil {
		return errNotFound
	}
	fmt.Println(strings.Join(o.values, " "))
	return nil
}

func (p *pkg) show(ref []string) error {
	count := map[string]int{}
	for _, s := range p.sections {
		name := s.name
		if s.anonymous {
			name = fmt.Sprintf("@%s[%d]", s.kind, count[s.kind])
		}
		count[s.kind]++
		if len(ref) > 0 && p.section(ref[0]) != s {
			continue
		}
		if len(ref) < 2 {
			fmt.Printf("%s.%s=%s\n", p.name, name, s.kind)
		}
		for _, o := range s.options {
			var values []string
			for _, v := range o.values {
				values = append(values, quoted(v))
			}
			if len(ref) < 2 || ref[1] == o.name {
				fmt.Printf("%s.%s.%s=%s\n", p.name, name, o.name, strings.Join(values, " "))
			}
		}
	}
	return nil
}

func (p *pkg) assign(command string, ref []string, value string) error {
	if len(ref) == 0 {
		return errors.New("no section")
	}
	s := p.section(ref[0])
	if len(ref) == 1 {
		if s == nil {
			s = &section{name: ref[0]}
			p.sections = append(p.sections, s)
		}
		s.kind = value
		return nil
	}
	if s == nil {
		return errNotFound
	}
	o := s.find(ref[1])
	switch {
	case command == "del_list":
		if o != nil {
			o.values = slices.DeleteFunc(o.values, func(v string) bool { return v == value })
			s.drop()
		}
	case o == nil:
		s.options = append(s.options, &option{ref[1], command == "add_list", []string{value}})
	case command == "add_list":
		o.values, o.list = append(o.values, value), true
	default:
		o.values, o.list = []string{value}, false
	}
	if command == "set" && value == "" {
		s.find(ref[1]).values = nil
		s.drop()
	}
	return nil
}

// drop removes options without a value: there is no empty option.
func (s *section) drop() {
	s.options = slices.DeleteFunc(s.options, func(o *option) bool { return len(o.values) == 0 })
}

func (p *pkg) delete(ref []string) error {
	if len(ref) == 0 {
		return errNotFound
	}
	s := p.section(ref[0])
	if s == nil {
		return errNotFound
	}
	if len(ref) == 1 {
		p.sections = slices.DeleteFunc(p.sections, func(x *section) bool { return x == s })
		p.number()
		return nil
	}
	o := s.find(ref[1])
	if o == nil {
		return errNotFound
	}
	o.values = nil
	s.drop()
	return nil
}
