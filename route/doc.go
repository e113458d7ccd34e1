// Package route is described in its wire.md.
package route
