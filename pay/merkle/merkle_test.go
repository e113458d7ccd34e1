package merkle

import (
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"hopwire/link/identity"
)

// A log keeps the hashes that tlog wants.
type log []tlog.Hash

func (l log) ReadHashes(indexes []int64) (all []tlog.Hash, err error) {
	for _, i := range indexes {
		all = append(all, l[i])
	}
	return all, nil
}

func grownTo(t *testing.T, n int64) (l log) {
	for i := range n {
		h, err := tlog.StoredHashes(i, fmt.Append(nil, "entry ", i), l)
		if err != nil {
			t.Fatal(err)
		}
		l = append(l, h...)
	}
	return l
}

func hashes(p []tlog.Hash) (all []Hash) {
	for _, h := range p {
		all = append(all, Hash(h))
	}
	return all
}

// TestTwin: proofs of the library hold here, and no other: whatever is changed, missing
// or too much.
func TestTwin(t *testing.T) {
	const most = 40
	l := grownTo(t, most)
	root := func(n int64) Hash {
		h, err := tlog.TreeHash(n, l)
		if err != nil {
			t.Fatal(err)
		}
		return Hash(h)
	}
	for size := int64(1); size <= most; size++ {
		for n := range size {
			p, err := tlog.ProveRecord(size, n, l)
			if err != nil {
				t.Fatal(err)
			}
			leaf := Leaf(fmt.Append(nil, "entry ", n))
			check(t, fmt.Sprintf("entry %d of %d", n, size), hashes(p), func(p []Hash) bool { return Included(p, size, root(size), n, leaf) })
			if Included(hashes(p), size, root(size), (n+1)%size, leaf) && size > 1 {
				t.Errorf("entry %d of %d is also the next", n, size)
			}
		}
		for old := int64(1); old <= size; old++ {
			p, err := tlog.ProveTree(size, old, l)
			if err != nil {
				t.Fatal(err)
			}
			check(t, fmt.Sprintf("from %d to %d", old, size), hashes(p), func(p []Hash) bool { return Grown(p, size, root(size), old, root(old)) })
			if old < size && Grown(hashes(p), size, root(size), old, root(size)) {
				t.Errorf("from %d to %d with another root", old, size)
			}
		}
	}
	if Included(nil, 0, Hash{}, 0, Hash{}) || Grown(nil, 3, root(3), 0, Hash{}) || Grown(nil, 3, root(3), 4, root(4)) || Included(nil, 1, root(1), -1, root(1)) {
		t.Error("sizes out of range are taken")
	}
}

// check says that a proof holds and that nothing like it does.
func check(t *testing.T, name string, p []Hash, holds func([]Hash) bool) {
	t.Helper()
	if !holds(p) {
		t.Fatalf("%s: the library's proof is refused", name)
	}
	if holds(append(p[:len(p):len(p)], Hash{1})) {
		t.Errorf("%s: a longer one holds", name)
	}
	for i := range p {
		bad := append([]Hash(nil), p...)
		if bad[i][5] ^= 1; holds(bad) {
			t.Errorf("%s: hash %d may change", name, i)
		}
		if holds(p[:i]) {
			t.Errorf("%s: %d hashes are enough", name, i)
		}
	}
}

// TestCheckpoint: the library opens what is signed here, and the other way round.
func TestCheckpoint(t *testing.T) {
	r := mrand.NewChaCha8([32]byte{4})
	id, err := identity.NewIdentity(r)
	if err != nil {
		t.Fatal(err)
	}
	witness, _ := identity.NewIdentity(r)
	const name = "gateway.example/1"
	text := Text(name, 7, Hash{1, 2})
	signed := text + "\n" + Sign(name, id, text) + Cosign("witness", witness, 1234, text)
	key := id.Key()
	vkey, err := note.NewEd25519VerifierKey(name, key[:])
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open([]byte(signed), note.VerifierList(v)); err != nil || len(n.Sigs) != 1 || n.Text != text {
		t.Fatalf("%+v %v", n, err)
	}
	c, err := ParseCheckpoint(signed)
	if err != nil || c.Size != 7 || c.Root != (Hash{1, 2}) || c.Origin != name {
		t.Fatalf("%+v %v", c, err)
	}
	at, ok := c.Cosigned("witness", witness.Key())
	if !c.Signed(name, key) || !ok || at != 1234 {
		t.Error("a signature does not hold")
	}
	if _, ok := c.Cosigned("witness", key); ok || c.Signed(name, witness.Key()) || c.Signed("another", key) {
		t.Error("a signature holds for another")
	}
	for i := range signed {
		bad := []byte(signed)
		bad[i] ^= 1
		c, err := ParseCheckpoint(string(bad))
		if err != nil {
			continue
		}
		if _, ok := c.Cosigned("witness", witness.Key()); ok && c.Signed(name, key) {
			t.Errorf("byte %d may change", i)
		}
	}
	if _, err := ParseCheckpoint(signed + strings.Repeat(Sign(name, id, text), maxSignatures)); err == nil {
		t.Error("any number of signatures")
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(Text("a", 1, Hash{}) + "\n— a AAAAAAA=\n")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCheckpoint(s)
		if err == nil && !strings.HasPrefix(s, Text(c.Origin, c.Size, c.Root)) {
			t.Fatalf("%q is %+v", s, c)
		}
	})
}
