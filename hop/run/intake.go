package run

import "time"

// Constants of what waits in front of a lane, in the kernel (queues.md, "In front").
const (
	intakeSpan  = 10 * time.Millisecond // of what the lane can handle,
	intakeFirst = 113                   // but at least so many long frames, as a socket has at first,
	intakeMost  = 910                   // and at most so many: 2 MiB
)

// An intake is one receive queue of a port as its lane sees it. A short burst must find
// room there, or a frame that others have carried is lost; where frames stand, their
// sources are told.
type intake struct {
	standing
	room int // long frames, as set; 0: as at first
}

// widen gives the queue room for some milliseconds of what the lane can handle, if that
// has changed by a fifth.
func (i *intake) widen(rate float64, set func(bytes int)) {
	room, was := min(max(int(rate*intakeSpan.Seconds()), intakeFirst), intakeMost), max(i.room, intakeFirst)
	if d := room - was; d > was/5 || -d > was/5 {
		i.room = room
		set(room * kernelFrame)
	}
}
