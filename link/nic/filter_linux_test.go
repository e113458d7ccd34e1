package nic

import (
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

// TestPacketType: our filter is what the assembler makes of its description.
func TestPacketType(t *testing.T) {
	for _, typ := range []uint32{packetHost, packetBroadcast} {
		want, err := bpf.Assemble([]bpf.Instruction{
			bpf.LoadExtension{Num: bpf.ExtType},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: typ, SkipFalse: 1},
			bpf.RetConstant{Val: 1 << 16},
			bpf.RetConstant{Val: 0},
		})
		if err != nil || !slices.Equal(packetType(typ), want) {
			t.Errorf("type %d: %v, want %v (%v)", typ, packetType(typ), want, err)
		}
	}
}
