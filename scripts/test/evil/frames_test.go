package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// heard is a frame between two neighbours.
func heard(size int) []byte {
	return append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x42, 0x17}, make([]byte, size)...)
}

// TestGarbage: made-up frames pass for the cable's by length, EtherType and source, or
// no check behind those would be tried.
func TestGarbage(t *testing.T) {
	one, to := heard(sizeShort), []byte{2, 0, 0, 0, 0, 3}
	for _, c := range []struct {
		name            string
		next            func() []byte
		size, everybody int
	}{
		{"long", long([][]byte{one}, to), header + sizeLong, 50},
		{"short", short([][]byte{one}), header + sizeShort, 100},
	} {
		known, all := 0, 0
		for range 100 {
			b := c.next()
			if len(b) != c.size || !bytes.Equal(b[12:header], one[12:header]) || b[6]&1 != 0 {
				t.Fatalf("%s: %d bytes, head %x", c.name, len(b), b[:header])
			}
			if bytes.Equal(b[:6], everybody) {
				all++
			} else if !bytes.Equal(b[:6], to) {
				t.Fatalf("%s: to %x", c.name, b[:6])
			}
			if bytes.Equal(b[6:12], one[6:12]) {
				known++
			}
		}
		if all != c.everybody || known != 50 {
			t.Errorf("%s: %d to everybody, %d of a neighbour; want %d and 50", c.name, all, known, c.everybody)
		}
	}
}

// TestLoad: a recording comes back as it was, and an empty one is an error.
func TestLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "heard")
	var file []byte
	for _, size := range []int{sizeShort, sizeLong} {
		b := heard(size)
		file = append(binary.LittleEndian.AppendUint16(file, uint16(len(b))), b...)
	}
	os.WriteFile(name, file, 0o600)
	all, err := load(name)
	if err != nil || len(all) != 2 || len(all[0]) != header+sizeShort || len(all[1]) != header+sizeLong {
		t.Errorf("%d frames, %v; want 2", len(all), err)
	}
	os.WriteFile(name, nil, 0o600)
	if _, err := load(name); err == nil {
		t.Error("an empty recording is none")
	}
}
