package daemon

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hopwire/cmd/hint"
	"hopwire/link/nic"
)

// testPorts is a daemon with a port manager.
func testPorts(t *testing.T, s Settings) (*portManager, func() string) {
	t.Helper()
	d, log := testDaemon(t, s)
	d.ports = newPortManager(d)
	return d.ports, log.String
}

// TestUDPAddressComesLater: it is waited for and said once; the start ended with a
// hint about free ports.
func TestUDPAddressComesLater(t *testing.T) {
	p, log := testPorts(t, Settings{UDPListen: "192.0.2.77:7000"}) // of documentation (RFC 5737): nobody has it
	if err := p.openUDP(); err != nil {
		t.Fatal(err)
	}
	p.update()
	p.update()
	if got := strings.Count(log(), "192.0.2.77:7000: cannot assign requested address: it is tried again"); got != 1 || p.udp >= 0 {
		t.Errorf("said %d times, port %d: %s", got, p.udp, log())
	}
	p.d.UDPListen = "127.0.0.1:0" // as if it had come
	p.update()
	if p.udp < 0 || strings.Count(log(), "UDP up") != 1 {
		t.Errorf("port %d: %s", p.udp, log())
	}
	p.update()
	if strings.Count(log(), "UDP up") != 1 {
		t.Errorf("opened twice: %s", log())
	}
}

// TestUDPPortInUse: what does not pass by itself is an error, with the right hint.
func TestUDPPortInUse(t *testing.T) {
	u, err := nic.OpenUDP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	p, _ := testPorts(t, Settings{})
	p.d.UDPListen = "127.0.0.1:" + strconv.Itoa(u.LocalPort())
	if err := p.openUDP(); err == nil || !strings.Contains(hint.Of(err), "free port") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}

// TestPortsWithoutDescriptors: the true reason is said once, nothing that is open is
// closed, and all is tried again. No port was left behind open.
func TestPortsWithoutDescriptors(t *testing.T) {
	p, log := testPorts(t, Settings{Interfaces: []string{"lo*"}, UDPListen: "127.0.0.1:0"})
	p.opened["lo"] = &opened{Interface: nic.Interface{Name: "lo"}}
	withoutDescriptors(t, func() {
		p.update()
		p.update()
		p.d.Keys = append(p.d.Keys, p.d.Keys[0])
		if err := p.try(nic.Interface{Name: "lo", Ethernet: true, Up: true, Carrier: true, MTU: 1500}); err != nil {
			t.Error(err)
		}
	})
	if p.opened["lo"] == nil {
		t.Errorf("an open interface was closed: %s", log())
	}
	if got := strings.Count(log(), "error: interfaces error"); got != 1 || !strings.Contains(log(), unix.EMFILE.Error()) {
		t.Errorf("said %d times: %s", got, log())
	}
	_, reason, _ := strings.Cut(log(), "interface=lo reason=\"nic: ") // where netlink is garbled, of the list
	if reason, _, _ = strings.Cut(reason, "\n"); !strings.Contains(reason, unix.EMFILE.Error()) {
		t.Errorf("the reason is not said: %s", log())
	}
}

// TestPatterns: an interface is taken by each of its names, and a pattern that
// matches nothing is said even where another matches.
func TestPatterns(t *testing.T) {
	i := nic.Interface{Name: "eth1", AltNames: []string{"enp3s0", "uplink-with-a-long-name"}}
	for pattern, want := range map[string]bool{"eth1": true, "eth*": true, "enp3s0": true, "up*": true, "eth2": false, "enp": false} {
		if got := named(pattern, &i); got != want {
			t.Errorf("%s: %v", pattern, got)
		}
	}
	p, log := testPorts(t, Settings{Interfaces: []string{"l?", "nowhere*", "gone7"}})
	if err := p.open(); err != nil && os.Getuid() == 0 { // without root, raw sockets are refused first
		t.Fatal(err)
	} else if err != nil {
		return
	}
	p.update()
	for _, want := range []string{"interface=nowhere* reason=\"missing: waiting for it\"", "interface=gone7 reason=\"missing: waiting for it\""} {
		if strings.Count(log(), want) != 1 {
			t.Errorf("%s is not said once: %s", want, log())
		}
	}
	if strings.Contains(log(), "interface=l?") {
		t.Errorf("one that matches is said: %s", log())
	}
}

// TestNamesAreForgotten: interfaces that come and go under names of their own leave nothing.
func TestNamesAreForgotten(t *testing.T) {
	p, _ := testPorts(t, Settings{Interfaces: []string{"veth*", "gone7"}})
	p.say("gone7", "missing: waiting for it")
	for i := range 100 {
		if err := p.sync([]nic.Interface{{Name: "veth" + strconv.Itoa(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.said) != 2 {
		t.Errorf("%d names are remembered, want those of the last look and of the settings", len(p.said))
	}
}

// withoutDescriptors does something while no descriptor can be had.
func withoutDescriptors(t *testing.T, do func()) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	none := was
	none.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
	do()
}
