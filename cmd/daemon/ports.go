package daemon

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"hopwire/cmd/hint"
	"hopwire/link"
	"hopwire/link/nic"
)

// A portManager opens the interfaces that the settings name as they come, and
// closes them as they go, without a restart. Interfaces have one port for each
// network key (each has an EtherType of its own).
type portManager struct {
	d      *Daemon
	mu     sync.Mutex
	opened map[string]*opened
	said   map[string]string // why an interface is not used, as last logged
	down   map[string]bool   // bridge members without carrier
	udp    int               // id of the UDP port; -1: there is none
	again  bool              // something could not be opened yet
	wrong  string            // what is wrong with all of them, as last logged
}

// opened is an interface in use.
type opened struct {
	nic.Interface
	ids []int
}

func newPortManager(d *Daemon) *portManager {
	return &portManager{d: d, opened: map[string]*opened{}, said: map[string]string{}, udp: -1}
}

// open opens what is there at the start. What the operator named and can never
// work is an error; what is missing is waited for.
func (p *portManager) open() error {
	if err := p.openUDP(); err != nil {
		return err
	}
	if len(p.d.Interfaces) > 0 {
		if err := nic.RawAllowed(); err != nil && !nic.Transient(err) {
			return rawError(err)
		}
	}
	all, err := nic.Interfaces()
	if nic.Transient(err) {
		return nil // it is looked at again soon, and said then
	}
	if err != nil {
		return err
	}
	for _, pattern := range p.d.Interfaces {
		if !anyNamed(pattern, all) {
			p.say(pattern, "missing: waiting for it")
		}
	}
	for _, i := range all {
		if i.Bridge != "" && slices.Contains(p.d.Interfaces, i.Name) {
			return p.memberError(i)
		}
	}
	return p.sync(all)
}

// rawError is why raw sockets cannot be had; nil: they can.
func rawError(err error) error {
	if errors.Is(err, nic.ErrNoCapability) {
		return hint.Errorf("run it as root, or give it CAP_NET_RAW and CAP_NET_ADMIN", "%v", err)
	}
	return err
}

func (p *portManager) memberError(i nic.Interface) error {
	return hint.Errorf("use the bridge "+i.Bridge+" in "+p.d.name("INTERFACES")+", or take "+i.Name+" out of it",
		"%s: %s is a port of the bridge %s and would hear nothing", p.d.name("INTERFACES"), i.Name, i.Bridge)
}

// update follows the kernel; true: something could not be opened yet. What is wrong is
// said once.
func (p *portManager) update() (again bool) {
	all, err := nic.Interfaces()
	if err == nil {
		err = p.sync(all)
	}
	if udp := p.openUDP(); err == nil {
		err = udp
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if text != "" && text != p.wrong {
		p.d.Log.Error("interfaces", "error", text)
	}
	p.wrong = text
	return p.again || err != nil
}

// failed closes what has ended by itself, so that update opens it again.
func (p *portManager) failed(id int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, o := range p.opened {
		if slices.Contains(o.ids, id) {
			p.close(name, err.Error())
		}
	}
	if id == p.udp {
		p.udp = -1
		p.d.Runner.RemovePort(id)
	}
}

// sync makes the open ports those that can be open. Only an error that will not
// pass by itself is returned.
func (p *portManager) sync(all []nic.Interface) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again = false
	there := map[string]nic.Interface{}
	for _, i := range all {
		there[i.Name] = i
	}
	for name, o := range p.opened {
		i, ok := there[name]
		if why := i.Usable(); !ok || why != "" || i.Index != o.Index || i.MAC != o.MAC {
			if !ok {
				why = "gone"
			}
			p.close(name, why)
		}
	}
	p.forget(there)
	for _, i := range all {
		if p.opened[i.Name] == nil && p.wanted(i) {
			if err := p.try(i); err != nil {
				return err
			}
		}
	}
	p.members(all)
	return nil
}

// forget what was said of interfaces that are gone: containers have new names each time.
func (p *portManager) forget(there map[string]nic.Interface) {
	for name := range p.said {
		if _, ok := there[name]; !ok && name != "udp" && !slices.Contains(p.d.Interfaces, name) {
			delete(p.said, name)
		}
	}
}

// wanted says whether the settings name the interface.
func (p *portManager) wanted(i nic.Interface) bool {
	if i.Name == p.d.Device || i.Name == "lo" {
		return false
	}
	for _, pattern := range p.d.Interfaces {
		if named(pattern, &i) {
			return true
		}
	}
	return false
}

// named says whether a pattern is for an interface, by any of its names.
func named(pattern string, i *nic.Interface) bool {
	ok, _ := filepath.Match(pattern, i.Name)
	for n := 0; n < len(i.AltNames) && !ok; n++ {
		ok, _ = filepath.Match(pattern, i.AltNames[n])
	}
	return ok
}

// anyNamed says whether a pattern is for one of the interfaces.
func anyNamed(pattern string, all []nic.Interface) bool {
	for i := range all {
		if named(pattern, &all[i]) {
			return true
		}
	}
	return false
}

// say logs why an interface is not used, once.
func (p *portManager) say(name, why string) {
	if p.said[name] != why {
		p.said[name] = why
		p.d.Log.Info("interface not used", "interface", name, "reason", why)
	}
}

// later says why something is not used, and has it tried again.
func (p *portManager) later(name string, err error) {
	p.again = true
	p.say(name, err.Error()+": it is tried again")
}

// try opens an interface that is usable. What is wrong with it is said, and tried
// again with the next look.
func (p *portManager) try(i nic.Interface) error {
	if why := i.Usable(); why != "" {
		p.say(i.Name, why)
		return nil
	}
	o := &opened{Interface: i}
	if err := p.openKeys(o); err != nil {
		for _, id := range o.ids {
			p.d.Runner.RemovePort(id)
		}
		if errors.Is(err, nic.ErrNoCapability) {
			return rawError(err)
		}
		p.later(i.Name, err)
		return nil
	}
	delete(p.said, i.Name)
	p.opened[i.Name] = o
	p.d.Log.Info("interface up", "interface", i.Name, "mac", link.MACAddr(i.MAC))
	return nil
}

// openKeys opens a port for each network key.
func (p *portManager) openKeys(o *opened) error {
	if err := o.Ask(); err != nil {
		return err
	}
	for k, key := range p.d.Keys {
		t, err := p.d.etherType(key)
		if err != nil {
			return err
		}
		port, err := nic.OpenEther(o.Name, t, p.d.Runner.Lanes())
		if err != nil {
			return err
		}
		info := link.PortInfo{Name: o.Name, MAC: o.MAC, Broadcast: true, Key: k, Capacity: o.Capacity, Radio: o.Wireless}
		if o.Wireless {
			info.MaxLinks = 16
		}
		o.ids = append(o.ids, p.d.Runner.AddPort(port, info))
		if p.d.EtherType != "" {
			break // one EtherType for both keys: the first
		}
	}
	return nil
}

func (p *portManager) close(name, why string) {
	o := p.opened[name]
	delete(p.opened, name)
	for _, id := range o.ids {
		p.d.Runner.RemovePort(id)
	}
	p.said[name] = why
	p.d.Log.Info("interface down", "interface", name, "reason", why)
}

// members watches the ports of the bridges in use: a bridge hides their carrier,
// so when one is lost every link over the bridge must prove that it lives.
func (p *portManager) members(all []nic.Interface) {
	down := map[string]bool{}
	for _, i := range all {
		o := p.opened[i.Bridge]
		if i.Bridge == "" || o == nil || i.Carrier {
			continue
		}
		down[i.Name] = true
		if !p.down[i.Name] {
			for _, id := range o.ids {
				p.d.Runner.Turn(func(now time.Time) { p.d.Runner.Node().Links.Suspect(now, id) })
			}
		}
	}
	p.down = down
}

// openUDP opens the UDP port when one is set or a neighbour needs it. An address that
// no interface has yet is waited for, as is what passes by itself; else it is an error.
func (p *portManager) openUDP() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.udp >= 0 || p.d.UDPListen == "" && !p.d.udpNeighbour() {
		return nil
	}
	u, err := nic.OpenUDP(p.d.UDPListen)
	if nic.Transient(err) {
		p.later("udp", err)
		return nil
	}
	if err != nil {
		return hint.Errorf("use ADDRESS:PORT or :PORT with a free port, and IPv4 where the kernel has no IPv6", "%s: %v", p.d.name("UDP_LISTEN"), err)
	}
	delete(p.said, "udp")
	p.udp = p.d.Runner.AddPort(u, link.PortInfo{Name: "udp"})
	p.d.Log.Info("UDP up", "port", u.LocalPort(), "family", u.Family())
	return nil
}

// list returns the interfaces that the settings name and why one is not used.
func (p *portManager) list() (names []string, why map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	why = map[string]string{}
	for n := range p.opened {
		names, why[n] = append(names, n), ""
	}
	for n, w := range p.said {
		if p.opened[n] == nil {
			names, why[n] = append(names, n), w
		}
	}
	for i := range names { // a few: a sort of strings would be 1 to 9 kB of program
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return names, why
}
