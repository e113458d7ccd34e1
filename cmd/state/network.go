package state

import (
	"fmt"

	"hopwire/cmd/file"
	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/link/identity"
)

// NetworkKeys reads the file that the program's setting NETWORK_KEY_FILE names; it
// has one or two keys.
func NetworkKeys(program, name string) ([]identity.NetworkKey, error) {
	keys, err := readKeys(setting.Name(program, "NETWORK_KEY_FILE"), name)
	if err != nil {
		return nil, hint.Add(err, "put 64 hex digits into a file, for example by: head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \\n', and give every node of the mesh the same")
	}
	return keys, nil
}

func readKeys(variable, name string) ([]identity.NetworkKey, error) {
	if name == "" {
		return nil, fmt.Errorf("%s is not set", variable)
	}
	text, err := file.Read(name, maxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %v", variable, err)
	}
	keys, err := identity.ParseNetworkKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %v", variable, name, err)
	}
	return keys, nil
}
