package nic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"unsafe"

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
	Ethernet bool   // has MAC addresses and broadcasts
	Wireless bool   // as Ask says,
	Capacity uint32 // kbit/s; 0: unknown; likewise
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

// Interfaces lists the interfaces of this network namespace by name. /sys may be that
// of another (nsenter, NetworkNamespacePath of systemd), so it is read only where
// netlink is garbled or missing, as under some emulations.
func Interfaces() ([]Interface, error) {
	messages, err := dumpLinks()
	if Transient(err) {
		return nil, fmt.Errorf("nic: interfaces: %w", err)
	}
	if err != nil {
		return sysInterfaces()
	}
	names, masters := map[int]string{}, map[string]int{}
	all := make([]Interface, 0, len(messages))
	for _, m := range messages {
		i, bridge, ok := fromNetlink(m)
		if !ok {
			return sysInterfaces()
		}
		names[i.Index], masters[i.Name] = i.Name, bridge
		all = append(all, i)
	}
	for n := range all {
		all[n].Bridge = names[masters[all[n].Name]]
	}
	sort.Sort(byName(all))
	return all, nil
}

// dumpLinks asks for all interfaces, again when they changed meanwhile.
func dumpLinks() (messages [][]byte, err error) {
	for range 3 {
		request := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_DUMP)
		request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
		messages, err = request.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
		if !errors.Is(err, unix.EINTR) { // ErrDumpInterrupted is that too
			break
		}
	}
	return messages, err
}

// lookUp returns the interface of a name.
func lookUp(name string) (Interface, error) {
	all, err := Interfaces()
	if err != nil {
		return Interface{}, err
	}
	for _, i := range all {
		if i.Name == name {
			return i, nil
		}
	}
	return Interface{}, fmt.Errorf("nic: no interface %s", name)
}

// byName sorts. (sort.Slice and slices.SortFunc are each a quicksort more in the
// program; sort.Sort is there for what we import.)
type byName []Interface

func (b byName) Len() int           { return len(b) }
func (b byName) Less(i, j int) bool { return b[i].Name < b[j].Name }
func (b byName) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

// fromNetlink reads what an RTM_NEWLINK says that we need, and the index of the
// bridge that the interface is a port of; false: it is garbled, as by an emulator of
// the other byte order. netlink.LinkList reads everything of every kind of device,
// which is 100 kB of program.
func fromNetlink(m []byte) (i Interface, bridge int, ok bool) {
	if len(m) < unix.SizeofIfInfomsg {
		return i, 0, false
	}
	typ, flags, attrs := binary.NativeEndian.Uint16(m[2:]), binary.NativeEndian.Uint32(m[8:]), m[unix.SizeofIfInfomsg:]
	i.Index, i.Up = int(int32(binary.NativeEndian.Uint32(m[4:]))), flags&unix.IFF_UP != 0
	i.Name, i.MTU = text(find(attrs, unix.IFLA_IFNAME)), int(figure(find(attrs, unix.IFLA_MTU)))
	i.AltNames = altNames(find(attrs, unix.IFLA_PROP_LIST))
	mac, info := find(attrs, unix.IFLA_ADDRESS), find(attrs, unix.IFLA_LINKINFO)
	copy(i.MAC[:], mac)
	i.IsBridge, i.Ethernet = text(find(info, unix.IFLA_INFO_KIND)) == "bridge", typ == unix.ARPHRD_ETHER && len(mac) == len(i.MAC)
	state := find(attrs, unix.IFLA_OPERSTATE)
	i.Carrier = flags&unix.IFF_LOWER_UP != 0
	if len(state) == 1 && state[0] != 0 {
		i.Carrier = state[0] == operUp
	}
	if text(find(info, unix.IFLA_INFO_SLAVE_KIND)) == "bridge" {
		bridge = int(figure(find(attrs, unix.IFLA_MASTER)))
	}
	return i, bridge, i.Name != "" && i.Index > 0
}

const operUp = 6 // IF_OPER_UP (RFC 2863); 0 is unknown

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

// Ask fills in what drivers know of an interface, Wireless and Capacity: each listing
// would be a question to every driver.
func (i *Interface) Ask() error {
	var s Stations
	err := s.find()
	if err == nil {
		request := nl.NewNetlinkRequest(int(s.family), 0)
		request.AddRawData([]byte{getInterface, 0, 0, 0})
		request.AddRawData(attribute(attrIndex, binary.NativeEndian.AppendUint32(nil, uint32(i.Index))))
		_, err = request.Execute(unix.NETLINK_GENERIC, s.family)
		i.Wireless = i.Wireless || err == nil
	}
	if Transient(err) { // else there are no radios, or it is none
		return fmt.Errorf("nic: what %s is: %w", i.Name, err)
	}
	if k := capacity(i.Name); k != 0 {
		i.Capacity = k
	}
	return nil
}

// capacity asks a driver for the speed of a cable, in kbit/s; 0: it does not know.
func capacity(name string) uint32 {
	const getSettings, speed, speedHigh = 1, 12, 28 // ETHTOOL_GSET, offsets in struct ethtool_cmd (linux/ethtool.h)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	var settings [44]byte
	binary.NativeEndian.PutUint32(settings[:], getSettings)
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&settings)}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); e != 0 {
		return 0
	}
	return kbits(uint32(binary.NativeEndian.Uint16(settings[speed:])) | uint32(binary.NativeEndian.Uint16(settings[speedHigh:]))<<16)
}

// kbits reads a speed in Mbit/s as drivers state it; 0: it is unknown.
func kbits(mbits uint32) uint32 {
	if mbits < 1<<22 {
		return mbits * 1000
	}
	return 0
}

func text(v []byte) string { return unix.ByteSliceToString(v) }
