package state

import (
	"fmt"
	"os"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/link/identity"
)

// NetworkKeys reads the file that the program's setting NETWORK_KEY_FILE names; it
// has one or two keys.
func NetworkKeys(program, file string) ([]identity.NetworkKey, error) {
	keys, err := readKeys(setting.Name(program, "NETWORK_KEY_FILE"), file)
	if err != nil {
		return nil, hint.Add(err, "put 64 hex digits into a file, for example by: head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \\n', and give every node of the mesh the same")
	}
	return keys, nil
}

func readKeys(variable, file string) ([]identity.NetworkKey, error) {
	if file == "" {
		return nil, fmt.Errorf("%s is not set", variable)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %v", variable, err)
	}
	keys, err := identity.ParseNetworkKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %v", variable, file, err)
	}
	return keys, nil
}
