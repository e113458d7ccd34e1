package daemon

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

// Findings are the doctor's lines: what is well (OK), what an operator may want to know
// (Note), what is wrong (Bad), with a hint.
type Findings struct{ *table.Table }

func newFindings() *Findings { return &Findings{table.New("verdict:s what:s hint:s")} }

func (f *Findings) OK(what string, args ...any) { f.Add("ok", fmt.Sprintf(what, args...), "") }
func (f *Findings) Note(hint, what string, args ...any) {
	f.Add("note", fmt.Sprintf(what, args...), hint)
}
func (f *Findings) Bad(hint, what string, args ...any) {
	f.Add("bad", fmt.Sprintf(what, args...), hint)
}

// Err adds an error with its own hint; false: there was none.
// Err adds an error with its own hint; false: there was none.
func (f *Findings) Err(err error) bool {
	if err == nil {
		return false
	}
	f.Bad(hint.Of(err), "%v", err)
	return true
}

// doctor looks at the system and, when it runs, at the node.
func (c *Config) doctor(a *command.Args) error {
	f := newFindings()
	if _, err := c.Folder().Load(); !f.Err(err) {
		f.OK("identity in %s", c.State)
	}
	if keys, err := state.NetworkKeys(c.Program, c.NetworkKeyFile); !f.Err(err) {
		f.OK("%d network key(s), EtherType 0x%04x", len(keys), keys[0].EtherType())
	}
	f.system(c)
	f.interfaces(c)
	if rows, err := c.ControlSocket().Fetch("findings"); err != nil {
		f.Note("start it with "+c.do("run"), "the node does not run")
	} else {
		f.OK("the node runs")
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
func (f *Findings) system(c *Config) {
	if c.Device == "" {
	} else if _, err := os.Stat("/dev/net/tun"); err != nil {
		f.Bad("load the tun module (OpenWrt: install kmod-tun)", "there is no /dev/net/tun")
	} else {
		f.OK("/dev/net/tun is there")
	}
	if !f.Err(rawError(nic.RawAllowed())) {
		f.OK("raw sockets are allowed")
	}
	if time.Now().Year() < 2020 {
		f.Note("hopwire needs no date; other programs may", "the clock says %s", time.Now().Format("2006-01-02"))
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		if free := uint64(info.Freeram+info.Bufferram) * uint64(info.Unit) >> 20; free < 16 {
			f.Bad("lower "+c.name("MEMORY")+", or stop other services", "%d MB of memory are free", free)
		} else {
			f.OK("%d MB of memory are free", free)
		}
	}
}

// interfaces checks those that the settings name.
func (f *Findings) interfaces(c *Config) {
	all, err := nic.Interfaces()
	if f.Err(err) {
		return
	}
	p := &portManager{d: &Daemon{Config: c}}
	macs, found := map[[6]byte]string{}, false
	for _, i := range all {
		if !p.wanted(i) {
			continue
		}
		found = true
		switch why := i.Usable(); {
		case i.Bridge != "":
			f.Bad("use "+i.Bridge+" instead, or take "+i.Name+" out of it", "%s is a port of the bridge %s and would hear nothing", i.Name, i.Bridge)
		case why == "no carrier":
			f.Bad("plug in the cable, or look at the other end", "%s has no carrier", i.Name)
		case why == "down":
			f.Bad("ip link set "+i.Name+" up", "%s is down", i.Name)
		case strings.HasPrefix(why, "MTU"):
			f.Bad("ip link set "+i.Name+" mtu 1500", "%s: %s", i.Name, why)
		case why != "":
			f.Bad("name another interface", "%s: %s", i.Name, why)
		default:
			f.OK("%s is up, MTU %d", i.Name, i.MTU)
		}
		if other := macs[i.MAC]; other != "" {
			f.Note("fine as long as they are on different cables", "%s and %s share the MAC address %s", other, i.Name, link.MACAddr(i.MAC))
		}
		macs[i.MAC] = i.Name
	}
	verdict := "note"
	if !found {
		verdict = "bad"
	}
	for _, pattern := range c.Interfaces {
		if !anyNamed(pattern, all) {
			f.Add(verdict, "no interface matches "+pattern+" of "+c.name("INTERFACES"), "'ip link' lists what there is; the node waits for one")
		}
	}
}

// findings is what the running node knows of its own trouble.
func (d *Daemon) findings() *table.Table {
	f := newFindings()
	if lost := d.queue.Lost(); lost > 0 {
		f.Note("does the service manager read what the node says?", "%d lines of the log could not be written", lost)
	}
	if d.Parts.Findings != nil {
		d.Parts.Findings(f)
	}
	if n := d.Runner.ReadErrors(); n > 0 {
		f.Note("the kernel's log may say why", "%d reads of ports failed, and were gone on from", n)
	}
	d.Runner.Turn(func(now time.Time) {
		n := d.Runner.Node()
		c := n.Links.N
		f.OK("%d beacons sent, %d heard", c.BeaconsSent, c.BeaconsHeard)
		if links := len(n.Links.All()); links > 0 {
			f.OK("%d links, %d nodes known", links, d.Map.Len())
		} else {
			f.noLink(d.Config, c)
		}
		if from, ok := elsewhere(now, d.Map); ok {
			f.Bad(elsewhereHint, "this identity is in use elsewhere: the other's announcements come by %s", from)
		}
		if n.N.Narrow > 0 {
			f.Note("look for a switch, tunnel or modem on the way with an MTU below 1500", "%d circuits lost long frames and no short ones", n.N.Narrow)
		}
	})
	return f.Table
}

// noLink says why there is no link, as far as the link layer's counters tell.
func (f *Findings) noLink(d *Config, c link.Counters) {
	switch {
	case c.BadVersion > 0:
		f.Bad("a node speaks its version and the one before: update the older node", "a neighbour speaks another version of the protocol")
	case c.BeaconsBad > 0:
		f.Bad("compare the network key files of the nodes on this cable", "%d beacons could not be read: another network key?", c.BeaconsBad)
	case c.FirstBadFilter > 0:
		f.Bad("compare the network key files, and the addresses in "+d.name("NEIGHBOURS"), "%d handshakes failed the filter: another network key?", c.FirstBadFilter)
	case c.FirstRefused+c.FirstBad > 0:
		f.Bad("add the neighbour to "+d.name("ALLOW"), "%d handshakes were refused", c.FirstRefused+c.FirstBad)
	case c.BeaconsHeard > 0 && c.FirstHeard == 0: // beacons are short, handshakes long
		f.Bad(fmt.Sprintf("something in between may have a smaller MTU (a switch, VXLAN, PLC) and lose frames of %d bytes; or the neighbour has an allow list: look at its log", link.FrameLong),
			"neighbours are heard, but no long frame comes from them, and no link comes up")
	case c.BeaconsHeard > 0:
		f.Bad("look at the log of the neighbour; it may have an allow list", "neighbours are heard, but no link comes up")
	default:
		f.Bad("is the other node on this cable running, with the same network key?", "no neighbour has been heard")
	}
}
