package nic

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hopwire/link"
)

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

// TestWithoutDescriptors: the true reason is said. It was 'no interface lo', and that
// capabilities are missing; the list of interfaces came from /sys, by halves.
func TestWithoutDescriptors(t *testing.T) {
	withoutDescriptors(t, func() {
		if _, err := OpenEther("lo", 0x88b5, 1); !errors.Is(err, unix.EMFILE) {
			t.Errorf("OpenEther: %v", err)
		}
		if err := RawAllowed(); os.Geteuid() == 0 && !errors.Is(err, unix.EMFILE) { // others lack the capability first
			t.Errorf("RawAllowed: %v", err)
		}
		if all, err := Interfaces(); !errors.Is(err, unix.EMFILE) || len(all) > 0 {
			t.Errorf("Interfaces: %v, %v", all, err)
		}
		if _, err := OpenUDP("127.0.0.1:0"); !errors.Is(err, unix.EMFILE) {
			t.Errorf("OpenUDP: %v", err)
		}
	})
	if _, err := OpenEther("nowhere7", 0x88b5, 1); err == nil || err.Error() != "nic: no interface nowhere7" {
		t.Errorf("one that is not there: %v", err)
	}
}

// TestAddressesAndNames: prefixes and other names of an interface are found.
func TestAddressesAndNames(t *testing.T) {
	lab(t)
	l, err := netlink.LinkByName("left")
	if err != nil {
		t.Fatal(err)
	}
	for text, bits := range map[string]int{"192.168.7.1/24": 120, "2001:db8:7::1/64": 64} {
		a, _ := netlink.ParseAddr(text)
		if err := netlink.AddrAdd(l, a); err != nil {
			t.Fatal(err)
		}
		want := Prefix{netip.MustParsePrefix(text).Addr().As16(), bits, l.Attrs().Index}
		if all := Prefixes(); !slices.Contains(all, want) {
			t.Errorf("%v, want %v", all, want)
		}
	}
	if err := netlink.LinkAddAltName(l, "uplink-with-a-long-name"); err != nil {
		t.Fatal(err)
	}
	all, err := Interfaces()
	i := slices.IndexFunc(all, func(i Interface) bool { return i.Name == "left" })
	if err != nil || i < 0 || !slices.Equal(all[i].AltNames, []string{"uplink-with-a-long-name"}) {
		t.Errorf("%+v, %v", all, err)
	}
	for of, want := range map[string]bool{"192.168.7.1": true, "192.168.7.255": true, "192.168.6.255": false, "192.168.8.0": false, "::c0a8:0701": false} {
		p := Prefix{Addr: netip.MustParseAddr("192.168.7.1").As16(), Bits: 120}
		if a := netip.MustParseAddr(of).As16(); p.Has(&a) != want {
			t.Errorf("%s is on 192.168.7.1/24: %v", of, !want)
		}
	}
	for n := range unix.SizeofIfAddrmsg + 8 { // what is garbled is none
		if p, ok := readPrefix(make([]byte, n)); ok {
			t.Errorf("%d zeros are %v", n, p)
		}
	}
}

// TestUDPWithoutIPv6: a kernel without it links over IPv4, both ways.
func TestUDPWithoutIPv6(t *testing.T) {
	newSocket = func(family, kind, protocol int) (int, error) {
		if family == unix.AF_INET6 {
			return -1, unix.EAFNOSUPPORT
		}
		return unix.Socket(family, kind, protocol)
	}
	defer func() { newSocket = unix.Socket }()
	if _, err := OpenUDP("[::1]:0"); !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("an IPv6 address: %v", err)
	}
	a, err := OpenUDP("")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	newSocket = unix.Socket
	b, err := OpenUDP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if !a.v4 || b.v4 || a.LocalPort() == 0 || !strings.HasPrefix(a.Family(), "IPv4 alone") {
		t.Errorf("IPv4 alone: %v, %v; port %d, %s", a.v4, b.v4, a.LocalPort(), a.Family())
	}
	ends := [2]*UDP{a, b}
	for i, from := range ends {
		to := ends[1-i]
		out, in := frames(1), frames(1)
		out[0].N, out[0].Addr = link.FrameLong, link.UDPAddr(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(to.LocalPort())))
		if n, err := from.Write(out); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		want := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(from.LocalPort()))
		if n, err := to.Read(in); n != 1 || err != nil || in[0].Addr.UDP() != want {
			t.Errorf("%d frames from %v, want %v: %v", n, in[0].Addr, want, err)
		}
	}
	out := frames(1)
	out[0].N, out[0].Addr = link.FrameLong, link.UDPAddr(netip.MustParseAddrPort("[2001:db8::1]:7"))
	if n, err := a.Write(out); n != 0 || err == nil || strings.Contains(err.Error(), "closed") {
		t.Errorf("to an IPv6 address: %d, %v", n, err)
	}
}
