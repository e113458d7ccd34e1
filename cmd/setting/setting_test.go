package setting

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hopwire/cmd/hint"
)

// example has each kind of field and of name that programs use.
type example struct {
	State          string   `default:"/var/lib/x" desc:"folder"`
	NetworkKeyFile string   `split_words:"true" desc:"file"`
	UDPListen      string   `split_words:"true" desc:"address:port"`
	DNS            []string `desc:"list"`
	Shared
	Memory int `default:"12" desc:"MB"`
}

// Shared is what several programs have.
type Shared struct {
	EtherType string `desc:"0x0600-0xffff"`
	Beacon    bool   `default:"true" desc:"true or false"`
}

// load sets the variables for the test and loads an example of a route server's.
func load(t *testing.T, pairs ...string) (c example, err error) {
	t.Helper()
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		t.Setenv(name, value)
	}
	err = Load("hopwire-route", &c)
	return c, err
}

func TestDefaults(t *testing.T) {
	c, err := load(t)
	if got, want := fmt.Sprintf("%+v", c), "{State:/var/lib/x NetworkKeyFile: UDPListen: DNS:[] Shared:{EtherType: Beacon:true} Memory:12}"; err != nil || got != want {
		t.Errorf("%s, want %s: %v", got, want, err)
	}
}

func TestValues(t *testing.T) {
	c, err := load(t, "HOPWIRE_ROUTE_STATE=/s", "HOPWIRE_ROUTE_NETWORK_KEY_FILE=/k", "HOPWIRE_ROUTE_UDP_LISTEN=:7", "HOPWIRE_ROUTE_DNS=a,b",
		"HOPWIRE_ROUTE_ETHERTYPE=0x88b5", "HOPWIRE_ROUTE_BEACON=false", "HOPWIRE_ROUTE_MEMORY=8")
	if got, want := fmt.Sprintf("%+v", c), "{State:/s NetworkKeyFile:/k UDPListen::7 DNS:[a b] Shared:{EtherType:0x88b5 Beacon:false} Memory:8}"; err != nil || got != want {
		t.Errorf("%s, want %s: %v", got, want, err)
	}
}

// TestListsAreTrimmed: a blank behind a comma was part of the name.
func TestListsAreTrimmed(t *testing.T) {
	for text, want := range map[string]string{"a, b": "a|b", " a ,\tb\n": "a|b", "a,,b": "a||b", "a b": "a b"} {
		c, err := load(t, "HOPWIRE_ROUTE_DNS="+text)
		if got := strings.Join(c.DNS, "|"); got != want || err != nil {
			t.Errorf("%q: %q, want %q: %v", text, got, want, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for set, want := range map[string][2]string{
		"HOPWIRE_ROUTE_MEMORY=much":    {`HOPWIRE_ROUTE_MEMORY: "much" is not a int`, "'hopwire-route help config'"},
		"HOPWIRE_ROUTE_BEACON=perhaps": {`HOPWIRE_ROUTE_BEACON: "perhaps" is not a bool`, "'hopwire-route help config'"},
		"HOPWIRE_ROUTE_MEMROY=8":       {"unknown setting HOPWIRE_ROUTE_MEMROY", "did you mean HOPWIRE_ROUTE_MEMORY?"},
		"HOPWIRE_ROUTE_UDPLISTEN=:7":   {"unknown setting HOPWIRE_ROUTE_UDPLISTEN", "did you mean HOPWIRE_ROUTE_UDP_LISTEN?"},
		"HOPWIRE_ROUTE_=":              {"unknown setting HOPWIRE_ROUTE_", "did you mean HOPWIRE_ROUTE_"},
	} {
		t.Run(set, func(t *testing.T) {
			_, err := load(t, set)
			if err == nil || err.Error() != want[0] || !strings.Contains(hint.Of(err), want[1]) {
				t.Errorf("got %v, hint %q; want %q", err, hint.Of(err), want)
			}
		})
	}
}

// TestOthers: names of other programs, ours or not, are no error and no setting.
func TestOthers(t *testing.T) {
	want, _ := load(t)
	got, err := load(t, "HOPWIRE_MEMORY=much", "HOPWIRE_ANYTHING=1", "HOPWIRE_ROUTES=1", "HOPWIRE_GATEWAY_MEMORY=much", "HOPWIRE_WALLET_STATE=/w",
		"STATE=/s", "DNS=a", "ETHERTYPE=1", "UDP_LISTEN=:7", "MEMORY=8", "HOPWIRED=1")
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v: %v", got, want, err)
	}
}

func TestOwner(t *testing.T) {
	for name, want := range map[string]string{"HOPWIRE_STATE": "hopwire", "HOPWIRE_ROUTE_STATE": "hopwire-route", "HOPWIRE_ROUTES": "hopwire",
		"HOPWIRE_GATEWAY_": "hopwire-gateway", "HOPWIRE_WALLET_X": "hopwire-wallet", "HOPWIRE": "", "PATH": "", "": ""} {
		if got := Owner(name); got != want {
			t.Errorf("%s: of %q, want %q", name, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	got := Names("hopwire", &example{})
	want := []string{"HOPWIRE_STATE", "HOPWIRE_NETWORK_KEY_FILE", "HOPWIRE_UDP_LISTEN", "HOPWIRE_DNS", "HOPWIRE_ETHERTYPE", "HOPWIRE_BEACON", "HOPWIRE_MEMORY"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSplitWords(t *testing.T) {
	for s, want := range map[string]string{"": "", "In": "In", "BadLength": "Bad_Length", "UDPListen": "UDP_Listen", "ListenUDP": "Listen_UDP", "TooManyConnections": "Too_Many_Connections"} {
		if got := SplitWords(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"abc", "abc", 0}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestPrint(t *testing.T) {
	var b strings.Builder
	Print(&b, "hopwire", &example{})
	if got, want := b.String(), "HOPWIRE_STATE\n\tfolder [/var/lib/x]\nHOPWIRE_NETWORK_KEY_FILE\n\tfile\n"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q first", got, want)
	}
}
