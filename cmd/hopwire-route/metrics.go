package main

import (
	"io"

	"hopwire/cmd/daemon"
	"hopwire/route/query"
	"hopwire/route/server"
)

// names of operations and of answers, as metrics have them.
var (
	operations = [...]string{query.OpSegments: "segments", query.OpMap: "map", query.OpOffer: "offer", query.OpGive: "give", query.OpPaths: "paths"}
	statuses   = [...]string{query.StatusOK: "ok", query.StatusRefused: "refused", query.StatusUnknown: "unknown", query.StatusBad: "bad", query.StatusNotAllowed: "not_allowed"}
)

// counters writes those of the server.
func counters(w io.Writer, n *server.Counters) {
	for i, name := range operations {
		if name != "" {
			daemon.Counter(w, "route_asked_"+name, n.Asked[i])
		}
	}
	for i, name := range statuses {
		daemon.Counter(w, "route_answered_"+name, n.Answered[i])
	}
	for _, c := range []struct {
		name string
		n    uint64
	}{{"received", n.Received}, {"accepted", n.Accepted}, {"duplicate", n.Duplicate}, {"old", n.Old}, {"bad_signature", n.BadSignature}, {"limited", n.Limited},
		{"too_often", n.TooOften}, {"unwanted", n.Unwanted}, {"full", n.Full}, {"evicted", n.Evicted}, {"expired", n.Expired}, {"snapshots", n.Snapshots}} {
		daemon.Counter(w, "route_"+c.name, c.n)
	}
}
