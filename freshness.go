package ifmatch

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// errOldAnswer says why an answer proves nothing of what was so after a moment.
var errOldAnswer = errors.New("the newest answer is older than what it is asked about (Age, Date)")

// dateTolerance is how far the clocks of client and server may be apart where nothing tells how far
// they are.
const dateTolerance = 2 * time.Second

// clocks knows how far the clocks of servers are ahead of ours, by host, from the Date of answers
// that are known to be new. It may be used from several goroutines.
type clocks struct{ hosts sync.Map } // string -> clock

type clock struct {
	ahead          time.Duration
	known          bool
	date, received time.Time // of the newest answer
}

// hear learns from an answer. New are answers to writes, answers that show a clock which is right
// but for dateTolerance, and those of a clock that runs: two answers whose Dates are as far apart
// as they came. What a cache holds has one Date for ever.
func (c *clocks) hear(host string, h http.Header, received time.Time, write bool) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || ageOf(h) > 0 {
		return
	}
	var was clock
	if v, ok := c.hosts.Load(host); ok {
		was = v.(clock)
	}
	now := clock{ahead: was.ahead, known: was.known, date: was.date, received: was.received}
	if date.After(was.date) || was.received.IsZero() {
		now.date, now.received = date, received
	}
	ahead, passed := date.Sub(received), received.Sub(was.received)
	runs := !was.received.IsZero() && passed >= time.Second && date.Sub(was.date) > 0 &&
		date.Sub(was.date) >= passed-time.Second
	switch right := ahead.Abs() <= dateTolerance; {
	case write, runs, right && (!was.known || ahead > was.ahead):
		now.ahead, now.known = ahead, true
	}
	c.hosts.Store(host, now)
}

// older reports whether an answer was made before a moment, as far as its own fields tell: Age (RFC
// 9111 §5.1) and Date (RFC 9110 §6.6.1). They only add doubt: an answer without them may be as old.
func (c *clocks) older(moment time.Time, host string, h http.Header, received time.Time) bool {
	if age := ageOf(h); age > 0 && received.Add(-age).Before(moment) {
		return true
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return false
	}
	made := date.Add(time.Second) // Date has whole seconds, cut
	if v, ok := c.hosts.Load(host); ok && v.(clock).known {
		return made.Before(moment.Add(v.(clock).ahead))
	}
	return made.Add(dateTolerance).Before(moment)
}

// ageOf reads Age, in whole seconds; 0 if there is none.
func ageOf(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(h.Get("Age"), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
