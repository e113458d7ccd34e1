package main

import (
	"bytes"
	"fmt"
	"math"
)

// A panel is a row's stretch over percentiles.
const (
	panelWide, panelHigh = 300, 190
	across               = 3
	margin               = 34
	mostDrawn            = 4.0 // stretch; what is more is cut
)

// draw draws all rows, a panel each: stretch over the share of pairs that have no more.
func draw(all []result) []byte {
	var b bytes.Buffer
	high := (len(all) + across - 1) / across * panelHigh
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="10">`+"\n", across*panelWide, high+24)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	for i := range all {
		panel(&b, &all[i], i%across*panelWide, i/across*panelHigh)
	}
	x := margin
	for _, c := range curves(&result{}) {
		fmt.Fprintf(&b, `<path d="M%d,%dh24" stroke="%s" stroke-width="2" fill="none"/><text x="%d" y="%d">%s</text>`+"\n", x, high+10, c.colour, x+30, high+14, c.name)
		x += 270
	}
	fmt.Fprintln(&b, "</svg>")
	return b.Bytes()
}

// A curve is one of the lists of a result.
type curve struct {
	name, colour string
	rises        []float64
}

func curves(r *result) []curve {
	return []curve{
		{"ours, over the best way", "#0072b2", r.ours},
		{"of that, by what is known", "#009e73", r.known},
		{"shortest path of providers, early exit", "#d55e00", r.potato},
	}
}

func panel(b *bytes.Buffer, r *result, x, y int) {
	wide, high := float64(panelWide-margin-10), float64(panelHigh-margin-20)
	px := func(share float64) float64 { return float64(x+margin) + share*wide }
	py := func(stretch float64) float64 {
		return float64(y) + 20 + high*(1-(min(stretch, mostDrawn)-1)/(mostDrawn-1))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d">%d relays, %.0f %% long links, %d servers, %d kB</text>`+"\n", x+margin, y+14, r.relays, 100*r.long, r.servers, r.most/1000)
	for s := 1.0; s <= mostDrawn; s++ {
		fmt.Fprintf(b, `<path d="M%.0f,%.0fH%.0f" stroke="#ddd"/><text x="%d" y="%.0f">%.0f</text>`+"\n", px(0), py(s), px(1), x+margin-14, py(s)+3, s)
	}
	for _, p := range []int{0, 50, 90, 99} {
		fmt.Fprintf(b, `<path d="M%.0f,%.0fV%.0f" stroke="#ddd"/><text x="%.0f" y="%.0f">%d</text>`+"\n", px(float64(p)/100), py(1), py(mostDrawn), px(float64(p)/100)-5, py(1)+12, p)
	}
	for _, c := range curves(r) {
		line(b, c, px, py)
	}
}

func line(b *bytes.Buffer, c curve, px, py func(float64) float64) {
	if len(c.rises) == 0 {
		return
	}
	fmt.Fprintf(b, `<path fill="none" stroke="%s" stroke-width="1.5" d="`, c.colour)
	command := "M"
	for i := range 101 {
		v := c.rises[int(math.Min(float64(i)/100*float64(len(c.rises)), float64(len(c.rises)-1)))]
		fmt.Fprintf(b, "%s%.1f,%.1f", command, px(float64(i)/100), py(v))
		command = "L"
	}
	fmt.Fprintln(b, `"/>`)
}
