package nic

import (
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hopwire/link"
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
	AltNames []string
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
	case i.MTU < link.FrameLong:
		return "MTU " + strconv.Itoa(i.MTU) + " below " + strconv.Itoa(link.FrameLong)
	}
	return ""
}

// Interfaces lists the interfaces of this network namespace by name.
func Interfaces() ([]Interface, error) {
	request := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_DUMP)
	request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	messages, err := request.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	switch {
	case exhausted(err): // /sys would be read by halves, and what is there seem gone
		return nil, err
	case err != nil:
		return sysInterfaces()
	}
	names, masters := map[int]string{}, map[string]int{}
	all := make([]Interface, 0, len(messages))
	for _, m := range messages {
		i, bridge, err := fromNetlink(m)
		if err != nil { // garbled, as by an emulator of the other byte order
			return sysInterfaces()
		}
		names[i.Index], masters[i.Name] = i.Name, bridge
		all = append(all, i)
	}
	for n := range all {
		all[n].Bridge = names[masters[all[n].Name]]
		all[n].fromSys()
	}
	sort.Sort(byName(all))
	return all, nil
}

// exhausted says whether descriptors or memory are wanting, which passes.
func exhausted(err error) bool {
	return err == unix.EMFILE || err == unix.ENFILE || err == unix.ENOMEM || err == unix.ENOBUFS
}

// byName sorts. (sort.Slice and slices.SortFunc are each a quicksort more in the
// program; sort.Sort is there for what we import.)
type byName []Interface

func (b byName) Len() int           { return len(b) }
func (b byName) Less(i, j int) bool { return b[i].Name < b[j].Name }
func (b byName) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

// fromNetlink reads what an RTM_NEWLINK says that we need, and the index of the
// bridge that the interface is a port of. netlink.LinkList reads everything of
// every kind of device, which is 100 kB of program.
func fromNetlink(m []byte) (i Interface, bridge int, err error) {
	info := nl.DeserializeIfInfomsg(m)
	attrs, err := nl.ParseRouteAttr(m[info.Len():])
	if err != nil {
		return i, 0, err
	}
	i.Index, i.Up = int(info.Index), info.Flags&unix.IFF_UP != 0
	address, master, kind, portKind, state := 0, 0, "", "", byte(0)
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.IFLA_IFNAME:
			i.Name = unix.ByteSliceToString(a.Value)
		case unix.IFLA_ADDRESS:
			address = copy(i.MAC[:], a.Value)
		case unix.IFLA_MTU:
			i.MTU = int(binary.NativeEndian.Uint32(a.Value))
		case unix.IFLA_MASTER:
			master = int(binary.NativeEndian.Uint32(a.Value))
		case unix.IFLA_OPERSTATE:
			state = a.Value[0]
		case unix.IFLA_LINKINFO:
			kind, portKind = kinds(a.Value)
		case unix.IFLA_PROP_LIST, unix.IFLA_PROP_LIST | unix.NLA_F_NESTED:
			i.AltNames = altNames(a.Value)
		}
	}
	i.IsBridge, i.Ethernet = kind == "bridge", info.Type == unix.ARPHRD_ETHER && address == len(i.MAC)
	i.Carrier = state == operUp || state == 0 && info.Flags&unix.IFF_LOWER_UP != 0
	if portKind == "bridge" {
		bridge = master
	}
	return i, bridge, nil
}

const operUp = 6 // IF_OPER_UP (RFC 2863); 0 is unknown

// kinds reads what kind of device an interface is, and its master.
func kinds(info []byte) (own, master string) {
	attrs, _ := nl.ParseRouteAttr(info)
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.IFLA_INFO_KIND:
			own = unix.ByteSliceToString(a.Value)
		case unix.IFLA_INFO_SLAVE_KIND:
			master = unix.ByteSliceToString(a.Value)
		}
	}
	return own, master
}

// altNames reads the other names that an interface has (ip link property add).
func altNames(list []byte) (all []string) {
	for {
		name := find(list, unix.IFLA_ALT_IFNAME)
		if name == nil {
			return all
		}
		all = append(all, unix.ByteSliceToString(name))
		list = list[min(len(list), (attrHeader+len(name)+3)&^3):] // they stand alone
	}
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
	dir, err := os.Open("/sys/class/net")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var all []Interface
	for _, name := range names {
		base := "/sys/class/net/" + name
		i := Interface{Name: name, Index: sysNumber(base + "/ifindex"), MTU: sysNumber(base + "/mtu"), Bridge: bridgeOf(name), Ethernet: sysNumber(base+"/type") == 1}
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
	sort.Sort(byName(all))
	return all, nil
}

// WatchInterfaces calls changed when something about any interface may have
// changed: soon after the kernel says so, and every few seconds in case a message
// was lost. It returns when stop is closed.
func WatchInterfaces(stop <-chan struct{}, changed func()) {
	const gap = 5 * time.Second
	said := make(chan struct{}, 1)
	if s, err := nl.Subscribe(unix.NETLINK_ROUTE, unix.RTNLGRP_LINK); err == nil {
		defer s.Close()
		go listen(s, said)
	}
	tick := time.NewTicker(gap)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-said:
		case <-tick.C:
		}
		changed()
	}
}

// listen notes that the kernel has said something, until s is closed. Whatever it
// was, the interfaces are read anew; so a full socket loses nothing.
func listen(s *nl.NetlinkSocket, said chan<- struct{}) {
	for {
		if _, _, err := s.Receive(); err != nil && err != unix.ENOBUFS && err != unix.EINTR {
			return
		}
		select {
		case said <- struct{}{}:
		default:
		}
	}
}
