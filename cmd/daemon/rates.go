package daemon

import (
	"time"

	"hopwire/link"
	"hopwire/link/nic"
)

// ratesGap is between two questions for the rates of stations: each answer takes the
// netlink library 128 KiB, and rates do not change for a frame or two.
const ratesGap = 2 * time.Second

// watchRates tells the links on radios at what rate their neighbours are sent to,
// until stop is closed.
func (p *portManager) watchRates(stop <-chan struct{}) {
	var s nic.Stations
	tick := time.NewTicker(ratesGap)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for _, o := range p.radios() {
			p.askRates(&s, o)
		}
	}
}

// radios are the radios in use.
func (p *portManager) radios() (all []*opened) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.opened {
		if o.Wireless {
			all = append(all, o)
		}
	}
	return all
}

// askRates asks about the neighbours on a radio, if there are any. A driver without
// nl80211 has no rates: its neighbours share by bytes.
func (p *portManager) askRates(s *nic.Stations, o *opened) {
	rates := map[link.Addr]link.StationRate{}
	p.d.Runner.Turn(func(time.Time) {
		for _, l := range p.d.Runner.Node().Links.All() {
			if _, info := l.Port(); info.Name == o.Name {
				rates[l.Addr()] = link.StationRate{}
			}
		}
	})
	if len(rates) == 0 || s.Rates(o.Index, rates) != nil {
		return
	}
	p.d.Runner.Turn(func(time.Time) {
		for a, r := range rates {
			for _, id := range o.ids {
				p.d.Runner.Node().Links.SetRate(id, a, r)
			}
		}
	})
}
