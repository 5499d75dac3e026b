package ifmatch

import (
	"time"
)

// Attempt describes one exchange with the server, for errors and for people.
type Attempt struct {
	Method     string        // request method
	Condition  string        // the precondition as sent, such as `If-Match: "7"`; empty without one
	Status     int           // status code of the answer; 0 when none came
	Err        error         // why no (whole) answer came; nil otherwise
	Deliveries int           // copies of the request that may have reached the server
	Start      time.Time     // when the request was begun
	Duration   time.Duration // until the whole answer was read
	Waited     time.Duration // time waited between the previous attempt and this one
}

// attemptLog collects the attempts of one call; what is too old to matter is dropped, so that a
// long call stays small.
type attemptLog struct {
	all   []Attempt
	total int
}

const maxAttemptsKept = 128

func (l *attemptLog) add(a Attempt) {
	if len(l.all) >= maxAttemptsKept {
		l.all = append(l.all[:0], l.all[1:]...)
	}
	l.all = append(l.all, a)
	l.total++
}

// last returns the newest attempt, or a zero one.
func (l *attemptLog) last() Attempt {
	if len(l.all) == 0 {
		return Attempt{}
	}
	return l.all[len(l.all)-1]
}
