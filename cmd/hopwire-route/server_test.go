package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hopwire/cmd/daemon"
	"hopwire/cmd/table"
	"hopwire/hop/node"
	"hopwire/link/identity"
	"hopwire/route"
	"hopwire/route/announce"
	"hopwire/route/query"
	"hopwire/route/server"
)

// withTown is a server that has read the map of a ring of six from its file.
func withTown(t *testing.T) (*fixture, *town) {
	c := testConfig(t)
	id, _, err := c.node().Folder().Init()
	if err != nil {
		t.Fatal(err)
	}
	w := newTown(t, 6)
	w.save(t, c, id)
	f := newFixture(t, c).opened()
	f.mapped(6)
	return f, w
}

// TestAnswers: what the operator asks of a map that was read from disk.
func TestAnswers(t *testing.T) {
	f, w := withTown(t)
	name := func(i int) string { return w.ids[i].Key().String() }
	short := func(i int) string { return w.ids[i].Key().Short().String() }
	if got := f.command("map"); strings.Count(got, "\n") < 7 || !strings.HasPrefix(got, "# list address:s") || !strings.Contains(got, "  "+name(3)+"\t"+w.ids[3].Key().IPv6().String()+"\t2\t1\t0\t3\t6") {
		t.Errorf("map: %s", got)
	}
	if got := f.command("map --dot"); strings.Count(got, " -- ") != 6 || strings.Count(got, `"10.`) != 6 || !strings.HasPrefix(got, "= graph mesh {\n") || !strings.HasSuffix(got, "\n= }\n") {
		t.Errorf("dot, want six links of 10 ms and some: %s", got)
	}
	one := "  1\t2\t21.766"
	for line, want := range map[string]string{
		"paths " + name(0) + " " + name(2):                                                 one,
		"paths " + w.ids[0].Key().IPv6().String() + " " + w.ids[2].Key().IPv6().String():   one,
		"paths " + name(0) + " " + name(2) + " -k 1 --by loss":                             "  1\t2\t",
		"paths " + name(0) + " " + name(2) + " --avoid " + name(1):                         "\t" + short(5) + " " + short(4) + " " + short(3) + " " + short(2),
		"paths " + name(0) + " " + name(2) + " --avoid " + name(1) + " --avoid " + name(4): "! one of the two is not on the map, or there is no such way",
		"paths " + name(0) + " " + newIdentity(t).Key().String():                           "! one of the two is not on the map",
		"paths " + name(0) + " fd68:6f70::1":                                               "! fd68:6f70::1 is not known",
		"paths " + name(0):                                                                 "! two addresses are needed",
		"paths " + name(0) + " " + name(2) + " -k 9":                                       "! bad option -k 9",
		"paths " + name(0) + " " + name(2) + " --by luck":                                  "! bad option --by luck",
		"map --all": "! bad option --all",
		"address " + w.ids[4].Key().IPv6().String(): "= " + name(4),
	} {
		if got := f.command(line); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if got := f.command("paths " + name(0) + " " + name(2) + " -k 2"); !strings.Contains(got, "\n  2\t4\t43.533") {
		t.Errorf("two ways: %s", got)
	}
}

// TestStatus: how much it has, how old that is, and what others asked; the operator's own
// questions are not counted.
func TestStatus(t *testing.T) {
	f, w := withTown(t)
	var n node.Config
	f.configure(&n, new(route.Config))
	ask := func(request []byte) query.Status {
		got := make(chan []byte, 1)
		f.Runner.Turn(func(now time.Time) {
			n.Serve(now, node.Caller{Key: identity.Key{1}, Neighbour: identity.ShortID{2}}, request, func(_ time.Time, b []byte) { got <- b })
		})
		return query.Status((<-got)[0])
	}
	for _, c := range []struct {
		name    string
		request []byte
		status  query.Status
	}{
		{"segments", query.AppendSegments(nil, w.ids[1].Key().IPv6()), query.StatusOK},
		{"of a stranger", query.AppendSegments(nil, newIdentity(t).Key().IPv6()), query.StatusUnknown},
		{"nothing", nil, query.StatusBad},
		{"paths of a stranger", (&query.PathsRequest{From: w.ids[0].Key(), To: w.ids[1].Key(), K: 1}).Append(nil), query.StatusNotAllowed},
		{"map", query.AppendMap(nil, 0, 0), query.StatusOK},
		{"offer", query.AppendOffer([]byte{byte(query.OpOffer)}, identity.ShortID{7}, 1), query.StatusOK},
	} {
		if got := ask(c.request); got != c.status {
			t.Errorf("%s: status %d, want %d", c.name, got, c.status)
		}
	}
	f.command("paths " + w.ids[0].Key().String() + " " + w.ids[2].Key().String())
	got := row(t, f.command("status"))
	for name, want := range map[string]string{"relays": "6", "max_relays": "16777", "questions": "4", "answers": "2", "refusals": "2", "maps": "1", "offers": "1"} {
		if got[name] != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"map_bytes", "snapshot", "snapshot_age_s"} {
		if got[name] == "" || name != "snapshot_age_s" && got[name] == "0" {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	text := f.command("metrics")
	for _, want := range []string{"hopwire_route_asked_segments_total 2\n", "hopwire_route_answered_unknown_total 1\n", "hopwire_route_relays 6\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	// Nothing that is shown says who asked.
	for _, who := range []string{identity.Key{1}.String(), identity.ShortID{2}.String()} {
		for _, line := range []string{"status", "metrics", "map", "findings", "circuits", "peers"} {
			if strings.Contains(f.command(line), who) || strings.Contains(f.log.String(), who) {
				t.Errorf("%s, or the log, names who asked", line)
			}
		}
	}
}

// row is that of a table of one.
func row(t *testing.T, answer string) map[string]string {
	t.Helper()
	lines := strings.Split(answer, "\n")
	names, values := table.New(strings.TrimPrefix(lines[0], "# single ")).Names, strings.Split(lines[1][2:], "\t")
	if len(names) != len(values) {
		t.Fatalf("%d names, %d values: %s", len(names), len(values), answer)
	}
	m := map[string]string{}
	for i := range names {
		m[names[i]] = values[i]
	}
	return m
}

// TestFindings: the doctor is told of a map that is full, that cannot be written and that is
// not copied.
func TestFindings(t *testing.T) {
	c := testConfig(t)
	far := newIdentity(t).Key()
	c.Peers = []string{far.String()}
	f := newFixture(t, c).opened()
	find := func() string { return f.command("findings") }
	if got := find(); !strings.Contains(got, "note\tthe map of "+far.String()+" is not copied yet") {
		t.Errorf("%s", got)
	}
	f.Runner.Turn(func(now time.Time) {
		f.server.N.Full = 7
		for range copySay {
			f.copies[0].failed(now, os.ErrDeadlineExceeded)
		}
		f.save.wrote(now, unix.EROFS)
		f.save.wrote(now, unix.EROFS)
	})
	got := find()
	for _, want := range []string{"bad\t7 announcements found no room\traise HOPWIRE_ROUTE_MEMORY", "bad\tthe map of " + far.String() + " is not copied", "bad\tthe map is not written: read-only"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	f.Runner.Turn(func(now time.Time) { f.save.wrote(now, nil) })
	if log := f.log.String(); strings.Count(log, "error: map is not written") != 1 || strings.Count(log, "info: map is written again") != 1 || strings.Count(log, "error: map is not copied") != 1 {
		t.Errorf("each is said once: %s", log)
	}
}

// TestEnd: at the end the map is written, and what another server of this identity starts
// with; workers end.
func TestEnd(t *testing.T) {
	f, w := withTown(t)
	if err := os.Remove(f.c.file()); err != nil {
		t.Fatal(err)
	}
	f.end()
	f.work.running.Wait()
	again := newFixture(t, &config{State: f.c.State, Memory: 64}).opened()
	if again.mapped(6); !strings.Contains(again.log.String(), "info: map read") {
		t.Errorf("%s", again.log.String())
	}
	again.Runner.Turn(func(now time.Time) {
		again.server.Each(now, func(raw announce.Raw, age time.Duration) {
			if !slices.ContainsFunc(w.raws, func(r announce.Raw) bool { return string(r) == string(raw) }) || age < time.Minute {
				t.Errorf("%v, %v old", raw.Key(), age)
			}
		})
	})
}

// TestBadFile: whatever is in the place of the map, a server starts, says so, takes what is
// whole, and writes a whole one.
func TestBadFile(t *testing.T) {
	for name, spoil := range map[string]func(file string) error{
		"cut":     func(file string) error { return os.Truncate(file, 600) },
		"empty":   func(file string) error { return os.Truncate(file, 0) },
		"garbage": func(file string) error { return os.WriteFile(file, []byte(strings.Repeat("x", 5000)), 0o600) },
		"another's": func(file string) error {
			c := testConfig(t)
			newTown(t, 6).save(t, c, newIdentity(t))
			return os.Rename(c.file(), file)
		},
		"fifo": func(file string) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return unix.Mkfifo(file, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t)
			id, _, _ := c.node().Folder().Init()
			newTown(t, 6).save(t, c, id)
			if err := spoil(c.file()); err != nil {
				t.Fatal(err)
			}
			f := newFixture(t, c).opened()
			if log := f.log.String(); strings.Count(log, "error: the map is not whole") != 1 || !strings.Contains(log, "hint=") || strings.Contains(log, "map read") {
				t.Errorf("%s", log)
			}
			f.give(newTown(t, 5))
			f.mapped(1)
			f.end()
			t.Setenv("HOPWIRE_ROUTE_STATE", c.State)
			t.Setenv("HOPWIRE_ROUTE_MEMORY", "64")
			if status, out, errs := do("verify " + c.file()); status != 0 || !strings.Contains(out, "whole              1\n") {
				t.Errorf("after it: %d, %s%s", status, out, errs)
			}
		})
	}
}

// give is what a neighbour does with what it knows.
func (f *fixture) give(w *town) {
	gift, done := []byte{byte(query.OpGive)}, make(chan []byte, 1)
	for _, raw := range w.raws {
		gift = query.AppendAnnouncement(gift, raw, 0)
	}
	f.Runner.Turn(func(now time.Time) {
		f.server.Serve(now, server.Caller{Neighbour: identity.Key{9}, Local: true}, gift, func(_ time.Time, b []byte) { done <- b })
	})
	if b := <-done; b[0] != byte(query.StatusOK) {
		f.t.Fatalf("status %d", b[0])
	}
}

// TestUnwritable: where the map cannot be written the server runs without, and says so once.
func TestUnwritable(t *testing.T) {
	c := testConfig(t)
	f := newFixture(t, c)
	if err := os.MkdirAll(filepath.Join(c.file(), "occupied"), 0o700); err != nil { // no rename over it, not even for root
		t.Fatal(err)
	}
	f.opened()
	f.give(newTown(t, 5))
	f.mapped(1)
	f.Runner.Turn(func(time.Time) {}) // what is made is in use
	f.save.save()
	f.save.save()
	if log := f.log.String(); strings.Count(log, "error: map is not written") != 1 || !strings.Contains(f.command("findings"), "bad\tthe map is not written") {
		t.Errorf("%s", log)
	}
	if left, _ := filepath.Glob(filepath.Join(c.State, ".new-*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// TestVerify: a file that is whole, one of which a byte changed, and one of another server.
func TestVerify(t *testing.T) {
	c := testConfig(t)
	id, _, _ := c.node().Folder().Init()
	newTown(t, 6).save(t, c, id)
	t.Setenv("HOPWIRE_ROUTE_STATE", c.State)
	t.Setenv("HOPWIRE_ROUTE_MEMORY", "64")
	if status, out, errs := do("verify --json " + c.file()); status != 0 || out != `{"relays": 6, "good": 6, "bad": 0, "whole": 1}`+"\n" {
		t.Errorf("%d, %s%s", status, out, errs)
	}
	b, _ := os.ReadFile(c.file())
	b[len(b)/2] ^= 1
	os.WriteFile(c.file(), b, 0o600)
	if status, out, errs := do("verify --json " + c.file()); status != 1 || out != `{"relays": 0, "good": 0, "bad": 0, "whole": 0}`+"\n" || !strings.Contains(errs, "not a map that this server has written") || !strings.Contains(errs, "hint: ") {
		t.Errorf("a byte changed: %d, %s%s", status, out, errs)
	}
	for _, name := range []string{filepath.Join(c.State, "none"), c.State} {
		if status, _, errs := do("verify " + name); status != 1 || !strings.Contains(errs, "hint: the server writes ") {
			t.Errorf("%s: %d, %s", name, status, errs)
		}
	}
}

// TestWorkers: jobs of one kind wait for each other, not for those of another; what is too
// much is refused; at the end the threads end.
func TestWorkers(t *testing.T) {
	w, stop := newWorkers(func(done func(time.Time)) { done(time.Time{}) }), make(chan struct{})
	for i := range waiting + 1 {
		if ok := w.do(server.Mapping, func() func(time.Time) { return nil }); ok != (i < waiting) {
			t.Fatalf("job %d: %v", i, ok)
		}
	}
	held, began, answered := make(chan struct{}), make(chan struct{}), make(chan struct{})
	w.do(server.Checking, func() func(time.Time) { close(began); <-held; return nil })
	w.start(stop)
	<-began
	w.do(server.Answering, func() func(time.Time) { return func(time.Time) { close(answered) } })
	<-answered
	close(stop)
	close(held)
	w.running.Wait()
}

// TestFlags: the node says that it is a server, and holds ways to those that it copies.
func TestFlags(t *testing.T) {
	c, own := testConfig(t), newIdentity(t)
	far := newIdentity(t).Key()
	c.Peers = []string{far.String(), own.Key().String()}
	s := &routeServer{Daemon: &daemon.Daemon{ID: own}, c: c}
	var n node.Config
	var m route.Config
	s.configure(&n, &m)
	if m.Flags&announce.FlagServer == 0 || !slices.Equal(m.Servers, []identity.Key{far}) || n.Serve == nil {
		t.Errorf("%+v", m)
	}
}
