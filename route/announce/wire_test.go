package announce

import (
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"testing"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/wiretest"
)

// TestWire compares the tables of wire.md with the code.
func TestWire(t *testing.T) {
	sizes := wiretest.Layouts(t, "wire.md", map[string]int{
		"offVersion": offVersion, "offFlags": offFlags, "offAddress": offAddress, "offBoot": offBoot, "offSequence": offSequence,
		"offEpoch": offEpoch, "offLeft": offLeft, "offCurrent": offCurrent, "offNextKey": offNextKey, "offPrice": offPrice, "offGateways": offGateways,
		"offLinkID": offLinkID, "offLinkRTT": offLinkRTT, "offLinkCapacity": offLinkCapacity, "offLinkLoss": offLinkLoss,
	})
	if got := sizes["Announcement"]; len(got) != 2 || got[1] != linkSize {
		t.Errorf("an announcement and a link of it have %v bytes, want %d of the latter", got, linkSize)
	}
	wiretest.Constants(t, "wire.md", map[string]any{
		"MaxGateways": MaxGateways, "MaxLinks": MaxLinks, "leastRTT": leastRTT, "unknownKbits": unknownKbits, "airBytes": airBytes,
	})
}

func someone(t testing.TB, n byte) *identity.Identity {
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 3}))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func sample(id *identity.Identity, links int) *Announcement {
	a := &Announcement{Flags: FlagRelay, Key: id.Key(), Boot: [8]byte{1, 2}, Sequence: 7, Epoch: 3, Left: 10 * time.Minute, Current: [32]byte{4}, Next: [32]byte{5}, Price: 6}
	for i := range links {
		a.Links = append(a.Links, Statement{identity.ShortID{byte(i), 1}, time.Duration(100+i) * time.Microsecond, 1 << 16, byte(i)})
	}
	return a
}

// stated is what an announcement says.
func stated(b Raw) *Announcement {
	a := &Announcement{Flags: b.Flags(), Key: b.Key(), Boot: b.Boot(), Sequence: b.Sequence(), Epoch: b.Epoch(), Left: b.Left(), Current: b.Current(),
		Next: b.Next(), Price: b.Price()}
	a.Gateways = b.Gateways()
	for i := range b.Links().Len() {
		a.Links = append(a.Links, b.Links().At(i))
	}
	return a
}

func TestAnnouncement(t *testing.T) {
	id := someone(t, 1)
	for _, n := range []int{0, 1, MaxLinks} {
		a := sample(id, n)
		raw := a.Signed(id)
		b, err := Parse(raw)
		if err != nil || !Raw(raw).Verify() {
			t.Fatalf("%d links: %v", n, err)
		}
		if got := stated(b); fmt.Sprint(got) != fmt.Sprint(a) {
			t.Fatalf("%d links: %v\n%v\n%v", n, err, got, a)
		}
		for i := range raw {
			bad := append([]byte(nil), raw...)
			bad[i] ^= 1 << (i % 8)
			if _, err := Parse(bad); err == nil && Raw(bad).Verify() {
				t.Errorf("byte %d of %d may change", i, len(raw))
			}
			if _, err := Parse(raw[:i]); err == nil && Raw(raw[:i]).Verify() {
				t.Errorf("it may have %d bytes", i)
			}
		}
	}
	full := sample(id, MaxLinks)
	full.Gateways = make([]identity.Key, MaxGateways)
	if n := len(full.Signed(id)) + AgeSize; n != MaxSize || n > link.MaxMessage {
		t.Errorf("the largest has %d bytes", n)
	}
	twice := sample(id, 2)
	twice.Links[1] = twice.Links[0]
	if _, err := Parse(twice.Signed(id)); !errors.Is(err, ErrFormat) {
		t.Error("a link may be stated twice")
	}
}

func TestAnnouncementVector(t *testing.T) {
	id := someone(t, 1)
	seed := id.Seed()
	got := fmt.Sprintf("seed: %x\nannouncement: %x\nexpect: ok\n", seed, sample(id, 2).Signed(id))
	if os.Getenv("UPDATE") != "" {
		os.MkdirAll("testdata", 0o755)
		os.WriteFile("testdata/announcement.txt", []byte(got), 0o644)
	}
	if want, err := os.ReadFile("testdata/announcement.txt"); err != nil || string(want) != got {
		t.Errorf("%v: got\n%s", err, got)
	}
}

func FuzzParse(f *testing.F) {
	id := someone(f, 1)
	f.Add(sample(id, 3).Signed(id))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if err != nil {
			return
		}
		if again := stated(a).Signed(id); string(again[:len(again)-sigSize]) != string(b[:len(b)-sigSize]) {
			t.Fatal("another form of the same announcement")
		}
	})
}
