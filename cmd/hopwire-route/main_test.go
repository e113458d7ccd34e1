package main

import (
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/link/identity"
)

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct{ set, word, hint string }{
		{"HOPWIRE_ROUTE_INTERFACE=eth0", "HOPWIRE_ROUTE_INTERFACE", "HOPWIRE_ROUTE_INTERFACES"},
		{"HOPWIRE_ROUTE_TUN=hopwire1", "HOPWIRE_ROUTE_TUN", "help config"},
		{"HOPWIRE_ROUTE_MEMORY=much", "HOPWIRE_ROUTE_MEMORY", "help config"},
		{"HOPWIRE_ROUTE_MEMORY=63", "HOPWIRE_ROUTE_MEMORY", "256"},
		{"HOPWIRE_ROUTE_MEMORY=65537", "HOPWIRE_ROUTE_MEMORY", "256"},
		{"HOPWIRE_ROUTE_PEERS=bob", "HOPWIRE_ROUTE_PEERS", "56"},
		{"HOPWIRE_ROUTE_ALLOWED=bob", "HOPWIRE_ROUTE_ALLOWED", "56"},
		{"HOPWIRE_ROUTE_LOG=loud", "HOPWIRE_ROUTE_LOG", "debug"},
		{"HOPWIRE_ROUTE_NEIGHBOURS=bob", "HOPWIRE_ROUTE_NEIGHBOURS", "ADDRESS@MAC"},
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

// TestConfigDefaults: a server and a router on one machine share no folder, no socket and
// no setting; what is the router's is no error here.
func TestConfigDefaults(t *testing.T) {
	t.Setenv("HOPWIRE_ROUTE_SERVERS", "own")
	t.Setenv("HOPWIRE_MEMORY", "much")
	c, err := loadConfig()
	if err != nil || c.State != "/var/lib/hopwire-route" || c.Memory != 256 || c.node().Device != "" || c.node().ControlSocket().Path != "/var/lib/hopwire-route/hopwire-route.sock" {
		t.Errorf("%+v %v", c, err)
	}
	for _, name := range setting.Names(program, c) {
		if got := setting.Owner(name); got != program {
			t.Errorf("%s is a setting of %q's", name, got)
		}
	}
	small := testConfig(t).server(newIdentity(t))
	if large := c.server(newIdentity(t)); large.Relays < 100_000 || small.Relays < 10_000 {
		t.Errorf("256 MB allow %d relays, 64 MB %d; want 100,000 and 10,000", large.Relays, small.Relays)
	}
}

// TestPeers: all servers may have one list, each with itself on it.
func TestPeers(t *testing.T) {
	own, a, b := newIdentity(t), newIdentity(t).Key(), newIdentity(t).Key()
	c := config{Peers: []string{a.String(), own.Key().String(), b.String(), a.String()}}
	if got := c.peers(own); len(got) != 2 || got[0] != a || got[1] != b {
		t.Errorf("%v, want the two others", got)
	}
}

// do runs a command line.
func do(line string) (status int, out, errs string) {
	var o, e strings.Builder
	status = hopwireRoute().Main(strings.Fields(line), &o, &e)
	return status, o.String(), e.String()
}

func TestCommands(t *testing.T) {
	t.Setenv("HOPWIRE_ROUTE_STATE", t.TempDir())
	for line, want := range map[string]int{"fly": 2, "": 2, "version": 0, "help config": 0, "paths": 2, "paths a": 2, "verify": 2, "map --json --dot": 1, "map": 1, "status": 1} {
		status, out, errs := do(line)
		if status != want || want == 1 && (strings.Count(errs, "\n") != 2 || !strings.Contains(errs, "hopwire-route: hint: ")) {
			t.Errorf("%s: %d, want %d: %s%s", line, status, want, out, errs)
		}
	}
}

// TestHelp: it never acts, and fits a terminal.
func TestHelp(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	t.Setenv("HOPWIRE_ROUTE_STATE", state)
	t.Setenv("HOPWIRE_ROUTE_MEMORY", "much")
	for _, c := range hopwireRoute().Commands {
		status, out, errs := do(c.Name + " -h")
		if status != 0 || errs != "" || !strings.HasPrefix(out, "hopwire-route "+c.Name) || !strings.Contains(out, c.Help) {
			t.Errorf("%s -h: %d, %q %q", c.Name, status, out, errs)
		}
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("a folder was made")
	}
	_, out, _ := do("help")
	for l := range strings.Lines(out) {
		if len(l) > 81 {
			t.Errorf("%d columns: %s", len(l)-1, l)
		}
	}
}

// newIdentity is another at each call of a test, and the same in each run.
func newIdentity(t *testing.T) *identity.Identity {
	t.Helper()
	identities++
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{identities}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var identities byte
