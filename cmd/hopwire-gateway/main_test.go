//go:build (amd64 || arm64) && !race

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hopwire/pay"
	"hopwire/pay/gateway"
)

// run runs a command, and returns its status and all that it wrote.
func run(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	status := hopwireGateway().Main(args, &out, &out)
	return status, out.String()
}

// TestKeys: init makes all keys once; the gateway opens with them, an epoch's key is added
// by the offline key alone, and a copy is brought up to the end of the journal.
func TestKeys(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOPWIRE_GATEWAY_STATE", dir)
	t.Setenv("HOPWIRE_GATEWAY_JOURNAL", filepath.Join(dir, "journal"))
	if status, out := run(t, "audit"); status != 1 || !strings.Contains(out, "init") {
		t.Errorf("%d: %s", status, out)
	}
	if status, out := run(t, "init"); status != 0 || !strings.Contains(out, "gateway ") {
		t.Fatalf("%d: %s", status, out)
	}
	before, _ := os.ReadFile(filepath.Join(dir, gatewayFile))
	if status, _ := run(t, "init"); status != 1 {
		t.Error("keys are made twice")
	}
	if after, _ := os.ReadFile(filepath.Join(dir, gatewayFile)); !bytes.Equal(before, after) {
		t.Error("another name")
	}
	if status, out := run(t, "epoch", filepath.Join(dir, recoveryFile)); status != 1 {
		t.Errorf("another key makes epochs: %s", out)
	}
	if status, out := run(t, "epoch", filepath.Join(dir, offlineFile)); status != 0 {
		t.Errorf("%d: %s", status, out)
	}
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	of, keys, err := c.keys()
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys: %v", len(keys), err)
	}
	if e, err := pay.ParseCertificate(keys[1].Certificate, of); err != nil || e.Number != 2 {
		t.Errorf("%+v: %v", e, err)
	}
	openCopy(t, c, dir)
	if status, out := run(t, "audit"); status != 0 || !strings.Contains(out, "balance") {
		t.Errorf("%d: %s", status, out)
	}
	if status, out := run(t, "time"); status != 0 {
		t.Errorf("%d: %s", status, out)
	}
}

// openCopy opens the gateway, copies it, and restores the copy.
func openCopy(t *testing.T, c *config, dir string) {
	t.Helper()
	g, err := c.openGateway()
	if err != nil {
		t.Fatal(err)
	}
	copy := filepath.Join(dir, "copy")
	if _, err := g.Copy(copy); err != nil {
		t.Error(err)
	}
	if status, out := run(t, "restore", copy, filepath.Join(dir, "journal"), filepath.Join(dir, recoveryFile)); status != 0 {
		t.Errorf("%d: %s", status, out)
	}
	if _, err := gateway.Inspect(c.database(), g.Name()); err == nil {
		t.Error("it is locked while it is open")
	}
	g.Close()
}

// TestSettings: amounts are decimal coins and nothing else.
func TestSettings(t *testing.T) {
	for value, want := range map[string]int{"1e3": 1, "-1": 1, "0.5": 0, "1,5": 1} {
		t.Setenv("HOPWIRE_GATEWAY_STATE", t.TempDir())
		t.Setenv("HOPWIRE_GATEWAY_TRANSFER_FEE", value)
		status := 0
		if _, err := loadConfig(); err != nil {
			status = 1
		}
		if status != want {
			t.Errorf("%q: status %d, want %d", value, status, want)
		}
	}
}
