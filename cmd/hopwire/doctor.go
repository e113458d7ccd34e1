package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/cmd/command"
	"hopwire/cmd/hint"
	"hopwire/cmd/state"
	"hopwire/cmd/table"
	"hopwire/link"
	"hopwire/link/nic"
)

// findings are the doctor's lines.
type findings struct{ *table.Table }

func newFindings() *findings { return &findings{table.New("verdict:s what:s hint:s")} }

func (f *findings) ok(what string, args ...any) { f.Add("ok", fmt.Sprintf(what, args...), "") }
func (f *findings) note(hint, what string, args ...any) {
	f.Add("note", fmt.Sprintf(what, args...), hint)
}
func (f *findings) bad(hint, what string, args ...any) {
	f.Add("bad", fmt.Sprintf(what, args...), hint)
}

// err adds an error with its own hint; false: there was none.
func (f *findings) err(err error) bool {
	if err == nil {
		return false
	}
	f.bad(hint.Of(err), "%v", err)
	return true
}

// doctor looks at the system and, when it runs, at the node.
func doctor(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	f := newFindings()
	if _, err := c.folder().Load(); !f.err(err) {
		f.ok("identity in %s", c.State)
	}
	if keys, err := state.NetworkKeys(program, c.NetworkKeyFile); !f.err(err) {
		f.ok("%d network key(s), EtherType 0x%04x", len(keys), keys[0].EtherType())
	}
	f.system()
	f.interfaces(c)
	if rows, err := c.socket().Fetch("findings"); err != nil {
		f.note("start it with 'hopwire run'", "the node does not run")
	} else {
		f.ok("the node runs")
		f.Rows = append(f.Rows, rows...)
	}
	if a.Has("--json") {
		f.Write(a.Out, true)
	} else {
		for _, r := range f.Rows {
			text := (r[0] + "      ")[:6] + r[1] + "\n"
			if r[2] != "" {
				text += "      hint: " + r[2] + "\n"
			}
			io.WriteString(a.Out, text)
		}
	}
	if slices.ContainsFunc(f.Rows, func(r []string) bool { return r[0] == "bad" }) {
		return errors.New("something is wrong")
	}
	return nil
}

// system checks what every node needs of its machine.
func (f *findings) system() {
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		f.bad("load the tun module (OpenWrt: install kmod-tun)", "there is no /dev/net/tun")
	} else {
		f.ok("/dev/net/tun is there")
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	if err != nil {
		f.bad("run as root, or with CAP_NET_RAW and CAP_NET_ADMIN", "raw sockets: %v", err)
	} else {
		unix.Close(fd)
		f.ok("raw sockets are allowed")
	}
	if time.Now().Year() < 2020 {
		f.note("hopwire needs no date; other programs may", "the clock says %s", time.Now().Format("2006-01-02"))
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		if free := uint64(info.Freeram+info.Bufferram) * uint64(info.Unit) >> 20; free < 16 {
			f.bad("lower HOPWIRE_MEMORY to 8, or stop other services", "%d MB of memory are free", free)
		} else {
			f.ok("%d MB of memory are free", free)
		}
	}
}

// interfaces checks those that the settings name.
func (f *findings) interfaces(c *config) {
	all, err := nic.Interfaces()
	if f.err(err) {
		return
	}
	p := &portManager{d: &daemon{c: c}}
	macs, found := map[[6]byte]string{}, false
	for _, i := range all {
		if !p.wanted(i) {
			continue
		}
		found = true
		switch why := i.Usable(); {
		case i.Bridge != "":
			f.bad("use "+i.Bridge+" instead, or take "+i.Name+" out of it", "%s is a port of the bridge %s and would hear nothing", i.Name, i.Bridge)
		case why == "no carrier":
			f.bad("plug in the cable, or look at the other end", "%s has no carrier", i.Name)
		case why == "down":
			f.bad("ip link set "+i.Name+" up", "%s is down", i.Name)
		case strings.HasPrefix(why, "MTU"):
			f.bad("ip link set "+i.Name+" mtu 1500", "%s: %s", i.Name, why)
		case why != "":
			f.bad("name another interface", "%s: %s", i.Name, why)
		default:
			f.ok("%s is up, MTU %d", i.Name, i.MTU)
		}
		if other := macs[i.MAC]; other != "" {
			f.note("fine as long as they are on different cables", "%s and %s share the MAC address %s", other, i.Name, link.MACAddr(i.MAC))
		}
		macs[i.MAC] = i.Name
	}
	if !found && len(c.Interfaces) > 0 {
		f.bad("'ip link' lists what there is", "no interface matches HOPWIRE_INTERFACES=%s", strings.Join(c.Interfaces, ","))
	}
}

// findings is what the running node knows of its own trouble.
func (d *daemon) findings() *table.Table {
	f := newFindings()
	d.runner.Turn(func(now time.Time) {
		n := d.runner.Node()
		c := n.Links.N
		f.ok("%d beacons sent, %d heard", c.BeaconsSent, c.BeaconsHeard)
		links := len(n.Links.All())
		switch {
		case links > 0:
			f.ok("%d links, %d nodes known", links, len(d.m.Known(now)))
		case c.BadVersion > 0:
			f.bad("a node speaks its version and the one before: update the older node", "a neighbour speaks another version of the protocol")
		case c.BeaconsBad > 0:
			f.bad("compare the network key files of the nodes on this cable", "%d beacons could not be read: another network key?", c.BeaconsBad)
		case c.FirstBadFilter > 0:
			f.bad("compare the network key files, and the addresses in HOPWIRE_NEIGHBOURS", "%d handshakes failed the filter: another network key?", c.FirstBadFilter)
		case c.FirstRefused+c.FirstBad > 0:
			f.bad("add the neighbour to HOPWIRE_ALLOW", "%d handshakes were refused", c.FirstRefused+c.FirstBad)
		case c.BeaconsHeard > 0:
			f.bad("look at the log of the neighbour; it may have an allow list", "neighbours are heard, but no link comes up")
		default:
			f.bad("is the other node on this cable running, with the same network key?", "no neighbour has been heard")
		}
	})
	return f.Table
}
