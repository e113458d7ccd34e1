package onion

// Starting values of iv: what the addressee finds after its layer.
const (
	IVAddressed = 0 // a relay: control cell; the last hop: session frame
	IVControl   = 1 // the last hop, or one that was: control cell
	IVTick      = 2 // each hop: payment (package pay)
)

// WrapForward removes the layers of hops addressee … 0 from body, so that the hops
// put them on and the addressee finds iv = start. seq is the number on the source's
// own wire. It returns the iv to send.
func WrapForward(keys []*HopKeys, addressee int, start uint64, seq uint32, body []byte) uint64 {
	for _, k := range keys[:addressee] {
		seq += k.ForwardOffset
	}
	iv := start
	for i := addressee; i >= 0; i-- {
		iv = keys[i].Forward.Remove(seq&SeqMask, iv, body)
		if i > 0 {
			seq -= keys[i-1].ForwardOffset
		}
	}
	return iv
}

// LastSeq is the number under which the last hop sees the source's number seq.
func LastSeq(keys []*HopKeys, seq uint32) uint32 {
	for _, k := range keys[:len(keys)-1] {
		seq += k.ForwardOffset
	}
	return seq & SeqMask
}

// UnwrapBackward removes the layers that the hops put on a backward frame, until
// iv is 0, which names the hop that made it. It returns the number that hop used.
// A frame without the answer bit can only be of the last hop.
func UnwrapBackward(keys []*HopKeys, seq uint32, iv uint64, body []byte) (hop int, number uint32, ok bool) {
	answer := seq & AnswerBit
	for i, k := range keys {
		iv = k.Backward.Remove(seq, iv, body)
		if last := i == len(keys)-1; iv == 0 && (last || answer != 0) {
			return i, seq & SeqMask, true
		}
		if answer != 0 {
			seq = (seq+k.ForwardOffset)&SeqMask | AnswerBit
		} else {
			seq = (seq - k.BackwardOffset) & SeqMask
		}
	}
	return 0, 0, false
}
