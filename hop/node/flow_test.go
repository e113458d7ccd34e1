package node

import (
	"testing"
	"time"
)

func TestFlows(t *testing.T) {
	var f flows
	now := time.Unix(1e9, 0)
	a, b := new(channel), new(channel)
	want := func(name string, at time.Duration, hash uint64, ch *channel) {
		t.Helper()
		if got := f.Get(now.Add(at), hash); got != ch {
			t.Errorf("%s: got %p, want %p", name, got, ch)
		}
	}
	want("empty", 0, 0, nil)
	f.Put(now, 7, a)
	want("put", 0, 7, a)
	want("its neighbour in the set", 0, 7+flowSets, nil)
	f.Put(now.Add(time.Second), 7, b)
	want("moved", time.Second, 7, b)
	want("nearly old", time.Second+flowFor, 7, b)
	want("old", time.Second+flowFor+1, 7, nil)
	f.Put(now, 8, a)
	a.closed = true
	want("closed", 0, 8, nil)
}

// TestFlowsFull: a full set gives up its oldest, and what was freed goes first.
func TestFlowsFull(t *testing.T) {
	var f flows
	now := time.Unix(1e9, 0)
	channels := make([]*channel, flowWays+2)
	put := func(i int) {
		channels[i] = new(channel)
		f.Put(now.Add(time.Duration(i)*time.Second), uint64(i*flowSets), channels[i])
	}
	for i := range flowWays + 1 {
		put(i)
	}
	at := now.Add(10 * time.Second)
	if f.Get(at, 0) != nil {
		t.Error("the oldest is still there")
	}
	channels[3].closed = true
	f.Get(at, 3*flowSets)
	put(flowWays + 1)
	for _, i := range []int{1, 2, flowWays, flowWays + 1} {
		if f.Get(at, uint64(i*flowSets)) != channels[i] {
			t.Errorf("flow %d is gone, want it kept", i)
		}
	}
}

func TestFlowsAllocations(t *testing.T) {
	var f flows
	ch, now := new(channel), time.Unix(1e9, 0)
	if n := testing.AllocsPerRun(100, func() { f.Put(now, 5, ch); f.Get(now, 5) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
