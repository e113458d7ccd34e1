package main

import (
	"slices"
	"strings"
	"testing"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
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
		{"HOPWIRE_DNS=53", "HOPWIRE_DNS", "127.0.0.1"},
		{"HOPWIRE_DNS=127.0.0.1:53,router.lan:53", "router.lan", "127.0.0.1"},
		{"HOPWIRE_DNS=0.0.0.0:53", "HOPWIRE_DNS", "LAN"},
		{"HOPWIRE_DNS=[::]:53", "HOPWIRE_DNS", "LAN"},
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
	if err != nil || c.State != "/var/lib/hopwire" || c.TUN != "hopwire0" || !c.Beacon || c.Memory != 12 || c.socket().Path != "/var/lib/hopwire/hopwire.sock" {
		t.Errorf("%+v %v", c, err)
	}
	for _, name := range []string{"STATE", "INTERFACES", "NETWORK_KEY_FILE", "ETHERTYPE", "NEIGHBOURS", "ALLOW", "BEACON", "UDP_LISTEN", "TUN", "DNS", "HOSTS", "SOCKET", "MEMORY", "LOG"} {
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

func TestNeighbours(t *testing.T) {
	dir := t.TempDir()
	id, _, err := (&config{State: dir}).folder().Init()
	if err != nil {
		t.Fatal(err)
	}
	a := id.Key().String()
	c := &config{Neighbours: []string{a, a + "@02:00:00:00:00:07", a + "@[fd00::1]:7000", a + "@192.0.2.1:7000"}}
	list, err := c.neighbours()
	if err != nil || len(list) != 4 || list[1].Addr.String() != "02:00:00:00:00:07" || list[3].Addr.String() != "192.0.2.1:7000" {
		t.Errorf("%v %v", list, err)
	}
	if _, err := (&config{Neighbours: []string{a + "@nowhere"}}).neighbours(); err == nil {
		t.Error("nowhere is taken")
	}
}

func TestBudget(t *testing.T) {
	for _, mb := range []int{8, 12, 14, 64} {
		c, n, f := budget(mb)
		if c < 512 || n < 256 || f < 256 || c > 65535 {
			t.Errorf("%d MB: %d %d %d", mb, c, n, f)
		}
	}
	if c, _, _ := budget(12); c != 2048 {
		t.Errorf("12 MB: %d circuits", c)
	}
}

func TestUnknownCommand(t *testing.T) {
	if command([]string{"fly"}) != 2 || command(nil) != 2 || command([]string{"version"}) != 0 || command([]string{"help", "config"}) != 0 {
		t.Error("exit status")
	}
}
