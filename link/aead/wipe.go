package aead

import "crypto/cipher"

// Wipe overwrites the key of an AEAD that is not used any more. One that is x/crypto's
// keeps its key to itself: there it is enough to drop it. Nil is allowed.
func Wipe(a cipher.AEAD) {
	if o, ok := a.(*own); ok {
		*o = own{}
	}
}
