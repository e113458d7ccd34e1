//go:build (amd64 || arm64) && !race

package gateway

import _ "modernc.org/sqlite" // the driver "sqlite", 7 MB: only where gateways run. With the race detector it takes minutes to build
