//go:build !(amd64 || mips || mipsle) || xcrypto

package aead

import "testing"

func everyWay(t *testing.T, do func(t *testing.T)) { do(t) }
