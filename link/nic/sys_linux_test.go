package nic

import "testing"

// TestSysInterfaces: without rtnetlink the same interfaces are found as with it.
func TestSysInterfaces(t *testing.T) {
	want, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	got, err := sysInterfaces()
	if err != nil || len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%d interfaces, want %d: %v", len(got), len(want), err)
	}
	for n, i := range got {
		w := want[n]
		if i.Name != w.Name || i.Index != w.Index || i.MTU != w.MTU || i.MAC != w.MAC || i.Ethernet != w.Ethernet {
			t.Errorf("%+v, want %+v", i, w)
		}
	}
}
