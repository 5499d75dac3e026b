package main

import (
	"fmt"
	"time"
)

// result is what became of a run.
type result struct {
	batch
	acknowledged, nothing int // nothing: of those acknowledged, how many found nothing left
	uncertain, landed     int // landed: of those uncertain, how many took effect
	refused               int
	state                 doc
	requests              int
	longest               int // the most versions between the one that a write was made from and the look at it
	elapsed               time.Duration
	broken                []string
}

// judge compares what the calls claim with what the origin did. These are the laws:
//
//   - A call takes effect at most once, one that was acknowledged exactly once, and what its caller
//     got is what the origin gave. One that was refused takes none.
//   - A call that was acknowledged without effect found nothing left.
//   - The state is that at the start after the effects of the calls that were acknowledged and of the
//     uncertain ones that landed.
//   - A call is uncertain only if, at the first look after its last write, more versions had passed
//     than its identifier reaches back.
func judge(b batch, o *origin, claims []claim, elapsed time.Duration) result {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := result{batch: b, state: o.state, requests: o.requests, broken: o.broken, elapsed: elapsed}
	breaks := func(c claim, format string, args ...any) {
		r.broken = append(r.broken, fmt.Sprintf("call %s ", c.Operation)+fmt.Sprintf(format, args...))
	}
	for _, c := range claims {
		did := o.of(c.Operation)
		r.longest = max(r.longest, did.longest)
		if len(did.got) > 1 {
			breaks(c, "took effect %d times", len(did.got))
		}
		switch c.Outcome {
		case acknowledged:
			r.acknowledged++
			switch {
			case c.Got == "":
				r.nothing++
				if len(did.got) > 0 || !o.load.empty(o.state) {
					breaks(c, "found nothing, took %q, and %v is left", did.got, o.state)
				}
			case len(did.got) == 0 || c.Got != did.got[0]:
				breaks(c, "was acknowledged with %q, and took %q", c.Got, did.got)
			}
		case uncertain:
			r.uncertain++
			r.landed += len(did.got)
			if !did.looking && did.passed <= b.Mark.reach() {
				breaks(c, "is uncertain, though only %d versions had passed: %s", did.passed, c.Error)
			}
		case refused:
			r.refused++
			if len(did.got) > 0 {
				breaks(c, "was refused, and took %q: %s", did.got, c.Error)
			}
		}
	}
	if n := len(claims); n != b.Calls {
		r.broken = append(r.broken, fmt.Sprintf("%d calls of %d have said what became of them", n, b.Calls))
	}
	effects := r.acknowledged - r.nothing + r.landed
	if want := o.load.left(o.load.start(b.Calls), effects); !want.equals(o.state) {
		r.broken = append(r.broken, fmt.Sprintf("the state is %v, and should be %v after %d effects", o.state, want, effects))
	}
	return r
}

// verdict says whether the laws hold, and whether the caller knows all.
func (r result) verdict() string {
	switch {
	case len(r.broken) > 0:
		return "BROKEN: " + r.broken[0]
	case r.refused > 0:
		return "holds, but calls were refused"
	case r.uncertain > 0:
		return "holds"
	}
	return "exact"
}
