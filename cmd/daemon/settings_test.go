package daemon

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hopwire/cmd/hint"
	"hopwire/cmd/logs"
	"hopwire/link/identity"
)

// config is that of a program with these settings.
func config(s Settings) *Config {
	return &Config{Program: "hopwire", Settings: &s, Budget: Budget{Circuits: 64, Nodes: 16, Frames: 128}}
}

// testDaemon is one whose node runs without ports.
func testDaemon(t *testing.T, s Settings) (*Daemon, *bytes.Buffer) {
	t.Helper()
	c, log := config(s), new(bytes.Buffer)
	c.State = t.TempDir()
	id, _, err := c.Folder().Init()
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{Config: c, ID: id, Keys: []identity.NetworkKey{{1}}, Log: logs.New(log, c.Program, logs.Debug)}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Runner.Close)
	return d, log
}

func TestNeighbours(t *testing.T) {
	dir := t.TempDir()
	id, _, err := (&Config{Program: "hopwire", State: dir}).Folder().Init()
	if err != nil {
		t.Fatal(err)
	}
	a := id.Key().String()
	c := config(Settings{Neighbours: []string{a, a + "@02:00:00:00:00:07", a + "@[fd00::1]:7000", a + "@192.0.2.1:7000"}})
	list, err := c.neighbours()
	if err != nil || len(list) != 4 || list[1].Addr.String() != "02:00:00:00:00:07" || list[3].Addr.String() != "192.0.2.1:7000" {
		t.Errorf("%v %v", list, err)
	}
	if _, err := config(Settings{Neighbours: []string{a + "@nowhere"}}).neighbours(); err == nil {
		t.Error("nowhere is taken")
	}
	// The zone was dropped, and the link never came up.
	for _, where := range []string{"[fe80::1%w0]:7000", "[fe80::1]:7000", "[fd00::1%w0]:7000"} {
		_, err := config(Settings{Neighbours: []string{a + "@" + where}}).neighbours()
		if err == nil || !strings.Contains(err.Error(), "link-local") || !strings.Contains(hint.Of(err), "HOPWIRE_INTERFACES") {
			t.Errorf("%s: %v, hint %q", where, err, hint.Of(err))
		}
	}
}

// TestEmptyIdentity: a node whose identity a power cut has emptied starts, says so,
// and keeps the new one.
func TestEmptyIdentity(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "identity"), nil, 0o600)
	var log strings.Builder
	d := &Daemon{Config: &Config{Program: "hopwire", State: dir}, Log: logs.New(&log, "hopwire", logs.Info)}
	if err := d.loadIdentity(); err != nil || strings.Count(log.String(), "error: new identity, and a new address") != 1 {
		t.Fatalf("%v; %s", err, log.String())
	}
	first := d.ID.Key()
	if err := d.loadIdentity(); err != nil || d.ID.Key() != first || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("%v; %s", err, log.String())
	}
}
