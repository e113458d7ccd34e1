package nic

import (
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// What /sys says of interfaces: of those of the namespace that it was mounted in, which
// need not be ours.

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

// sysInterfaces lists without rtnetlink, which is missing under some emulations: the
// names are of /proc, where those of our namespace are, and the rest is of /sys. (To
// list a folder is 12 kB of program.)
func sysInterfaces() ([]Interface, error) {
	list, err := os.ReadFile("/proc/thread-self/net/dev")
	if err != nil {
		return nil, err
	}
	var all []Interface
	for _, line := range strings.Split(string(list), "\n") {
		name, _, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok { // a heading
			continue
		}
		base := "/sys/class/net/" + name
		i := Interface{Name: name, Index: sysNumber(base + "/ifindex"), MTU: sysNumber(base + "/mtu"), Bridge: bridgeOf(name), Ethernet: sysNumber(base+"/type") == 1}
		mac, _ := os.ReadFile(base + "/address")
		hw, _ := net.ParseMAC(strings.TrimSpace(string(mac)))
		copy(i.MAC[:], hw)
		i.Carrier = sysNumber(base+"/carrier") == 1
		i.Up = i.Carrier
		_, err := os.Stat(filepath.Join(base, "bridge"))
		i.IsBridge = err == nil
		_, err = os.Stat(base + "/phy80211")
		i.Wireless = err == nil
		i.Capacity = kbits(uint32(sysNumber(base + "/speed")))
		all = append(all, i)
	}
	sort.Sort(byName(all))
	return all, nil
}

// bridgeOf names the bridge that an interface is a port of; "": none.
func bridgeOf(name string) string {
	base := "/sys/class/net/" + filepath.Base(name)
	if _, err := os.Stat(base + "/brport"); err != nil {
		return ""
	}
	master, err := os.Readlink(base + "/master")
	if err != nil {
		return ""
	}
	return filepath.Base(master)
}
