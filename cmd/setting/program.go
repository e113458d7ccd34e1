package setting

import "strings"

// Programs are all of ours, some of them still to come. They share one environment: a
// route server may run beside the node, and a service file sets the names of both. So
// each has a prefix, made of its name, and overlooks what belongs to another. Only
// prefixes are listed: an older program cannot know every setting of a newer one.
var Programs = [...]string{"hopwire", "hopwire-gateway", "hopwire-route", "hopwire-wallet"}

// Name returns a setting's variable: HOPWIRE_ROUTE_STATE for STATE of hopwire-route.
func Name(program, setting string) string {
	return strings.Map(letter, program) + "_" + setting
}

func letter(r rune) rune {
	if r == '-' {
		return '_'
	}
	return r - 'a' + 'A'
}

// ofRouter is the one setting of the router's that begins like those of another program:
// it says which route servers are asked.
const ofRouter = "HOPWIRE_ROUTE_SERVERS"

// Owner returns the program that a variable belongs to: the one with the longest
// prefix, so that no program may have a setting that begins like another's prefix.
// Empty: it is none of ours.
func Owner(variable string) (program string) {
	if variable == ofRouter {
		return Programs[0]
	}
	for _, p := range Programs {
		if len(p) > len(program) && strings.HasPrefix(variable, Name(p, "")) {
			program = p
		}
	}
	return program
}
