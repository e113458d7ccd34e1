package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSignify: keys and a signature made by OpenBSD's signify, whose format
// usign's is, are read, and made anew to the byte.
func TestSignify(t *testing.T) {
	const dir = "testdata/signify"
	key, err := readSecret(dir)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := readPublic(dir + "/feed.pub")
	if err != nil {
		t.Fatal(err)
	}
	message, signature := read(t, dir+"/message"), string(read(t, dir+"/message.sig"))
	if err := pub.verify(message, signature); err != nil {
		t.Error(err)
	}
	if pub.verify(append(message, '\n'), signature) == nil {
		t.Error("another message is accepted")
	}
	if got, want := second(key.sign(message)), second(signature); got != want {
		t.Errorf("signature: got %s, want %s", got, want)
	}
	if got, want := second(key.public().text()), second(string(read(t, dir+"/feed.pub"))); got != want {
		t.Errorf("public key: got %s, want %s", got, want)
	}
}

// second is the line after the comment.
func second(text string) string { return strings.Split(text, "\n")[1] }

// TestKeyKept: routers trust a key; making a new one by mistake would lock them
// out of upgrades.
func TestKeyKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if err := makeKey(dir); err != nil {
		t.Fatal(err)
	}
	before := read(t, dir+"/feed.sec")
	if makeKey(dir) == nil || string(read(t, dir+"/feed.sec")) != string(before) {
		t.Error("the key was replaced")
	}
	if info, err := os.Stat(dir + "/feed.sec"); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}

// TestKeyDamage: every changed character of the secret key is found.
func TestKeyDamage(t *testing.T) {
	dir := t.TempDir()
	text := read(t, "testdata/signify/feed.sec")
	begin := strings.IndexByte(string(text), '\n') + 1
	damaged := 0
	for i := begin; i < len(text)-1; i++ {
		bad := []byte(string(text))
		if bad[i] = 'A'; bad[i] == text[i] {
			bad[i] = 'B'
		}
		write(t, dir+"/feed.sec", string(bad), 0o600)
		if k, err := readSecret(dir); err == nil && second(k.text()) == second(string(text)) {
			t.Errorf("character %d", i-begin)
		} else if err != nil {
			damaged++
		}
	}
	if damaged < 100 { // salt and the key's id are not covered by its checksum
		t.Errorf("only %d changes are found", damaged)
	}
}

// TestPad: no length that usign gets wrong is left, and no other is changed.
func TestPad(t *testing.T) {
	for n := range 300 {
		got := len(pad(make([]byte, n)))
		if r := (64 + got) % 128; r == 110 || r == 111 {
			t.Errorf("%d bytes stay at %d", n, r)
		}
		if r := (64 + n) % 128; r != 110 && r != 111 && got != n {
			t.Errorf("%d bytes became %d", n, got)
		}
	}
}
