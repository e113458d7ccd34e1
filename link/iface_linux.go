package link

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

// An Interface is what the kernel says of a network interface.
type Interface struct {
	Name     string
	Index    int
	MAC      [6]byte
	Up       bool // administratively
	Carrier  bool
	MTU      int
	Bridge   string // the bridge it is a port of
	IsBridge bool
	Ethernet bool // has MAC addresses and broadcasts
	Wireless bool
	Capacity uint32 // kbit/s; 0: unknown
}

// Usable says why the interface cannot carry frames; "": it can.
func (i Interface) Usable() string {
	switch {
	case !i.Ethernet:
		return "not Ethernet"
	case i.Bridge != "":
		return "port of the bridge " + i.Bridge
	case !i.Up:
		return "down"
	case !i.Carrier:
		return "no carrier"
	case i.MTU < FrameLong:
		return "MTU " + strconv.Itoa(i.MTU) + " below " + strconv.Itoa(FrameLong)
	}
	return ""
}

// Interfaces lists the interfaces of this network namespace by name.
func Interfaces() ([]Interface, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return sysInterfaces()
	}
	names := map[int]string{}
	for _, l := range links {
		names[l.Attrs().Index] = l.Attrs().Name
	}
	all := make([]Interface, 0, len(links))
	for _, l := range links {
		all = append(all, fromNetlink(l, names))
	}
	slices.SortFunc(all, func(a, b Interface) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func fromNetlink(l netlink.Link, names map[int]string) Interface {
	a := l.Attrs()
	i := Interface{Name: a.Name, Index: a.Index, MTU: a.MTU, Up: a.Flags&net.FlagUp != 0, IsBridge: l.Type() == "bridge",
		Ethernet: a.EncapType == "ether" && len(a.HardwareAddr) == 6}
	i.Carrier = a.OperState == netlink.OperUp || a.OperState == netlink.OperUnknown && a.RawFlags&0x10000 != 0 // IFF_LOWER_UP
	copy(i.MAC[:], a.HardwareAddr)
	if a.MasterIndex != 0 && bridgeOf(a.Name) != "" {
		i.Bridge = names[a.MasterIndex]
	}
	i.fromSys()
	return i
}

// fromSys adds what only /sys says.
func (i *Interface) fromSys() {
	base := "/sys/class/net/" + i.Name
	if _, err := os.Stat(base + "/phy80211"); err == nil {
		i.Wireless = true
	}
	if mbits := sysNumber(base + "/speed"); mbits > 0 && mbits < 1<<22 {
		i.Capacity = uint32(mbits) * 1000
	}
}

func sysNumber(path string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return -1
	}
	return n
}

// sysInterfaces lists by /sys alone: rtnetlink is missing under some emulations.
func sysInterfaces() ([]Interface, error) {
	dir, err := os.ReadDir("/sys/class/net")
	if err != nil {
		return nil, err
	}
	var all []Interface
	for _, d := range dir {
		base := "/sys/class/net/" + d.Name()
		i := Interface{Name: d.Name(), Index: sysNumber(base + "/ifindex"), MTU: sysNumber(base + "/mtu"), Bridge: bridgeOf(d.Name()), Ethernet: sysNumber(base+"/type") == 1}
		mac, _ := os.ReadFile(base + "/address")
		hw, _ := net.ParseMAC(strings.TrimSpace(string(mac)))
		copy(i.MAC[:], hw)
		i.Carrier = sysNumber(base+"/carrier") == 1
		i.Up = i.Carrier
		_, err := os.Stat(filepath.Join(base, "bridge"))
		i.IsBridge = err == nil
		i.fromSys()
		all = append(all, i)
	}
	return all, nil
}

// WatchInterfaces calls changed when something about any interface may have
// changed: soon after the kernel says so, and every few seconds in case a message
// was lost. It returns when stop is closed.
func WatchInterfaces(stop <-chan struct{}, changed func()) {
	const gap = 5 * time.Second
	updates := make(chan netlink.LinkUpdate, 64)
	lost := make(chan struct{}, 1)
	subscribe := func() {
		netlink.LinkSubscribeWithOptions(updates, stop, netlink.LinkSubscribeOptions{ErrorCallback: func(error) {
			select {
			case lost <- struct{}{}:
			default:
			}
		}})
	}
	subscribe()
	tick := time.NewTicker(gap)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case _, ok := <-updates:
			if !ok {
				updates = nil // the tick goes on
			}
		case <-lost:
		case <-tick.C:
		}
		for len(updates) > 0 {
			<-updates
		}
		changed()
	}
}
