package hop

import (
	"time"

	"hopwire/link"
)

// Constants of circuits (wire.md, "Constants").
const (
	maxCircuits  = 2048
	setupCopies  = 256 << 10 // entries of the set-up replay filter at most
	parkLabel    = 8         // frames that wait for their set-up: of a label,
	parkLink     = 64        // of a neighbour,
	parkAll      = 256       // and in all,
	parkFor      = 100 * time.Millisecond
	circuitIdle  = 120 * time.Second // nothing forward for this long frees a circuit
	evictIdle    = 30 * time.Second  // and this, when the table is full
	tombstoneFor = 10 * time.Second  // without forward frames
	brokenGap    = time.Second
	goneGap      = time.Second // between notices of unknown labels, per link
	goneMost     = 256         // labels in one
	goneAhead    = 4096        // labels that wait to be in one, per link
	goneRetry    = 50 * time.Millisecond
	answerRate   = 32                     // answers a second that a relay passes on, and that it gives, per circuit
	slowAfter    = link.QueueTarget / 2   // a circuit's frames have waited so long: its source is told,
	slowGap      = 100 * time.Millisecond // at most this often
	setupRate    = 25                     // set-ups a second from one neighbour,
	setupBurst   = 128                    // at once,
	portRate     = 50                     // and from all of a port, unless configured,
	portBurst    = 512                    // at once,
	setupQueue   = 128                    // and waiting for their Diffie-Hellman,
	portQueue    = 512                    // and those of a port
	setupJobs    = 4                      // of those being worked on
	setupSpare   = 32                     // their memory is kept to be used again
	setupRetry   = 10 * time.Millisecond
	passShare    = 4 // set-ups that a port has passed on lately, for each that the next neighbour would take now
	passNoted    = 4 // the part of a neighbour's filter that is ours, as of ours
	passFor      = 5 * time.Second
	restGap      = 100 * time.Millisecond // between two searches for a circuit that rests, when none did
)

// Kinds of control messages (wire.md, "Messages").
const (
	kindSetup  = 16 // label u32 ‖ extension u8 ‖ set-up 1024
	kindGone   = 17 // labels u32 ...
	kindFailed = 18 // label u32 ‖ reason u8
)

// Inside a kindSetup.
const (
	offSetupLabel = 0
	offExtension  = offSetupLabel + 4
	offSetup      = offExtension + 1

	extensionsMost = 2 // so a circuit has 48 hops at most
)
