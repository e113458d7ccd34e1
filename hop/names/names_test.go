package names

import (
	"bytes"
	"fmt"
	mrand "math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"hopwire/link/identity"
)

// testMesh knows some keys and writes down what it is taught.
type testMesh struct {
	known  map[netip.Addr]identity.Key
	taught []identity.Key
}

func (m *testMesh) Lookup(ip netip.Addr) (identity.Key, bool) {
	key, ok := m.known[ip]
	return key, ok
}

func (m *testMesh) Teach(key identity.Key) { m.taught = append(m.taught, key) }

func testKey(t testing.TB, n byte) identity.Key {
	t.Helper()
	id, err := identity.NewIdentity(mrand.NewChaCha8([32]byte{n, 77}))
	if err != nil {
		t.Fatal(err)
	}
	return id.Key()
}

// testResolver: key 1 is gate.hop and lab.gate.hop, key 2 is known to the mesh, key 3 to nobody.
func testResolver(t testing.TB) (*Resolver, *testMesh) {
	t.Helper()
	k := testKey(t, 2)
	m := &testMesh{known: map[netip.Addr]identity.Key{k.IPv6(): k}}
	table := ReadTable(testKey(t, 1).String()+" gate www.deep.hop", func(line int, why string) { t.Errorf("line %d: %s", line, why) })
	return &Resolver{Mesh: m, Table: table}, m
}

// ask makes a query by another implementation.
func ask(t testing.TB, name string, kind dnsmessage.Type, opt bool) []byte {
	t.Helper()
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: 0x1234, RecursionDesired: true})
	b.StartQuestions()
	n, err := dnsmessage.NewName(name)
	if err == nil {
		err = b.Question(dnsmessage.Question{Name: n, Type: kind, Class: dnsmessage.ClassINET})
	}
	if err == nil && opt {
		var h dnsmessage.ResourceHeader
		h.SetEDNS0(4096, dnsmessage.RCodeSuccess, true)
		b.StartAdditionals()
		err = b.OPTResource(h, dnsmessage.OPTResource{Options: []dnsmessage.Option{{Code: 10, Data: []byte("8 octets")}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// answerTo returns the answer as it was sent, and as another implementation reads it.
func answerTo(t testing.TB, r *Resolver, query []byte) ([]byte, dnsmessage.Message) {
	t.Helper()
	var out [MaxAnswer]byte
	b := out[:r.Answer(&out, query)]
	var m dnsmessage.Message
	if len(b) > 0 {
		if err := m.Unpack(undotted(b)); err != nil {
			t.Fatalf("answer %x to %x: %v", b, query, err)
		}
	}
	return b, m
}

// undotted replaces dots within the labels of the question, which the other
// implementation refuses.
func undotted(b []byte) []byte {
	b = bytes.Clone(b)
	if b[5] == 0 {
		return b
	}
	for i := headerSize; b[i] != 0; i += 1 + int(b[i]) {
		copy(b[i+1:], bytes.ReplaceAll(b[i+1:i+1+int(b[i])], []byte("."), []byte("_")))
	}
	return b
}

func reverseName(ip netip.Addr) string {
	var s strings.Builder
	b := ip.As16()
	for i := 15; i >= 0; i-- {
		fmt.Fprintf(&s, "%x.%x.", b[i]&15, b[i]>>4)
	}
	return s.String() + "ip6.arpa."
}

func TestAnswers(t *testing.T) {
	one, two, three := testKey(t, 1), testKey(t, 2), testKey(t, 3)
	const (
		AAAA, A, PTR, ANY = dnsmessage.TypeAAAA, dnsmessage.TypeA, dnsmessage.TypePTR, dnsmessage.TypeALL
		noName            = "no such name"
		noData            = "no data"
		refused           = "refused"
	)
	name := func(k identity.Key) string { return k.String() + ".hop." }
	typo := "a" + name(three)[1:]
	if typo == name(three) {
		typo = "b" + typo[1:]
	}
	for _, c := range []struct {
		name string
		kind dnsmessage.Type
		want string
	}{
		{"gate.hop.", AAAA, one.IPv6().String()},
		{"GaTe.HoP.", AAAA, one.IPv6().String()},
		{"www.deep.hop.", AAAA, one.IPv6().String()},
		{"gate.hop.", ANY, one.IPv6().String()},
		{"gate.hop.", A, noData},
		{"gate.hop.", dnsmessage.TypeMX, noData},
		{"gate.hop.", 65, noData}, // HTTPS: browsers ask
		{"deep.hop.", AAAA, noData},
		{"eep.hop.", AAAA, noName},
		{"x.gate.hop.", AAAA, noName},
		{"nobody.hop.", A, noName},
		{name(three), AAAA, three.IPv6().String()},
		{strings.ToUpper(name(two)), AAAA, two.IPv6().String()},
		{name(three), A, noData},
		{typo, AAAA, noName},
		{name(three)[1:], AAAA, noName},
		{"hop.", AAAA, noData},
		{"hop.", dnsmessage.TypeNS, noData},
		{"hop.", dnsmessage.TypeSOA, "hop."},
		{"hop.", ANY, "hop."},
		{reverseName(one.IPv6()), PTR, "gate.hop."},
		{strings.ToUpper(reverseName(one.IPv6())), PTR, "gate.hop."},
		{reverseName(two.IPv6()), PTR, name(two)},
		{reverseName(two.IPv6()), AAAA, noData},
		{reverseName(three.IPv6()), PTR, noName},
		{reverseName(two.IPv6())[2:], PTR, noData},
		{"1." + reverseName(two.IPv6()), PTR, noName},
		{"g" + reverseName(two.IPv6())[1:], PTR, noName},
		{"12" + reverseName(two.IPv6())[2:], PTR, noName},
		{"0.7.f.6.8.6.d.f.ip6.arpa.", PTR, noData},
		{"0.7.f.6.8.6.d.f.ip6.arpa.", dnsmessage.TypeSOA, "0.7.f.6.8.6.d.f.ip6.arpa."},
		{"example.org.", AAAA, refused},
		{"shop.", AAAA, refused},
		{"gate.shop.", AAAA, refused},
		{".", dnsmessage.TypeNS, refused},
		{"1.7.f.6.8.6.d.f.ip6.arpa.", PTR, refused},
		{"gate.hop.", dnsmessage.TypeAXFR, refused},
		{"gate.hop.", 251, refused}, // IXFR
		{"gate.hop.", dnsmessage.TypeOPT, refused},
	} {
		for _, opt := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, c.kind, opt), func(t *testing.T) {
				r, mesh := testResolver(t)
				q := ask(t, c.name, c.kind, opt)
				_, m := answerTo(t, r, q)
				got := ""
				switch {
				case m.RCode == dnsmessage.RCodeRefused:
					got = refused
				case m.RCode == dnsmessage.RCodeNameError:
					got = noName
				case m.RCode != dnsmessage.RCodeSuccess:
					got = m.RCode.String()
				case len(m.Answers) == 0:
					got = noData
				default:
					switch b := m.Answers[0].Body.(type) {
					case *dnsmessage.AAAAResource:
						got = netip.AddrFrom16(b.AAAA).String()
					case *dnsmessage.PTRResource:
						got = b.PTR.String()
					case *dnsmessage.SOAResource:
						got = b.NS.String()
					}
					if h := m.Answers[0].Header; h.Name.String() != c.name || h.TTL != 60 && h.Type != dnsmessage.TypeSOA || h.Class != dnsmessage.ClassINET {
						t.Errorf("record %v", h)
					}
				}
				if got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				checkForm(t, &m, got == refused, got == noData || got == noName, opt)
				if len(m.Questions) != 1 || m.Questions[0].Name.String() != c.name || m.Questions[0].Type != c.kind {
					t.Errorf("question %v", m.Questions)
				}
				addressOrName := len(m.Answers) == 1 && m.Answers[0].Header.Type != dnsmessage.TypeSOA
				if addressOrName != (len(mesh.taught) == 1) {
					t.Errorf("taught %v", mesh.taught)
				}
			})
		}
	}
}

// checkForm: what every answer has.
func checkForm(t *testing.T, m *dnsmessage.Message, refused, negative, opt bool) {
	t.Helper()
	if m.ID != 0x1234 || !m.Response || !m.RecursionDesired || m.RecursionAvailable || m.Truncated || m.AuthenticData || m.Authoritative == refused {
		t.Errorf("header %+v", m.Header)
	}
	if negative != (len(m.Authorities) == 1) || len(m.Answers)+len(m.Authorities) > 1 {
		t.Errorf("answers %v, authorities %v", m.Answers, m.Authorities)
	}
	if negative {
		soa, ok := m.Authorities[0].Body.(*dnsmessage.SOAResource)
		zone := m.Authorities[0].Header.Name
		if !ok || soa.MinTTL != 30 || m.Authorities[0].Header.TTL != 30 || soa.NS != zone || soa.MBox.String() != "." ||
			!strings.HasSuffix(strings.ToLower(m.Questions[0].Name.String()), strings.ToLower(zone.String())) {
			t.Errorf("authority %v", m.Authorities[0])
		}
	}
	if opt != (len(m.Additionals) == 1) {
		t.Errorf("additionals %v", m.Additionals)
	}
	if opt {
		h := m.Additionals[0].Header
		if h.Type != dnsmessage.TypeOPT || h.Class != MaxQuery || !h.DNSSECAllowed() || len(m.Additionals[0].Body.(*dnsmessage.OPTResource).Options) != 0 {
			t.Errorf("OPT %v", m.Additionals[0])
		}
	}
}

// TestVector is one exchange byte for byte, written by hand.
func TestVector(t *testing.T) {
	r, _ := testResolver(t)
	q := []byte("\xab\xcd\x01\x10\x00\x01\x00\x00\x00\x00\x00\x01" + "\x04gAte\x03hop\x00\x00\x1c\x00\x01" + "\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x00")
	ip := testKey(t, 1).IPv6().As16()
	want := "\xab\xcd\x85\x10\x00\x01\x00\x01\x00\x00\x00\x01" + "\x04gAte\x03hop\x00\x00\x1c\x00\x01" +
		"\xc0\x0c\x00\x1c\x00\x01\x00\x00\x00\x3c\x00\x10" + string(ip[:]) + "\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00"
	if got, _ := answerTo(t, r, q); string(got) != want {
		t.Errorf("got\n%x, want\n%x", got, want)
	}
}

// TestMalformed: what is no query of ours, and what is said to it.
func TestMalformed(t *testing.T) {
	good := string(ask(t, "gate.hop.", dnsmessage.TypeAAAA, false))
	set := func(at int, s string) string { return good[:at] + s + good[at+len(s):] }
	opt := "\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"
	with := func(count string, extra string) string { return set(10, count) + extra }
	long := strings.Repeat("\x3f"+strings.Repeat("a", 63), 3)
	named := func(name string) string { return good[:12] + name + "\x00\x1c\x00\x01" }
	for _, c := range []struct {
		name, query string
		code        int // -1: nothing
	}{
		{"empty", "", -1},
		{"no header", good[:11], -1},
		{"a response", set(2, "\x81"), -1},
		{"header alone", good[:12], codeMalformed},
		{"no question", set(4, "\x00\x00"), codeMalformed},
		{"two questions", set(4, "\x00\x02"), codeMalformed},
		{"256 questions", set(4, "\x01\x00"), codeMalformed},
		{"an answer in it", set(6, "\x00\x01"), codeMalformed},
		{"an authority in it", set(8, "\x00\x01"), codeMalformed},
		{"OPT missing", with("\x00\x01", ""), codeMalformed},
		{"two OPT", with("\x00\x02", opt+opt), codeMalformed},
		{"OPT with a name", with("\x00\x01", "\x01a"+opt), codeMalformed},
		{"OPT at a pointer", with("\x00\x01", "\xc0\x0c"+opt[1:]), codeMalformed},
		{"five additional", with("\x00\x05", strings.Repeat("\x00\x00\x10\x00\x01\x00\x00\x00\x00\x00\x00", 5)), codeMalformed},
		{"behind the end", good + "x", codeMalformed},
		{"compressed question", named("\xc0\x0c"), codeMalformed},
		{"label of 64", named("\x40" + strings.Repeat("a", 64) + "\x00"), codeMalformed},
		{"name of 256", named(long + "\x3e" + strings.Repeat("a", 62) + "\x00"), codeMalformed},
		{"name of 255", named(long + "\x3d" + strings.Repeat("a", 61) + "\x00"), codeRefused},
		{"dot in a label", named("\x08gate.hop\x00"), codeRefused},
		{"dot in a label of ours", named("\x06x.gate\x03hop\x00"), codeNoName},
		{"NUL in a label", named("\x05gate\x00\x03hop\x00"), codeNoName},
		{"inverse query", set(2, "\x09"), codeNotImplemented},
		{"update", set(2, "\x29"), codeNotImplemented},
		{"chaos", good[:len(good)-1] + "\x03", codeRefused},
		{"any class", good[:len(good)-2] + "\x00\xff", codeRefused},
		{"EDNS version 1", with("\x00\x01", "\x00\x00\x29\x10\x00\x00\x01\x00\x00\x00\x00"), codeBadVersion},
		{"TSIG beside OPT", with("\x00\x02", opt+"\x01k\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x02xy"), codeOK},
		{"OPT behind a compressed name", with("\x00\x02", "\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\x00"+opt), codeOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := testResolver(t)
			b, m := answerTo(t, r, []byte(c.query))
			if c.code < 0 {
				if len(b) > 0 || r.N.Dropped != 1 {
					t.Errorf("answer %x, %+v", b, r.N)
				}
				return
			}
			code := int(m.RCode)
			for _, a := range m.Additionals {
				code = int(a.Header.ExtendedRCode(m.RCode))
			}
			if code != c.code {
				t.Errorf("code %d, want %d", code, c.code)
			}
			if n := r.N; n.Queries != 1 || n.Answered+n.NoData+n.NoName+n.Refused+n.Malformed+n.Dropped != 1 || (n.Malformed == 1) != (c.code == codeMalformed) {
				t.Errorf("%+v", n)
			}
		})
	}
}

// TestLongest: no answer is longer than MaxAnswer, and the longest is that long.
func TestLongest(t *testing.T) {
	key := testKey(t, 1)
	long := strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("a", 57)
	r, _ := testResolver(t)
	r.Table = ReadTable(key.String()+" "+long, func(line int, why string) { t.Error(why) })
	b, m := answerTo(t, r, ask(t, reverseName(key.IPv6()), dnsmessage.TypePTR, true))
	if len(b) != MaxAnswer || m.Answers[0].Body.(*dnsmessage.PTRResource).PTR.String() != long+".hop." {
		t.Errorf("%d bytes, want %d: %v", len(b), MaxAnswer, m.Answers)
	}
	b, m = answerTo(t, r, ask(t, "b"+long[1:]+".hop.", dnsmessage.TypePTR, true))
	if len(b) > MaxAnswer || m.RCode != dnsmessage.RCodeNameError || len(m.Authorities) != 1 {
		t.Errorf("%d bytes, %v", len(b), m)
	}
	if b, m = answerTo(t, r, ask(t, long+".hop.", dnsmessage.TypeAAAA, true)); len(b) > MaxAnswer || len(m.Answers) != 1 {
		t.Errorf("%d bytes, %v", len(b), m)
	}
}

// TestDestruction: every truncation and every changed byte of good queries. An
// answer is never longer than MaxAnswer, nor more than four times the query.
func TestDestruction(t *testing.T) {
	r, _ := testResolver(t)
	var out [MaxAnswer]byte
	for _, name := range []string{"gate.hop.", testKey(t, 3).String() + ".hop.", "no.hop.", reverseName(testKey(t, 1).IPv6()), "example.org."} {
		for _, kind := range []dnsmessage.Type{dnsmessage.TypeAAAA, dnsmessage.TypePTR} {
			q := ask(t, name, kind, true)
			for i := range q {
				checkAnswer(t, r, q[:i])
				if n := r.Answer(&out, q[:i]); i >= headerSize && n != headerSize {
					t.Fatalf("%s cut to %d: answer of %d bytes", name, i, n)
				}
			}
			for i := range q {
				for x := 1; x < 256; x++ {
					c := bytes.Clone(q)
					c[i] ^= byte(x)
					checkAnswer(t, r, c)
				}
			}
		}
	}
}

// checkAnswer: nothing, or a well-formed answer that is no longer than it may be.
func checkAnswer(t testing.TB, r *Resolver, q []byte) {
	t.Helper()
	b, m := answerTo(t, r, q)
	if len(b) == 0 {
		return
	}
	if len(b) > MaxAnswer || len(b) > 4*len(q) || b[2]&flagResponse == 0 || !bytes.Equal(b[:2], q[:2]) || m.Truncated {
		t.Fatalf("answer %x to %x", b, q)
	}
}

// TestFewAllocations: the name as text, and what Teach costs here.
func TestFewAllocations(t *testing.T) {
	r, mesh := testResolver(t)
	q := ask(t, "gate.hop.", dnsmessage.TypeAAAA, true)
	var out [MaxAnswer]byte
	mesh.taught = make([]identity.Key, 0, 4096)
	if n := testing.AllocsPerRun(1000, func() { r.Answer(&out, q) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzAnswer: any bytes; and what is taken for a query, another implementation
// reads alike.
func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"gate.hop.", "hop.", ".", reverseName(testKey(f, 1).IPv6())} {
		f.Add(ask(f, name, dnsmessage.TypeAAAA, true))
		f.Add(ask(f, name, dnsmessage.TypePTR, false))
	}
	r, _ := testResolver(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkAnswer(t, r, b)
		var q query
		if q.parse(b) != codeOK {
			return
		}
		var p dnsmessage.Parser
		if _, err := p.Start(undotted(b)); err != nil {
			t.Fatal(err)
		}
		theirs, err := p.Question()
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		name := []byte(strings.TrimSuffix(theirs.Name.String(), "."))
		for i, c := range name {
			if name[i] = nameByte(c); c == '.' {
				name[i] = c
			}
		}
		dotted := strings.Contains(q.name, "!") // undotted made it something else
		if len(name) != len(q.name) || !dotted && string(name) != q.name || theirs.Type != dnsmessage.Type(q.kind) || theirs.Class != dnsmessage.Class(q.class) {
			t.Fatalf("%x: %q, not %q", b, q.name, name)
		}
	})
}
