package cmd_test

// arrows say what of ours a package may import, and what for: a statement of policy.
// Everything points downward: cmd, route, hop, link. What the programs of cmd share
// knows nothing of a node, and tools see no more of it than their work needs: capture
// and load nothing at all, since they are outsiders.
var arrows = map[string]map[string]string{
	"link/step":     {},
	"link/identity": {},
	"link/aead":     {},
	"link/wiretest": {},
	"link/handshake": {
		"link/identity": "whose keys they are",
		"link/aead":     "what the messages carry is sealed",
	},
	"link": {
		"link/identity":  "a neighbour is its address",
		"link/handshake": "sessions get their keys there",
		"link/aead":      "frames are sealed",
		"link/step":      "timers, buckets, drawing",
	},
	"link/nic": {
		"link": "ports and frames as the core wants them",
	},
	"link/linktest": {
		"link": "the core on virtual time",
	},
	"hop/offheap": {},
	"hop/onion": {
		"link/identity": "X25519, and short ids of next hops",
		"link/aead":     "layers and cells",
		"link/step":     "drawing of keys",
		"hop/offheap":   "the filter of set-ups",
	},
	"hop/call": {
		"link/step": "timers, lists",
	},
	"hop/ip": {
		"link/identity": "the mesh's addresses",
		"link/step":     "errors a second",
	},
	"hop": {
		"link":          "circuits run over links",
		"link/identity": "neighbours are told apart",
		"link/step":     "timers, buckets, drawing",
		"hop/onion":     "set-up, layers, cells, windows",
		"hop/offheap":   "the table of relays",
	},
	"hop/node": {
		"link":           "its links",
		"link/identity":  "peers are told apart",
		"link/handshake": "sessions get their keys there",
		"link/aead":      "session frames",
		"link/step":      "timers, buckets, drawing",
		"hop":            "its circuits",
		"hop/onion":      "onion keys, cells",
		"hop/call":       "calls over sessions",
		"hop/ip":         "headers and errors of packets",
	},
	"hop/run": {
		"link":        "frames and ports",
		"link/nic":    "descriptors to wait for",
		"link/step":   "the earliest of times",
		"hop":         "lanes",
		"hop/node":    "the node that it runs",
		"hop/offheap": "the bytes of frames",
	},
	"hop/names": {
		"link/identity": "addresses as names",
	},
	"route/announce": {
		"link":          "an announcement is one message of a link",
		"link/identity": "who announces signs",
	},
	"route/query": {
		"link/identity":  "relays are their keys",
		"route/announce": "what is asked for and given",
	},
	"route/geo": {},
	"route/server": {
		"link/identity":  "relays are their keys",
		"link/step":      "timers, buckets",
		"route/announce": "what is stored",
		"route/query":    "what is asked and answered",
	},
	"route": {
		"link":           "announcements go over links",
		"link/identity":  "who announces",
		"link/step":      "timers, buckets, jitter",
		"hop":            "the words of a path",
		"hop/onion":      "keys that are announced",
		"route/announce": "what is stored and passed on",
	},
	"route/meshtest": {
		"link":           "links of whole nodes",
		"link/identity":  "who they are",
		"link/linktest":  "virtual time",
		"hop":            "their lanes",
		"hop/node":       "the nodes",
		"hop/onion":      "their onion keys",
		"route":          "their maps",
		"route/announce": "that they are relays",
	},
	"pay": {
		"link/identity": "accounts are keys",
		"pay/account":   "whose call it is",
	},
	"pay/account": {
		"link/identity": "an account is a key",
	},
	"pay/body": {
		"link/identity": "gateways are keys",
		"pay":           "amounts",
		"pay/account":   "payees",
	},
	"pay/hpke": {
		"link/aead":     "the cipher",
		"link/identity": "the curve",
	},
	"pay/merkle": {
		"link/identity": "who signs checkpoints",
	},
	"cmd/hint": {},
	"cmd/file": {},
	"cmd/command": {
		"cmd/hint": "errors are printed with their hints",
	},
	"cmd/control": {
		"cmd/hint":    "errors cross the socket with their hints",
		"cmd/setting": "hints name settings",
		"cmd/table":   "most answers are tables",
	},
	"cmd/logs": {
		"cmd/table": "a value stays on its line by the same rule",
	},
	"cmd/setting": {
		"cmd/hint": "a bad value is the operator's to mend",
	},
	"cmd/state": {
		"cmd/file":      "no FIFO holds the start, no file is half written",
		"link/identity": "what a file of keys may hold is judged there",
		"cmd/hint":      "most faults of files are the operator's to mend",
		"cmd/setting":   "hints name settings",
	},
	"cmd/table": {},
	"cmd/daemon": {
		"cmd/file":       "errors of files are judged",
		"link":           "links are counted",
		"link/nic":       "ports are opened, interfaces are watched",
		"link/identity":  "addresses are read and shown",
		"hop":            "the words of a path",
		"hop/node":       "the node",
		"hop/run":        "what runs it",
		"hop/onion":      "keys that the map announces",
		"route":          "the map of the node",
		"route/announce": "that it is a relay",
		"cmd/hint":       "errors say what to do",
		"cmd/command":    "what every program around a node can do",
		"cmd/control":    "commands ask the node that runs",
		"cmd/state":      "the node's key, and those of its network",
		"cmd/logs":       "the log of the node",
		"cmd/table":      "answers of the node",
		"cmd/setting":    "names of settings",
	},
	"cmd/hopwire": {
		"cmd/daemon":    "the node as a program",
		"cmd/file":      "names are read from a file, and errors of files judged",
		"link/nic":      "prefixes of the LAN",
		"link/identity": "addresses are read and shown",
		"hop/ip":        "the TUN",
		"hop/names":     "answers for names",
		"cmd/hint":      "errors say what to do",
		"cmd/command":   "which command, help, errors",
		"cmd/logs":      "the log of the node",
		"cmd/setting":   "the settings of the node",
	},
	"scripts/test/capture": {},
	"scripts/test/evil":    {},
	"scripts/test/memsearch": {
		"link/identity": "what may not be found is derived there",
	},
	"scripts/test/tally":       {},
	"scripts/test/openwrt/box": {},
	"scripts/bench/load":       {},
	"scripts/bench/routes": {
		"link/identity": "relays have short ids",
		"route/geo":     "the maps",
		"route/server":  "what a server answers on them",
	},
	"scripts/bench/memory/memload": {
		"link":          "frames that are played",
		"link/identity": "who plays",
		"link/nic":      "ports of the player",
		"hop":           "circuits of the player",
		"hop/onion":     "its set-ups",
	},
	"scripts/product/ipk": {},
	"scripts/product/fleet": {
		"link/identity": "keys are judged by the code that will read them",
	},
}
