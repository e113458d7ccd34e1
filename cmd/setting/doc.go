// Package setting reads a program's settings from the environment, and from there
// alone. A program states them once, as a struct:
//
//	type config struct {
//		Memory    int    `default:"12" desc:"memory budget in MB, 8 or more"`
//		UDPListen string `split_words:"true" desc:"address:port for links over UDP"`
//	}
//	var c config
//	err := setting.Load("hopwire", &c) // HOPWIRE_MEMORY, HOPWIRE_UDP_LISTEN
//
// What several programs share is a struct that each embeds. A field has a default, and one line of help with the unit. Its name is that of
// the field behind the program's prefix; split_words parts the words of it. A value
// that does not parse stops the start, as does a name that is no setting: it is
// most likely a mistyped one, and a node that runs without it does harm. What a
// value may be beyond its type, the program checks.
//
// It never reads a file, and no variable without the prefix. So the library's tag
// envconfig:"NAME" is not used: with it a plain DNS=... would stand for HOPWIRE_DNS.
package setting
