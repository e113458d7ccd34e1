package aead

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"
)

const longest = 2000

var random = rand.NewChaCha8([32]byte{1})

func draw(n int) []byte {
	b := make([]byte, n)
	random.Read(b)
	return b
}

func drawKey() *[KeySize]byte { return (*[KeySize]byte)(draw(KeySize)) }

// kinds are what New returns here and our own, which is live on 32 bits only.
var kinds = map[string]func(*[KeySize]byte) cipher.AEAD{"New": New, "NewCounted": NewCounted, "own": newOwn}

func each(t *testing.T, do func(t *testing.T, ours, theirs cipher.AEAD)) {
	for name, f := range kinds {
		t.Run(name, func(t *testing.T) {
			everyWay(t, func(t *testing.T) {
				key := drawKey()
				theirs, err := chacha20poly1305.New(key[:])
				if err != nil {
					t.Fatal(err)
				}
				do(t, f(key), theirs)
			})
		})
	}
}

// TestLengths: every length of text and of additional data, each apart and in place.
func TestLengths(t *testing.T) {
	each(t, func(t *testing.T, ours, theirs cipher.AEAD) {
		text, data := draw(longest), draw(longest)
		for n := range longest + 1 {
			nonce := draw(NonceSize)
			check(t, ours, theirs, nonce, text[:n], data[:n%37])
			check(t, ours, theirs, nonce, text[:n%67], data[:n])
			check(t, ours, theirs, nonce, text[:n], nil)
		}
	})
}

func check(t *testing.T, ours, theirs cipher.AEAD, nonce, text, data []byte) {
	t.Helper()
	want := theirs.Seal(nil, nonce, text, data)
	prefix := []byte("prefix")
	if got := ours.Seal(prefix, nonce, text, data); string(got[:6]) != "prefix" || !bytes.Equal(got[6:], want) {
		t.Fatalf("sealed %d bytes with %d: %x, want %x", len(text), len(data), got, want)
	}
	b := append(make([]byte, 0, len(text)+Overhead), text...)
	if got := ours.Seal(b[:0], nonce, b, data); !bytes.Equal(got, want) || len(b) > 0 && &got[0] != &b[0] {
		t.Fatalf("sealed %d bytes with %d in place: %x, want %x", len(text), len(data), got, want)
	}
	if got, err := ours.Open(prefix, nonce, want, data); err != nil || string(got[:6]) != "prefix" || !bytes.Equal(got[6:], text) {
		t.Fatalf("opened %d bytes with %d: %v", len(text), len(data), err)
	}
	if got, err := ours.Open(want[:0], nonce, want, data); err != nil || !bytes.Equal(got, text) {
		t.Fatalf("opened %d bytes with %d in place: %v", len(text), len(data), err)
	}
}

// TestXOR: the key stream alone, from blocks that matter.
func TestXOR(t *testing.T) {
	for name, xor := range map[string]func(*[KeySize]byte, *[NonceSize]byte, uint32, []byte){"XOR": XOR, "own": ownXOR} {
		t.Run(name, func(t *testing.T) {
			everyWay(t, func(t *testing.T) {
				for n := range longest + 1 {
					key, nonce, block := drawKey(), (*[NonceSize]byte)(draw(NonceSize)), uint32(n%3)
					if n%5 == 0 {
						block = 1<<32 - 64
					}
					at := n / 3 % 64
					got := draw(at + n + 64)
					want := slices.Clone(got)
					c, _ := chacha20.NewUnauthenticatedCipher(key[:], nonce[:])
					c.SetCounter(block)
					c.XORKeyStream(want[at:at+n], want[at:at+n])
					if xor(key, nonce, block, got[at:at+n]); !bytes.Equal(got, want) {
						t.Fatalf("%d bytes at %d from block %d: %x, want %x", n, at, block, got, want)
					}
				}
			})
		})
	}
}

// TestPieces: a key stream goes on where the last text ended, text apart from its
// place too.
func TestPieces(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		for range 2000 {
			var s chacha
			key, nonce, src := drawKey(), (*[NonceSize]byte)(draw(NonceSize)), draw(longest)
			got, want := make([]byte, longest), slices.Clone(src)
			ownXOR(key, nonce, 5, want)
			s.init(key, nonce, 5)
			for rest, to := src, got; len(rest) > 0; {
				n := min(len(rest), blockSize*int(random.Uint64()%20))
				s.xor(to[:n], rest[:n])
				rest, to = rest[n:], to[n:]
				if len(rest) < blockSize {
					s.xor(to, rest)
					break
				}
			}
			if !bytes.Equal(got, want) {
				t.Fatal("the stream in pieces is another")
			}
		}
	})
}

// TestStream: from block 1 on, and nothing beside the body is touched.
func TestStream(t *testing.T) {
	for n := range longest + 1 {
		key, nonce, b := drawKey(), (*[NonceSize]byte)(draw(NonceSize)), draw(n+64)
		want := slices.Clone(b)
		XOR(key, nonce, 1, want[:n])
		var s Stream
		s.Init(key)
		if s.XOR(nonce, b[:n]); !bytes.Equal(b, want) {
			t.Fatalf("%d bytes differ", n)
		}
	}
}

// TestCounted: nonces in order, out of order, again and at the ends.
func TestCounted(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		key := drawKey()
		theirs, _ := chacha20poly1305.New(key[:])
		a, number, nonce := NewCounted(key), uint64(0), make([]byte, NonceSize)
		for i := range 5000 {
			switch random.Uint64() % 16 {
			case 0:
				number = random.Uint64()
			case 1:
				number = []uint64{0, 1<<32 - 3, 1<<64 - 3}[i%3]
			case 2:
				number -= random.Uint64() % 8
			default:
				number++
			}
			text, data := draw(int(random.Uint64()%200)), draw(int(random.Uint64()%300))
			nonce[0] = byte(i / 2000)
			binary.LittleEndian.PutUint64(nonce[4:], number)
			want := theirs.Seal(nil, nonce, text, data)
			b := append(make([]byte, 0, len(text)+Overhead), text...)
			if got := a.Seal(b[:0], nonce, b, data); !bytes.Equal(got, want) {
				t.Fatalf("number %d sealed: %x, want %x", number, got, want)
			}
			if i%2 == 0 {
				nonce[i%NonceSize] ^= 1
				if _, err := a.Open(nil, nonce, want, data); err == nil {
					t.Fatalf("nonce %x opened another's", nonce)
				}
				nonce[i%NonceSize] ^= 1
			}
			if got, err := a.Open(want[:0], nonce, want, data); err != nil || !bytes.Equal(got, text) {
				t.Fatalf("number %d opened: %x, %v, want %x", number, got, err, text)
			}
		}
	})
}

// TestMisaligned: text, data and destination at every place in a word, and not a
// byte beside the destination is touched.
func TestMisaligned(t *testing.T) {
	each(t, func(t *testing.T, ours, theirs cipher.AEAD) {
		const size = 333
		from, with, to := draw(size+4), draw(size+4), make([]byte, 4+size+Overhead+4)
		for i := range 4 * 4 * 4 {
			text, data, at := from[i%4:][:size], with[i/4%4:][:size], i/16
			nonce := draw(NonceSize)
			random.Read(to)
			before := slices.Clone(to)
			ours.Seal(to[at:at:at+size+Overhead], nonce, text, data)
			copy(before[at:], theirs.Seal(nil, nonce, text, data))
			if !bytes.Equal(to, before) {
				t.Fatalf("misaligned by %d, %d, %d", i%4, i/4%4, at)
			}
			got, err := ours.Open(make([]byte, at, at+size), nonce, to[at:][:size+Overhead], data)
			if err != nil || !bytes.Equal(got[at:], text) {
				t.Fatalf("opened misaligned by %d, %d, %d: %v", i%4, i/4%4, at, err)
			}
		}
	})
}

// TestTampered: any bit of text, tag, data or nonce: the words of x/crypto, no
// plaintext anywhere.
func TestTampered(t *testing.T) {
	each(t, func(t *testing.T, ours, theirs cipher.AEAD) {
		nonce, text, data := draw(NonceSize), draw(50), draw(20)
		parts := [][]byte{ours.Seal(nil, nonce, text, data), data, nonce}
		for _, part := range parts {
			for bit := range 8 * len(part) {
				part[bit/8] ^= 1 << (bit % 8)
				refused(t, ours, theirs, nonce, parts[0], data, text)
				part[bit/8] ^= 1 << (bit % 8)
			}
		}
		for n := range parts[0] {
			refused(t, ours, theirs, nonce, parts[0][:n], data, text)
		}
	})
}

func refused(t *testing.T, ours, theirs cipher.AEAD, nonce, sealed, data, text []byte) {
	t.Helper()
	b := slices.Clone(sealed)
	got, err := ours.Open(b[:0], nonce, b, data)
	_, want := theirs.Open(nil, nonce, sealed, data)
	if got != nil || err == nil || err.Error() != want.Error() {
		t.Fatalf("opened: %x, %v, want %v", got, err, want)
	}
	for i := 0; i+4 <= len(b); i++ {
		if i+4 <= len(text) && bytes.Equal(b[i:i+4], text[i:i+4]) {
			t.Fatalf("plaintext at %d after a failed Open", i)
		}
	}
}

// TestPolyEdges: keys and blocks that make every carry happen, against arithmetic on
// the sum as it is written in the RFC.
func TestPolyEdges(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		fill := func(b []byte) {
			for i := range b {
				b[i] = []byte{0, 0xff, 0xff, 0xfb, 0xfe, 1, 5, byte(random.Uint64())}[random.Uint64()%8]
			}
		}
		for i := range 20000 {
			key, m := new([KeySize]byte), make([]byte, 16*(1+random.Uint64()%5))
			if i%16 == 0 {
				m = make([]byte, 16*(random.Uint64()%60))
			}
			fill(key[:])
			fill(m)
			if i < 8 { // h ends just below, at and above 2^130 − 5
				*key, m = [KeySize]byte{0: 1}, bytes.Repeat([]byte{0xff}, 32)
				m[16] = 0xf8 + byte(i)
			}
			checkPoly(t, key, new(big.Int), m)
		}
	})
}

// TestPolyExtremes: keys and messages of one byte only, and r = 1, after every sum at
// an edge: 2^130 and what a few bits more can hold.
func TestPolyExtremes(t *testing.T) {
	fill := []byte{0, 1, 0xfb, 0xff}
	everyWay(t, func(t *testing.T) {
		for n := range 41 {
			for i := range 5 * 4 {
				key, m := new([KeySize]byte), bytes.Repeat(fill[i%4:][:1], 16*n)
				if key[0] = 1; i/4 < 4 {
					key = (*[KeySize]byte)(bytes.Repeat(fill[i/4:][:1], KeySize))
				}
				for _, d := range []int64{-6, -5, -4, -1, 0, 4} {
					for _, bits := range []uint{64, 128, 130} {
						checkPoly(t, key, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(d)), m)
					}
				}
			}
		}
	})
}

// TestPolyLanes: r = 1, a sum of ones and a message of one bit: the carry runs through
// all limbs, from whatever part of a step the bit is in.
func TestPolyLanes(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		for _, bits := range []uint{104, 128, 130} {
			h := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
			for bit := range 8 * 256 {
				m := make([]byte, 256)
				m[bit/8] = 1 << (bit % 8)
				checkPoly(t, &[KeySize]byte{0: 1}, h, m)
			}
		}
	})
}

// checkPoly compares the tags of whole blocks, taken in after the sum h.
func checkPoly(t *testing.T, key *[KeySize]byte, h *big.Int, m []byte) {
	t.Helper()
	var p poly
	p.init(key)
	for i := range p.h {
		p.h[i] = uint32(new(big.Int).Rsh(h, uint(32*i)).Uint64())
	}
	before := slices.Clone(m)
	p.add(m)
	if got, want := p.tag(), slowPoly(key, h, m); got != want || !bytes.Equal(m, before) {
		t.Fatalf("key %x, sum %x, message %x: %x, want %x", *key, h, m, got, want)
	}
}

// TestRFC8439: sections 2.4.2 and 2.8.2.
func TestRFC8439(t *testing.T) {
	plain := "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
	t.Run("2.4.2", func(t *testing.T) {
		key, nonce := (*[KeySize]byte)(unhex(t, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")), (*[NonceSize]byte)(unhex(t, "000000000000004a00000000"))
		want := unhex(t, `6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b
			f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8
			07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736
			5af90bbf74a35be6b40b8eedf2785e42874d`)
		for _, xor := range []func(*[KeySize]byte, *[NonceSize]byte, uint32, []byte){XOR, ownXOR} {
			got := []byte(plain)
			if xor(key, nonce, 1, got); !bytes.Equal(got, want) {
				t.Errorf("%x, want %x", got, want)
			}
		}
	})
	t.Run("2.8.2", func(t *testing.T) {
		key := (*[KeySize]byte)(unhex(t, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"))
		nonce, data := unhex(t, "070000004041424344454647"), unhex(t, "50515253c0c1c2c3c4c5c6c7")
		want := unhex(t, `d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
			3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
			92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
			3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691`)
		for name, f := range kinds {
			if got := f(key).Seal(nil, nonce, []byte(plain), data); !bytes.Equal(got, want) {
				t.Errorf("%s: %x, want %x", name, got, want)
			}
		}
	})
}

func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNH: every length at every place in a word, and not a byte beside the sums is
// touched.
func TestNH(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		var key [NHWords]uint32
		for n := 0; n <= longest; n += 8 {
			for at := range 8 {
				m, got := draw(longest + 8)[at:][:n], draw(longest/16+16)
				for i := range key {
					key[i] = uint32(random.Uint64())
				}
				want := slices.Clone(got)
				size := slowNHs(&key, want[at:], m)
				if NH(&key, got[at:at+size], m); !bytes.Equal(got, want) {
					t.Fatalf("%d bytes at %d: %x, want %x", n, at, got, want)
				}
			}
		}
	})
}

func TestBadLengthOfNH(t *testing.T) {
	for _, n := range [][2]int{{0, 8}, {4, 8}, {12, 8}, {8, 0}, {8, 16}, {NHChunk, 16}, {NHChunk + 8, 8}, {1400, 80}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NH took %d bytes to %d", n[0], n[1])
				}
			}()
			NH(new([NHWords]uint32), draw(n[1]), draw(n[0]))
		}()
	}
}

func TestBadNonce(t *testing.T) {
	for name, f := range kinds {
		for _, n := range []int{0, NonceSize - 1, NonceSize + 1} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s took a nonce of %d bytes", name, n)
					}
				}()
				f(drawKey()).Seal(nil, draw(n), nil, nil)
			}()
		}
	}
}

// FuzzAEAD: ours and x/crypto's, every way; text and data lie anywhere in a word.
func FuzzAEAD(f *testing.F) {
	f.Add(uint64(1), []byte("text"), []byte("data"), uint8(3))
	f.Add(uint64(1<<63), make([]byte, 1400), make([]byte, 1400), uint8(0))
	f.Fuzz(func(t *testing.T, number uint64, text, data []byte, at uint8) {
		text, data = append(make([]byte, at%32), text...)[at%32:], append(make([]byte, at/32), data...)[at/32:]
		var key [KeySize]byte
		binary.LittleEndian.PutUint64(key[at%25:], number*0x9e3779b97f4a7c15)
		nonce := make([]byte, NonceSize)
		binary.LittleEndian.PutUint64(nonce[4:], number)
		theirs, _ := chacha20poly1305.New(key[:])
		everyWay(t, func(t *testing.T) {
			check(t, newOwn(&key), theirs, nonce, text, data)
			check(t, NewCounted(&key), theirs, nonce, text, data)
		})
	})
}

// TestExtended: what Extended seals is XChaCha20-Poly1305, as x/crypto has it.
func TestExtended(t *testing.T) {
	var key [KeySize]byte
	nonce := make([]byte, NonceSizeX)
	for i := range 100 {
		key[i%KeySize]++
		nonce[i%NonceSizeX] += 3
		theirs, err := chacha20poly1305.NewX(key[:])
		if err != nil {
			t.Fatal(err)
		}
		a, rest := Extended(&key, nonce)
		text := bytes.Repeat([]byte{byte(i)}, i)
		got, want := a.Seal(nil, rest[:], text, nonce[:5]), theirs.Seal(nil, nonce, text, nonce[:5])
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: got %x, want %x", i, got, want)
		}
		if plain, err := a.Open(nil, rest[:], want, nonce[:5]); err != nil || !bytes.Equal(plain, text) {
			t.Fatalf("%d bytes: %v", i, err)
		}
	}
}
