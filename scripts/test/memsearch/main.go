// Command memsearch looks for addresses in the memory of a process, or in a text,
// and prints in which forms each was found, a line each: ADDRESS FORM COUNT WHERE.
// A part of a form counts as the form: any aligned eight bytes of it, or sixteen
// characters of a text. Nothing found prints nothing; the exit status is 0 all the
// same, and 1 when the memory cannot be read.
//
//	memsearch PID ADDRESS...
//	memsearch - ADDRESS... <text
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"hopwire/link/identity"
)

// A pattern is a part of one form of an address.
type pattern struct {
	address, form string
	bytes         []byte
}

// patterns returns every form in which a node might keep an address.
func patterns(address string) (all []pattern, err error) {
	key, err := identity.ParseKey(address)
	if err != nil {
		return nil, err
	}
	x, err := key.X25519()
	if err != nil {
		return nil, err
	}
	short, ip := key.Short(), key.IPv6()
	ip16 := ip.As16()
	add := func(form string, b []byte, size int) {
		for ; len(b) >= size; b = b[size:] {
			all = append(all, pattern{address, form, b[:size]})
		}
	}
	add("key", key[:], 8)
	add("x25519", x[:], 8)
	add("short", short[:], 8)
	add("ip", ip16[4:], 12)                 // its first eight bytes are the short id's
	add("ip-numbers", swapped(ip16[8:]), 8) // half of a netip.Addr on a little-endian machine
	add("text", []byte(key.String()), 16)
	for form, b := range map[string][]byte{"key-hex": key[:], "x25519-hex": x[:], "short-hex": short[:]} {
		add(form, []byte(hex.EncodeToString(b)), 16)
	}
	groups := strings.SplitN(ip.String(), ":", 3)[2] // without the mesh's prefix
	add("ip-text", []byte(groups), len(groups))
	return all, nil
}

func swapped(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

// A search counts what is found.
type search struct {
	patterns []pattern
	count    map[[2]string]int
	where    map[[2]string]string
	size     int // bytes searched
}

func (s *search) look(b []byte, where string) {
	s.size += len(b)
	for _, p := range s.patterns {
		if n := bytes.Count(b, p.bytes); n > 0 {
			k := [2]string{p.address, p.form}
			s.count[k] += n
			s.where[k] = fmt.Sprintf("%s+%#x", where, bytes.Index(b, p.bytes))
		}
	}
}

// memory searches all that the process can read and write.
func (s *search) memory(pid string) error {
	maps, err := os.Open("/proc/" + pid + "/maps")
	if err != nil {
		return err
	}
	defer maps.Close()
	mem, err := os.Open("/proc/" + pid + "/mem")
	if err != nil {
		return err
	}
	defer mem.Close()
	for in := bufio.NewScanner(maps); in.Scan(); {
		var from, to int64
		var mode string
		if n, _ := fmt.Sscanf(in.Text(), "%x-%x %s", &from, &to, &mode); n != 3 || !strings.HasPrefix(mode, "rw") {
			continue
		}
		region := make([]byte, to-from)
		n, err := mem.ReadAt(region, from)
		if err != nil && !strings.Contains(in.Text(), "[v") { // the kernel's own pages may refuse
			return fmt.Errorf("%s: %w", in.Text(), err)
		}
		s.look(region[:n], fmt.Sprintf("%#x", from))
	}
	return nil
}

func run(args []string) error {
	s := &search{count: map[[2]string]int{}, where: map[[2]string]string{}}
	for _, a := range args[1:] {
		p, err := patterns(a)
		if err != nil {
			return err
		}
		s.patterns = append(s.patterns, p...)
	}
	if args[0] == "-" {
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		s.look(text, "text")
	} else if err := s.memory(args[0]); err != nil {
		return err
	}
	for k, n := range s.count {
		fmt.Println(k[0], k[1], n, s.where[k])
	}
	fmt.Fprintln(os.Stderr, "memsearch:", s.size, "bytes searched")
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: memsearch PID|- ADDRESS...")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "memsearch: error:", err)
		os.Exit(1)
	}
}
