// Command box stands in for three of OpenWrt's programs where there is none: uci,
// validate_data and jsonfilter, as far as hopwire's scripts use them. It is called
// by those names.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	var err error
	switch name := filepath.Base(os.Args[0]); name {
	case "uci":
		err = uciCommand(os.Args[1:])
	case "validate_data":
		err = validateCommand(os.Args[1:])
	case "jsonfilter":
		err = jsonfilterCommand(os.Args[1:])
	default:
		err = fmt.Errorf("call it uci, validate_data or jsonfilter, not %s", name)
	}
	if err != nil {
		if err != errQuiet {
			fmt.Fprintln(os.Stderr, filepath.Base(os.Args[0])+":", err)
		}
		os.Exit(1)
	}
}
