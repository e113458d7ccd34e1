package command

import (
	"errors"
	"io"
	"strings"
	"testing"

	"hopwire/cmd/hint"
)

// example is a program whose commands note that they ran.
func example() (p *Program, ran *[]string) {
	ran = new([]string)
	note := func(a *Args) error {
		*ran = append(*ran, a.Command+" "+strings.Join(a.Words, ",")+" "+strings.Join(a.Options, ","))
		return nil
	}
	return &Program{Name: "hopwire-x", About: "an example", Version: "1.2", Notes: "the end\n", Settings: func(w io.Writer) { io.WriteString(w, "settings\n") },
		Commands: []Command{
			{"run", "", "run it", note},
			{"ping", "ADDR [-c N] [-i SECONDS] [--json]", "round-trip time", note},
			{"address", "[ADDR] [--ip]", "print an address", note},
			{"move", "FROM TO", "from here to there", note},
			{"fail", "", "fail", func(*Args) error { return hint.Add(errors.New("it fails"), "look there") }},
		}}, ran
}

// do runs a command line.
func do(line string) (status int, out, errs string, ran []string) {
	p, r := example()
	var o, e strings.Builder
	status = p.Main(strings.Fields(line), &o, &e)
	return status, o.String(), e.String(), *r
}

func TestRun(t *testing.T) {
	for line, want := range map[string]string{
		"run":                       "run  ",
		"ping a":                    "ping a ",
		"ping a -c 3 -i 0.5 --json": "ping a -c,3,-i,0.5,--json",
		"ping --json -c 3 a":        "ping a --json,-c,3",
		"address":                   "address  ",
		"address --ip":              "address  --ip",
		"address a --ip":            "address a --ip",
		"move a b":                  "move a,b ",
	} {
		status, out, errs, ran := do(line)
		if status != 0 || out+errs != "" || len(ran) != 1 || ran[0] != want {
			t.Errorf("%s: status %d, ran %q, want %q; %s%s", line, status, ran, want, out, errs)
		}
	}
}

// TestRefused: nothing runs, and one line says what is wrong and one how it is used.
func TestRefused(t *testing.T) {
	const list, ping = "'hopwire-x help' lists the commands", "hopwire-x ping ADDR [-c N] [-i SECONDS] [--json]"
	for line, want := range map[string][2]string{
		"fly":                {"no command fly", list},
		"--json":             {"no command --json", list},
		"--json run":         {"no command --json", list},
		"run now":            {"too many words for run", "hopwire-x run"},
		"run --json":         {"run has no option --json", "hopwire-x run"},
		"run -x":             {"run has no option -x", "hopwire-x run"},
		"run -":              {"run has no option -", "hopwire-x run"},
		"run --":             {"run has no option --", "hopwire-x run"},
		"ping":               {"ping needs more words", ping},
		"ping a b":           {"too many words for ping", ping},
		"ping a -c":          {"-c needs a value", ping},
		"ping a -c --json":   {"-c needs a value", ping},
		"ping a -c 3 4":      {"too many words for ping", ping},
		"ping a --json=1":    {"ping has no option --json=1", ping},
		"ping a --jso":       {"ping has no option --jso", ping},
		"address --ipx":      {"address has no option --ipx", "hopwire-x address [ADDR] [--ip]"},
		"move a":             {"move needs more words", "hopwire-x move FROM TO"},
		"help fly":           {"no command fly", list},
		"help config please": {"too many words for help", "hopwire-x help [COMMAND]"},
		"version 2":          {"too many words for version", "hopwire-x version"},
	} {
		status, out, errs, ran := do(line)
		text := "hopwire-x: error: usage: " + want[0] + "\nhopwire-x: hint: " + want[1] + "\n"
		if status != 2 || out != "" || errs != text || len(ran) > 0 {
			t.Errorf("%s: status %d, ran %q, %q, want %q; %s", line, status, ran, errs, text, out)
		}
	}
}

// TestHelpNeverActs: -h and --help, wherever they stand and whatever else there is.
func TestHelpNeverActs(t *testing.T) {
	p, _ := example()
	for _, c := range p.all() {
		for _, args := range []string{"-h", "--help", "a -h", "-h a", "--wrong --help", "a b c d --help", "-c -h", "--json -h"} {
			status, out, errs, ran := do(c.Name + " " + args)
			want := p.line(&c)
			if status != 0 || errs != "" || len(ran) > 0 || !strings.Contains(out, want) || !strings.Contains(out, c.Help) {
				t.Errorf("%s %s: status %d, ran %q, %q, want %q; %s", c.Name, args, status, ran, out, want, errs)
			}
		}
		if _, out, _, ran := do("help " + c.Name); len(ran) > 0 || !strings.Contains(out, p.line(&c)) {
			t.Errorf("help %s: ran %q, %q", c.Name, ran, out)
		}
	}
}

func TestHelp(t *testing.T) {
	const want = "hopwire-x: an example\n\n" +
		"  hopwire-x run                 run it\n" +
		"  hopwire-x ping ADDR [-c N] [-i SECONDS] [--json]\n" +
		"                                round-trip time\n" +
		"  hopwire-x address [ADDR] [--ip]\n" +
		"                                print an address\n" +
		"  hopwire-x move FROM TO        from here to there\n" +
		"  hopwire-x fail                fail\n" +
		"  hopwire-x version             the version of this program\n" +
		"  hopwire-x help [COMMAND]      help for a command\n" +
		"  hopwire-x help config         the settings: environment variables\n" +
		"\nthe end\n"
	for _, line := range []string{"help", "-h", "--help", "help help", "help -h", "-h --help"} {
		if status, out, errs, _ := do(line); out != want || errs != "" || status != 0 {
			t.Errorf("%s: status %d\n%s, want\n%s", line, status, out, want)
		}
	}
	if status, out, errs, _ := do(""); out != "" || errs != want || status != 2 {
		t.Errorf("nothing: status %d, %q, %q", status, out, errs)
	}
	if _, out, _, _ := do("help config"); out != "settings\n" {
		t.Errorf("help config: %q", out)
	}
	for _, line := range []string{"version", "--version"} {
		if status, out, _, _ := do(line); out != "hopwire-x 1.2\n" || status != 0 {
			t.Errorf("%s: status %d, %q", line, status, out)
		}
	}
}

func TestError(t *testing.T) {
	status, out, errs, _ := do("fail")
	if want := "hopwire-x: error: it fails\nhopwire-x: hint: look there\n"; status != 1 || out != "" || errs != want {
		t.Errorf("status %d, %q, want %q; %s", status, errs, want, out)
	}
}

func TestHas(t *testing.T) {
	a := &Args{Options: []string{"--json", "-c", "3"}}
	if !a.Has("--json") || !a.Has("-c") || a.Has("-i") || a.Has("") {
		t.Errorf("%+v", a)
	}
}
