package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Keys and signatures are those of usign, which are OpenBSD's signify's: a comment
// line, then base64 of "Ed" ‖ 8 bytes that name the key ‖ the Ed25519 part.
type (
	secret struct {
		id   [8]byte
		seed ed25519.PrivateKey
	}
	public struct {
		id  [8]byte
		key ed25519.PublicKey
	}
)

const comment = "untrusted comment: "

var errSignature = errors.New("the signature does not fit")

// secretHead: algorithm, no passphrase (BK, no rounds, no salt); checksum, id and
// key follow.
var secretHead = append([]byte("EdBK"), make([]byte, 4+16)...)

func (s *secret) public() *public {
	return &public{s.id, s.seed.Public().(ed25519.PublicKey)}
}

// makeKey writes a new key pair; one that exists is kept, as routers trust it.
func makeKey(dir string) error {
	name := filepath.Join(dir, "feed.sec")
	if _, err := os.Stat(name); err == nil {
		return hint("routers trust it; remove it only if they shall not any more", "%s exists", name)
	}
	s := &secret{seed: ed25519.NewKeyFromSeed(random(32))}
	copy(s.id[:], random(8))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(name, []byte(s.text()), 0o600); err != nil {
		return err
	}
	fmt.Printf("ipk: made %s; keep a copy: routers will trust key %x\n", name, s.id)
	return os.WriteFile(filepath.Join(dir, "feed.pub"), []byte(s.public().text()), 0o644)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}

func (s *secret) text() string {
	sum := sha512.Sum512(s.seed)
	return encode("hopwire feed secret key", secretHead, sum[:8], s.id[:], s.seed)
}

func (p *public) text() string {
	return encode(fmt.Sprintf("hopwire feed public key %x", p.id), []byte("Ed"), p.id[:], p.key)
}

// sign returns a signature file.
func (s *secret) sign(message []byte) string {
	return encode(fmt.Sprintf("signed by key %x", s.id), []byte("Ed"), s.id[:], ed25519.Sign(s.seed, message))
}

// verify reads a signature file.
func (p *public) verify(message []byte, signature string) error {
	b, err := decode(signature, 2+8+ed25519.SignatureSize)
	switch {
	case err != nil:
		return fmt.Errorf("signature: %w", err)
	case [8]byte(b[2:10]) != p.id:
		return fmt.Errorf("%w: it is by key %x, not %x", errSignature, b[2:10], p.id)
	case !ed25519.Verify(p.key, message, b[10:]):
		return errSignature
	}
	return nil
}

func encode(text string, parts ...[]byte) string {
	return comment + text + "\n" + base64.StdEncoding.EncodeToString(bytes.Join(parts, nil)) + "\n"
}

func decode(text string, size int) ([]byte, error) {
	first, rest, _ := strings.Cut(text, "\n")
	line, more, ended := strings.Cut(rest, "\n")
	if !strings.HasPrefix(first, comment) || !ended || more != "" {
		return nil, errors.New("not a comment and a line of base64")
	}
	b, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil || len(b) != size || string(b[:2]) != "Ed" {
		return nil, fmt.Errorf("not %d bytes that begin with Ed", size)
	}
	return b, nil
}

func readSecret(dir string) (*secret, error) {
	name := filepath.Join(dir, "feed.sec")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, hint("'make feed-key' makes one", "%w", err)
	}
	b, err := decode(string(text), len(secretHead)+8+8+ed25519.PrivateKeySize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key := ed25519.PrivateKey(b[len(secretHead)+16:])
	sum := sha512.Sum512(key)
	switch {
	case string(b[:8]) != string(secretHead[:8]): // rounds other than 0: a passphrase
		return nil, hint("'make feed-key' makes one without", "%s has a passphrase", name)
	case !bytes.Equal(sum[:8], b[len(secretHead):][:8]), !ed25519.NewKeyFromSeed(key.Seed()).Equal(key):
		return nil, hint("restore it from a copy", "%s is damaged", name)
	}
	return &secret{[8]byte(b[len(secretHead)+8:]), key}, nil
}

func readPublic(name string) (*public, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, hint("'make feed-key' makes one", "%w", err)
	}
	b, err := decode(string(text), 2+8+ed25519.PublicKeySize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &public{[8]byte(b[2:10]), b[10:]}, nil
}

// writeTrusted writes the public key under the name that it must have in
// /etc/opkg/keys of a router.
func (p *public) writeTrusted(out string) error {
	dir := filepath.Join(out, "keys")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, hex.EncodeToString(p.id[:])), []byte(p.text()), 0o644)
}
