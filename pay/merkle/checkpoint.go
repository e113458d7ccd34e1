package merkle

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"hopwire/link/identity"
)

// A Checkpoint is the signed state of a log (C2SP tlog-checkpoint, signed-note).
type Checkpoint struct {
	Origin string // the log's name
	Size   int64
	Root   Hash

	text       string // what is signed
	signatures []signature
}

type signature struct {
	name  string
	bytes []byte // key hash 4 ‖ what the kind of key has
}

// Bounds of a checkpoint.
const (
	maxCheckpoint = 4096 // bytes
	maxSignatures = 16
)

// Kinds of keys (C2SP signed-note, tlog-cosignature).
const (
	kindEd25519  = 1
	kindCosigner = 4
)

// ErrCheckpoint is returned for what is no checkpoint.
var ErrCheckpoint = errors.New("merkle: bad checkpoint")

// ParseCheckpoint reads one; whose signatures hold is for Signed and Cosigned to say.
func ParseCheckpoint(note string) (*Checkpoint, error) {
	i := strings.LastIndex(note, "\n\n")
	if len(note) > maxCheckpoint || i < 0 || !strings.HasSuffix(note, "\n") {
		return nil, ErrCheckpoint
	}
	c := &Checkpoint{text: note[:i+1]}
	lines := strings.Split(c.text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return nil, ErrCheckpoint
	}
	c.Origin = lines[0]
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, canonical := decode(lines[2])
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] || !canonical || len(root) != len(c.Root) {
		return nil, ErrCheckpoint
	}
	c.Size, c.Root = size, Hash(root)
	for line := range strings.SplitSeq(strings.TrimSuffix(note[i+2:], "\n"), "\n") {
		rest, dash := strings.CutPrefix(line, "— ")
		name, text, blank := strings.Cut(rest, " ")
		b, canonical := decode(text)
		if !dash || !blank || name == "" || !canonical || len(b) < 5 || len(c.signatures) == maxSignatures {
			return nil, ErrCheckpoint
		}
		c.signatures = append(c.signatures, signature{name, b})
	}
	return c, nil
}

// decode reads base64 in its one form. (The library's decoder skips line ends, and spare
// bits at the end, so that one checkpoint could be written in many ways.)
func decode(text string) (b []byte, canonical bool) {
	b, err := base64.StdEncoding.DecodeString(text)
	return b, err == nil && base64.StdEncoding.EncodeToString(b) == text
}

// keyHash names a key in a signature line.
func keyHash(name string, kind byte, key identity.Key) [4]byte {
	h := sha256.Sum256(append(append([]byte(name+"\n"), kind), key[:]...))
	return [4]byte(h[:])
}

// Signed says whether the log's key has signed it, under a name.
func (c *Checkpoint) Signed(name string, key identity.Key) bool {
	h := keyHash(name, kindEd25519, key)
	for _, s := range c.signatures {
		if s.name == name && len(s.bytes) == 4+64 && [4]byte(s.bytes) == h {
			sig := [64]byte(s.bytes[4:])
			if key.Verify([]byte(c.text), &sig) {
				return true
			}
		}
	}
	return false
}

// Cosigned says whether a witness has signed that it saw no other log, and when, in
// seconds since 1970 by its clock.
func (c *Checkpoint) Cosigned(name string, key identity.Key) (at uint64, ok bool) {
	h := keyHash(name, kindCosigner, key)
	for _, s := range c.signatures {
		if s.name != name || len(s.bytes) != 4+8+64 || [4]byte(s.bytes) != h {
			continue
		}
		at, sig := binary.BigEndian.Uint64(s.bytes[4:]), [64]byte(s.bytes[12:])
		if key.Verify(cosigned(at, c.text), &sig) {
			return at, true
		}
	}
	return 0, false
}

// cosigned is what a witness signs.
func cosigned(at uint64, text string) []byte {
	return []byte("cosignature/v1\ntime " + strconv.FormatUint(at, 10) + "\n" + text)
}

// Sign returns the signature line of a log's key.
func Sign(name string, id *identity.Identity, text string) string {
	h, sig := keyHash(name, kindEd25519, id.Key()), id.Sign([]byte(text))
	return line(name, append(h[:], sig[:]...))
}

// Cosign returns that of a witness.
func Cosign(name string, id *identity.Identity, at uint64, text string) string {
	h, sig := keyHash(name, kindCosigner, id.Key()), id.Sign(cosigned(at, text))
	return line(name, append(binary.BigEndian.AppendUint64(h[:], at), sig[:]...))
}

func line(name string, b []byte) string {
	return "— " + name + " " + base64.StdEncoding.EncodeToString(b) + "\n"
}

// Text is what is signed of a checkpoint.
func Text(origin string, size int64, root Hash) string {
	return origin + "\n" + strconv.FormatInt(size, 10) + "\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
}
