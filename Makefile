# hopwire. 'make help' lists the targets.
GO       ?= go
VERSION  ?= 0.1.0
LDFLAGS  := -s -w -X main.version=$(VERSION)
BUILD    := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)"
STATIC   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s
# On MIPS, size counts most: only what a frame or a handshake runs through is
# inlined (0.2 MB less), and packages that are smaller for it, each tried: those of
# many functions that are shorter than a call. Segments lie on 16 KiB pages, not
# on 64 (0.1 MB).
HOT      := hopwire/link hopwire/link/aead hopwire/hop hopwire/hop/onion hopwire/hop/run golang.org/x/crypto/... github.com/dchest/siphash encoding/binary \
            filippo.io/edwards25519/field crypto/internal/fips140/... internal/runtime/atomic sync/atomic
SHORT    := context errors internal/poll internal/strconv io/fs net/netip os regexp/syntax text/template unicode/utf8
SMALL    := -gcflags=all=-l $(foreach p,$(HOT) $(SHORT),-gcflags=$(p)=)
# What to build for which OpenWrt architecture; make ipk ARCHS="mipsel_24kc" builds a part.
TARGETS  := $(shell awk -v only="$(ARCHS)" '!/^\#/ && NF && (only == "" || index(" " only " ", " " $$1 " ")) {print $$2}' openwrt/architectures | sort -u)
# Route servers are no routers: what they run on.
SERVERS  := amd64|arm64
EPOCH     = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct))
KEYS     ?= .keys
# Go comes from go.dev, not by apt: what Debian has is older.
ifeq ($(shell command -v $(GO) 2>/dev/null),)
ifneq ($(filter-out help clean,$(MAKECMDGOALS)),)
$(error no $(GO); hint: go.mod says which Go is needed, https://go.dev/dl has it, and PATH must name its bin)
endif
endif

.PHONY: help build demo test attack check race fuzz sim sim-routes netns wifi emulate bench bench-peers profile load memory insns mips cross size ipk ipk-check feed-key openwrt-emulate openwrt-test luci-test clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-15s %s\n", $$1, $$2}' Makefile

build: ## bin/hopwire, bin/hopwire-route and the tools of the demo
	$(BUILD) -o bin/hopwire ./cmd/hopwire
	$(BUILD) -o bin/hopwire-route ./cmd/hopwire-route
	$(BUILD) -o bin/capture ./scripts/test/capture

demo: build ## routers in network namespaces do the main job, and find others by a route server (root)
	scripts/demo.sh

test: build ## everything: unit, simulator, root tests, scenarios (root)
	scripts/test.sh

check: ## gofmt, vet, staticcheck
	@test -z "$$(gofmt -l cmd hop link pay route scripts)" || { echo "not gofmt'ed:"; gofmt -l cmd hop link pay route scripts; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags hopwiretest ./...
	$(GO) run $(STATIC) ./...

race: ## the race detector over the packages
	@. scripts/need.sh && need gcc /usr/include/stdio.h:libc6-dev
	CGO_ENABLED=1 $(GO) test -race $(RACE) -timeout 900s ./cmd/... ./hop/... ./link/... ./pay/... ./route/...

fuzz: ## each fuzz target for FUZZTIME
	scripts/test/fuzz.sh $(FUZZTIME)

sim: ## whole nodes on virtual time: make sim N=1000 SEED=7 SIMFLAGS='-vicinity 128 -servers 3'
	@$(GO) build -o bin/meshsim ./scripts/bench/meshsim
	bin/meshsim -n $(or $(N),100) -seed $(or $(SEED),7) $(SIMFLAGS)

sim-routes: ## stretch of our ways on generated maps, beside early exit: a table and bin/routes.svg
	$(GO) run ./scripts/bench/routes -out bin

attack: build ## every attack on others, in full, with a table (those on real cables: root)
	scripts/test/attack.sh

netns: build ## scenarios with real daemons in network namespaces (root)
	scripts/test/netns.sh
	scripts/test/fair.sh
	scripts/test/failover.sh
	scripts/test/names.sh
	scripts/test/secrecy.sh
	scripts/test/servers.sh

wifi: build ## three radios of the kernel's own model, in a virtual machine (root)
	scripts/test/wifi/wifi.sh

emulate: ## tests and commands on MIPS of both byte orders and on ARM, emulated (root)
	scripts/test/emulate.sh

load: # the generator of bench, bench-peers and profile
	$(BUILD) -o bin/load ./scripts/bench/load

bench: build load ## steps of a hop; three and five nodes beside plain forwarding (root)
	$(GO) test -run '^$$' -bench . -benchtime 200ms ./link/... ./hop/...
	scripts/bench/bench.sh

bench-peers: build load ## hopwire, kernel, wireguard-go and Tor in turn, with ratios (root)
	scripts/bench/bench-peers.sh

profile: build load ## where the relay's time goes, beside its system calls alone (root)
	scripts/bench/profile.sh

memory: ## a relay with 2,048 and 4,096 circuits under load, and the same on mipsle, emulated (root)
	@$(MAKE) --no-print-directory cross TARGETS=mipsle-softfloat
	$(BUILD) -o bin/hopwire ./cmd/hopwire
	$(BUILD) -o bin/memload ./scripts/bench/memory/memload
	scripts/bench/memory/memory.sh

insns: ## instructions per frame and step on MIPS, under emulation (qemu-user)
	scripts/bench/insns/run.sh

mips: ## crypto and frames tested on both byte orders of MIPS, under emulation (qemu-user)
	scripts/test/mips.sh

# Nothing of the environment may change a byte: every knob of Go is set here.
cross: ## every target
	@for t in $(TARGETS); do \
		arch=$${t%%-*}; v=$${t#*-}; test "$$v" != "$$t" || v=; small=; link=; \
		case $$arch in mips|mipsle) small='$(SMALL)' link='-R 0x4000';; esac; \
		case $$arch in arm) set -- GOARM=$$v;; 386) set -- GO386=$$v;; mips*) set -- GOMIPS=$$v GOMIPS64=$$v;; *) set -- GOAMD64=v1 GOARM64=v8.0;; esac; \
		env GOFLAGS=-buildvcs=false GOEXPERIMENT= GOOS=linux GOARCH=$$arch "$$@" CGO_ENABLED=0 \
		$(GO) build -trimpath $$small -ldflags "$(LDFLAGS) $$link" -o bin/$$t/ $$(case $$t in $(SERVERS)) echo ./cmd/hopwire-route;; esac) ./cmd/hopwire && echo "built $$t" || exit 1; done

size: cross ## binary sizes, lines of code, modules
	scripts/bench/size.sh $(TARGETS)

ipk: git cross bin/ipk ## packages and a signed feed for every OpenWrt architecture, into dist/
	@test -e $(KEYS)/feed.sec || bin/ipk -keys $(KEYS) key
	@SOURCE_DATE_EPOCH=$(EPOCH) bin/ipk -version $(VERSION) -keys $(KEYS) pack $(ARCHS)
	@bin/ipk -keys $(KEYS) check

ipk-check: bin/ipk ## read the packages and the feed back as opkg would
	@bin/ipk -keys $(KEYS) check

feed-key: bin/ipk ## make the key that signs the feed, once; keep a copy of .keys/
	@bin/ipk -keys $(KEYS) key

.PHONY: git
git: # which says the time of the packages, unless SOURCE_DATE_EPOCH does
	@test -n "$$SOURCE_DATE_EPOCH" || { . scripts/need.sh && need git; }

.PHONY: bin/ipk # go knows whether it is new enough
bin/ipk:
	@$(GO) build -o bin/ipk ./scripts/product/ipk

openwrt-emulate: ## packages unpacked by other programs, and run on MIPS and ARM, emulated (root)
	scripts/test/openwrt/emulate.sh

openwrt-test: build ## the package's scripts under ash with stand-ins for OpenWrt (root)
	scripts/test/openwrt/test.sh

luci-test: ## the LuCI pages in a headless browser
	scripts/test/luci/test.sh

clean: ## remove what was built
	rm -rf bin dist
