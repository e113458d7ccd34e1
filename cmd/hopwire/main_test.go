package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hopwire/cmd/hint"

	"hopwire/cmd/setting"
	"hopwire/link/identity"
)

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct{ set, word, hint string }{
		{"HOPWIRE_INTERFACE=eth0", "HOPWIRE_INTERFACE", "HOPWIRE_INTERFACES"},
		{"HOPWIRE_MEMORY=much", "HOPWIRE_MEMORY", "help config"},
		{"HOPWIRE_MEMORY=3", "HOPWIRE_MEMORY", "12"},
		{"HOPWIRE_LOG=loud", "HOPWIRE_LOG", "debug"},
		{"HOPWIRE_BEACON=perhaps", "HOPWIRE_BEACON", "help config"},
		{"HOPWIRE_ETHERTYPE=1234", "HOPWIRE_ETHERTYPE", "0x"},
		{"HOPWIRE_NEIGHBOURS=bob", "HOPWIRE_NEIGHBOURS", "ADDRESS@MAC"},
		{"HOPWIRE_ALLOW=bob", "HOPWIRE_ALLOW", "56"},
		{"HOPWIRE_INTERFACES=[", "HOPWIRE_INTERFACES", "globs"},
		{"HOPWIRE_DNS=[fe80::1%w0]:53", "fe80::1%w0", "link-local"},
		{"HOPWIRE_UDP_LISTEN=[fe80::1%w0]:7000", "fe80::1%w0", "HOPWIRE_INTERFACES"},
		{"HOPWIRE_DNS=53", "HOPWIRE_DNS", "127.0.0.1"},
		{"HOPWIRE_DNS=127.0.0.1:53,router.lan:53", "router.lan", "127.0.0.1"},
		{"HOPWIRE_DNS=0.0.0.0:53", "HOPWIRE_DNS", "LAN"},
		{"HOPWIRE_DNS=[::]:53", "HOPWIRE_DNS", "LAN"},
		{"HOPWIRE_ROUTE_SERVERS=bob", "HOPWIRE_ROUTE_SERVERS", "own or none"},
		{"HOPWIRE_ROUTE_SERVERS=own,none", "HOPWIRE_ROUTE_SERVERS", "own or none"},
		{"HOPWIRE_ROUTE_SERVERS=own", "HOPWIRE_ROUTE_SERVERS", "HOPWIRE_MEMORY"}, // with 12 MB
		{"HOPWIRE_VICINITY=3", "HOPWIRE_VICINITY", "memory"},
		{"HOPWIRE_VICINITY=8193", "HOPWIRE_VICINITY", "memory"},
		{"HOPWIRE_VICINITY=near", "HOPWIRE_VICINITY", "help config"},
	} {
		t.Run(c.set, func(t *testing.T) {
			name, value, _ := strings.Cut(c.set, "=")
			t.Setenv(name, value)
			_, err := loadConfig()
			h := hint.Of(err)
			if h == "" || !strings.Contains(err.Error(), c.word) || !strings.Contains(h, c.hint) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, hint %q", err, h)
			}
		})
	}
}

func TestConfigDefaults(t *testing.T) {
	c, err := loadConfig()
	if err != nil || c.State != "/var/lib/hopwire" || c.TUN != "hopwire0" || !c.Beacon || c.Memory != 12 || c.node().ControlSocket().Path != "/var/lib/hopwire/hopwire.sock" {
		t.Errorf("%+v %v", c, err)
	}
	for _, name := range []string{"STATE", "INTERFACES", "NETWORK_KEY_FILE", "ETHERTYPE", "NEIGHBOURS", "ALLOW", "BEACON", "UDP_LISTEN", "TUN", "DNS", "HOSTS", "SOCKET", "MEMORY", "LOG", "ROUTE_SERVERS", "VICINITY"} {
		if !slices.Contains(setting.Names(program, c), "HOPWIRE_"+name) {
			t.Errorf("HOPWIRE_%s is no setting", name)
		}
	}
	for _, name := range setting.Names(program, c) {
		if got := setting.Owner(name); got != program {
			t.Errorf("%s is a setting of %q's", name, got)
		}
	}
}

func TestBudget(t *testing.T) {
	for _, mb := range []int{8, 12, 14, 64} {
		b := budget(mb)
		c, n, f := b.Circuits, b.Nodes, b.Frames
		if c < 512 || n < 256 || f < 256 || c > 65535 {
			t.Errorf("%d MB: %d %d %d", mb, c, n, f)
		}
	}
	if c := budget(12).Circuits; c != 2048 {
		t.Errorf("12 MB: %d circuits", c)
	}
}

// do runs a command line.
func do(line string) (status int, out, errs string) {
	var o, e strings.Builder
	status = hopwire().Main(strings.Fields(line), &o, &e)
	return status, o.String(), e.String()
}

func TestUnknownCommand(t *testing.T) {
	for line, want := range map[string]int{"fly": 2, "": 2, "version": 0, "help config": 0, "ping": 2, "run now": 2, "init --force": 2, "metrics --json": 2} {
		if status, out, errs := do(line); status != want {
			t.Errorf("%s: %d, want %d: %s%s", line, status, want, out, errs)
		}
	}
}

// TestHelpNeverActs: no command reads a setting or makes an identity for -h.
func TestHelpNeverActs(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	t.Setenv("HOPWIRE_STATE", state)
	t.Setenv("HOPWIRE_MEMORY", "much")
	for _, c := range hopwire().Commands {
		for _, args := range []string{" -h", " --help", " gate.hop --help", " --help gate.hop -c"} {
			status, out, errs := do(c.Name + args)
			if status != 0 || errs != "" || !strings.HasPrefix(out, "hopwire "+c.Name) || !strings.Contains(out, c.Help) {
				t.Errorf("%s%s: %d, %q %q", c.Name, args, status, out, errs)
			}
		}
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("a folder was made")
	}
}

// TestHelpWidth: help fits a terminal.
func TestHelpWidth(t *testing.T) {
	_, out, _ := do("help")
	for l := range strings.Lines(out) {
		if len(l) > 81 {
			t.Errorf("%d columns: %s", len(l)-1, l)
		}
	}
}

// TestAddress: by the identity and by an address, without a node.
func TestAddress(t *testing.T) {
	t.Setenv("HOPWIRE_STATE", t.TempDir())
	_, out, _ := do("init")
	key, err := identity.ParseKey(strings.TrimSpace(out))
	if err != nil {
		t.Fatal(err)
	}
	text, ip := key.String()+"\n", key.IPv6().String()+"\n"
	for line, want := range map[string]string{"init": text, "address": text, "address --ip": ip, "address " + key.String(): text,
		"address --ip " + key.String(): ip, "address " + key.String() + ".hop --ip": ip} {
		if status, out, errs := do(line); status != 0 || out != want {
			t.Errorf("%s: %d, %q, want %q; %s", line, status, out, want, errs)
		}
	}
	for line, want := range map[string]string{"address gate.hop": "the node does not run", "status": "the node does not run", "address " + strings.Repeat("a", 56): "checksum"} {
		if status, out, errs := do(line); status != 1 || out != "" || !strings.Contains(errs, want) || !strings.Contains(errs, "hopwire: hint: ") {
			t.Errorf("%s: %d, %q, want %q; %s", line, status, errs, want, out)
		}
	}
}
