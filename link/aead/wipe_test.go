package aead

import "testing"

// TestWipe: after it our own AEAD is as one that never had a key.
func TestWipe(t *testing.T) {
	Wipe(nil)
	a := newOwn(drawKey())
	if Wipe(a); *a.(*own) != (own{}) {
		t.Error("the key is still there")
	}
}
