// Package pay is described in its wire.md.
package pay
