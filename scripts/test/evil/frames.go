package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	header      = 14
	sizeShort   = 320 // link/wire.md, "Frame"
	sizeLong    = 1440
	mostFrames  = 20000 // of a recording
	addressSize = 6
)

var everybody = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// record writes what it hears to the file, each frame behind its length.
func (o *options) record(ctx context.Context) error {
	fd, err := open(o.name, unix.ETH_P_ALL)
	if err != nil {
		return err
	}
	wait := unix.NsecToTimeval(int64(50 * time.Millisecond)) // and see whether the time is over
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		return err
	}
	f, err := os.Create(o.file)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	hear(ctx, fd, w)
	return errors.Join(w.Flush(), f.Close())
}

// hear writes the frames of either length.
func hear(ctx context.Context, fd int, w io.Writer) {
	b := make([]byte, 1<<16)
	for n := 0; n < mostFrames && ctx.Err() == nil; {
		got, err := unix.Read(fd, b)
		if err != nil || got != header+sizeShort && got != header+sizeLong {
			continue
		}
		n++
		w.Write(binary.LittleEndian.AppendUint16(nil, uint16(got)))
		w.Write(b[:got])
	}
}

// load reads a recording.
func load(name string) (all [][]byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for size := [2]byte{}; ; {
		if _, err := io.ReadFull(r, size[:]); err != nil {
			break
		}
		b := make([]byte, binary.LittleEndian.Uint16(size[:]))
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	if len(all) == 0 {
		return nil, errors.New("nothing recorded")
	}
	return all, nil
}

// again is the recording as it was, from its first frame, over and over.
func again(heard [][]byte) func() []byte {
	i := -1
	return func() []byte {
		i = (i + 1) % len(heard)
		return heard[i]
	}
}

// long is garbage to an address and to everybody in turn. Half of it, by pairs, comes
// from those that were heard, as only theirs meets the keys of a link, half from nobody.
func long(heard [][]byte, to []byte) func() []byte {
	b, i := make([]byte, header+sizeLong), 0
	return func() []byte {
		i++
		copy(b, [][]byte{to, everybody}[i%2])
		return garbage(b, heard[i%len(heard)], i/2%2 == 0)
	}
}

// short is garbage to everybody, where beacons come.
func short(heard [][]byte) func() []byte {
	b, i := make([]byte, header+sizeShort), 0
	copy(b, everybody)
	return func() []byte {
		i++
		return garbage(b, heard[i%len(heard)], i%2 == 0)
	}
}

// garbage fills a frame behind its first address; the EtherType is that of the cable.
func garbage(b, heard []byte, known bool) []byte {
	random.Read(b[addressSize:])
	b[addressSize] = b[addressSize]&^1 | 2 // one host's, and nobody's make
	if known {
		copy(b[addressSize:2*addressSize], heard[addressSize:])
	}
	copy(b[2*addressSize:header], heard[2*addressSize:])
	return b
}

// datagrams are garbage of either length.
func datagrams() []byte {
	b := make([]byte, []int{sizeShort, sizeLong}[random.Uint64()%2])
	random.Read(b)
	return b
}
