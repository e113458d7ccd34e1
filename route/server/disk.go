package server

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"time"

	"golang.org/x/crypto/blake2s"

	"hopwire/link/identity"
	"hopwire/route/announce"
	"hopwire/route/query"
)

// Layout of the file of a snapshot (wire.md, "File"). Little endian.
const (
	offFileMagic   = 0
	offFileVersion = offFileMagic + 7
	offFileWritten = offFileVersion + 1
	fileHead       = offFileWritten + 8

	offBlockLength = 0
	offBlockBytes  = offBlockLength + 4 // then the MAC

	blockMAC  = 32
	mostBlock = 64 << 10

	fileMagic   = "hopmap\n"
	fileVersion = 1
	fileLabel   = "hopwire 1 route server file"
)

// Errors of Load. What was read before an error stays.
var (
	ErrFile  = errors.New("server: not a map that this server has written")
	ErrShort = errors.New("server: the file of the map ends too early")
)

// A sealer makes the MACs of a file. The key follows from the server's own, so only what
// this server has verified before is taken without verifying it again: whoever can write
// a MAC has the server's key and could be the server. Each MAC is over the head, the
// number of the block and the block, so blocks stand where they were.
type sealer struct {
	mac  hash.Hash
	head [fileHead]byte
	n    uint32
	sum  []byte
}

func newSealer(id *identity.Identity) *sealer {
	seed := id.Seed()
	key := blake2s.Sum256(append([]byte(fileLabel), seed[:]...))
	mac, _ := blake2s.New256(key[:]) // a key of 32 bytes: no error
	return &sealer{mac: mac}
}

// seal returns the MAC of the next block; it is valid until the next call.
func (s *sealer) seal(block []byte) []byte {
	s.mac.Reset()
	s.mac.Write(s.head[:])
	s.mac.Write(binary.LittleEndian.AppendUint32(nil, s.n))
	s.mac.Write(block)
	s.n++
	s.sum = s.mac.Sum(s.sum[:0])
	return s.sum
}

// Save writes the snapshot as a file that Load reads, under the server's identity; at is
// the time of then by the clock of the server, and wall by that of the world. It may be
// called at any time by anybody; w gets blocks of 64 KiB.
func (n *Snapshot) Save(w io.Writer, id *identity.Identity, at time.Time, wall time.Time) error {
	s := newSealer(id)
	copy(s.head[offFileMagic:], fileMagic)
	s.head[offFileVersion] = fileVersion
	binary.LittleEndian.PutUint64(s.head[offFileWritten:], uint64(wall.UnixMilli()))
	if _, err := w.Write(s.head[:]); err != nil {
		return err
	}
	passed := at.Sub(n.start)
	block := make([]byte, offBlockBytes, mostBlock+blockMAC)
	for i := range n.items {
		h := &n.items[i]
		if len(block)+query.AnnouncementSize(h.raw) > mostBlock {
			if err := s.write(w, block); err != nil {
				return err
			}
			block = block[:offBlockBytes]
		}
		if age := passed - h.born; age < maxAge {
			block = query.AppendAnnouncement(block, h.raw, age)
		}
	}
	if len(block) > offBlockBytes {
		if err := s.write(w, block); err != nil {
			return err
		}
	}
	return s.write(w, block[:offBlockBytes]) // an empty one is the end
}

// write writes a block with its MAC; there is room for both.
func (s *sealer) write(w io.Writer, block []byte) error {
	binary.LittleEndian.PutUint32(block[offBlockLength:], uint32(len(block)-offBlockBytes))
	_, err := w.Write(append(block, s.seal(block)...))
	return err
}

// Load fills a new server with what Save has written, up to where the file is whole, and
// returns how many relays that are. wall is the time by the clock of the world. Errors
// wrap ErrFile or ErrShort, or are those of r. (No signature is checked again: a hundred
// thousand of them take ten seconds.)
func (s *Server) Load(now time.Time, r io.Reader, wall time.Time) (relays int, err error) {
	l := loader{r: r, seal: newSealer(s.c.Identity)}
	if err := l.readHead(); err != nil {
		return 0, err
	}
	written := time.UnixMilli(int64(binary.LittleEndian.Uint64(l.seal.head[offFileWritten:])))
	for {
		list, err := l.block()
		if err != nil || len(list) == 0 {
			return relays, err
		}
		relays += s.restore(now, list, wall.Sub(written))
	}
}

// restore stores the announcements of a block, and returns how many there were.
func (s *Server) restore(now time.Time, list query.Announcements, passed time.Duration) (n int) {
	at := now.Sub(s.start)
	for raw, age, ok := list.Next(); ok; raw, age, ok = list.Next() {
		c := candidate{raw, raw.Key().Short(), at - ageAfter(age, passed)}
		if s.store.find(c.short) == nil && s.room(len(raw)) && s.news(now, &c) {
			c.raw = bytes.Clone(raw)
			s.store.put(at, &c)
			n++
		}
	}
	return n
}

// ageAfter is the age of an announcement when the clock of the world says that so much
// time has passed. A router often starts with a clock that stands years ago; then nobody
// knows, and it counts as so old that the first newer one is better.
func ageAfter(age, passed time.Duration) time.Duration {
	if passed < 0 || passed > plausibleGap {
		return max(age, unknownAge)
	}
	return age + passed
}

// A loader reads a file block by block.
type loader struct {
	r    io.Reader
	seal *sealer
	buf  [mostBlock + blockMAC]byte
}

func (l *loader) readHead() error {
	head := l.seal.head[:]
	if err := l.fill(head); err != nil {
		return err
	}
	if string(head[:offFileVersion]) != fileMagic || head[offFileVersion] != fileVersion {
		return ErrFile
	}
	return nil
}

// block returns the next one's announcements; none: it was the last. It is valid until
// the next call.
func (l *loader) block() (query.Announcements, error) {
	if err := l.fill(l.buf[:offBlockBytes]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(l.buf[offBlockLength:])
	if n > mostBlock-offBlockBytes {
		return nil, ErrFile
	}
	end := offBlockBytes + int(n)
	if err := l.fill(l.buf[offBlockBytes : end+blockMAC]); err != nil {
		return nil, err
	}
	if !hmac.Equal(l.seal.seal(l.buf[:end]), l.buf[end:end+blockMAC]) {
		return nil, ErrFile
	}
	return query.Announcements(l.buf[offBlockBytes:end]), nil
}

// fill reads all of b.
func (l *loader) fill(b []byte) error {
	_, err := io.ReadFull(l.r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrShort
	}
	return err
}

const _ = uint(mostBlock - offBlockBytes - announce.MaxSize - 2)
