package ifmatch

import "net/http"

// This file decides what follows a write that did not succeed: whether the call ends with it, the
// caller is asked, or the newest version is fetched and the write made anew.

// course is what follows.
type course uint8

const (
	surface    course = iota // the call ends with what happened
	askCaller                // Options.OnConflict decides
	fetchAgain               // fetch, edit or merge, and write again
	exhausted                // the same, but a bound is reached: the call ends and says so
	refusedTag               // the call ends: the server refuses the validator that it gives
)

// statusClass is what of a refusal's status decides what follows.
type statusClass uint8

const (
	statusConflict  statusClass = iota // 409
	statusFailed                       // 412
	statusForbidden                    // 403
	statusDenied                       // 401, 407: about who is asking
	statusClient                       // any other 4xx
	statusOther                        // no 4xx
)

func classOf(status int) statusClass {
	switch status {
	case http.StatusConflict:
		return statusConflict
	case http.StatusPreconditionFailed:
		return statusFailed
	case http.StatusForbidden:
		return statusForbidden
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return statusDenied
	}
	if status/100 == 4 {
		return statusClient
	}
	return statusOther
}

// status returns a status of the class.
func (s statusClass) status() int {
	return [...]int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusForbidden,
		http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusInternalServerError}[s]
}

// refusalEvidence is all that the course is decided on.
type refusalEvidence struct {
	outcome   decision         // refuse, superseded or unknown
	answered  bool             // an answer refused the write; kind and status are of it
	kind      Kind             //
	status    statusClass      //
	condition preconditionForm // that the write carried
	doubles   bool             // Options.AllowDoubleApply
	canAsk    bool             // there is an Options.OnConflict
	settled   bool             // it was asked, and says that the obstacle is gone
	spent     bool             // a bound of the rounds is reached
}

// curable reports that fetching again can cure what refused the write.
func (e refusalEvidence) curable() bool {
	return !e.answered || e.status != statusDenied && mayBeOutdated(e.kind, e.status.status(), e.condition)
}

// decide returns what follows.
func (e refusalEvidence) decide() course {
	again := fetchAgain
	if e.spent {
		again = exhausted
	}
	switch {
	case e.outcome == unknown && !e.doubles:
		return surface // whatever else: the write may have taken effect
	case e.outcome == unknown, e.outcome == superseded:
		return again
	case !e.answered:
		return surface // nothing was sent, and no fetch changes why
	case e.curable() || e.settled:
		return again
	case e.canAsk && e.negotiable():
		return askCaller
	}
	return surface
}

// negotiable reports whether the caller may be able to put the reason of a refusal away: not who is
// asking, and not how busy the server is.
func (e refusalEvidence) negotiable() bool {
	switch e.status {
	case statusOther:
		return false
	case statusForbidden, statusDenied:
		return isConflict(e.kind, e.status.status())
	}
	return e.kind != Transient
}

// saysOutdated reports whether a fetch that finds the refused version current came out of a cache:
// the server said that the version is another one.
func (e refusalEvidence) saysOutdated() bool {
	return e.answered && e.curable() && e.kind != Transient && (e.status == statusFailed || e.kind == StaleVersion)
}

// decideAfterFetch returns what follows when the newest version is known.
func (e refusalEvidence) decideAfterFetch(now currency) course {
	switch {
	case !e.answered, !e.curable(), e.kind == Transient, !now.refusedIsCurrent():
		return fetchAgain // and the fetch is done: go on from it
	case e.saysOutdated():
		return refusedTag
	}
	return surface // no new race, so the refusal is about something else
}

var (
	courseNames = [...]string{"surface", "ask the caller", "fetch and go on", "exhausted", "refused tag"}
	classNames  = [...]string{"409", "412", "403", "401, 407", "other 4xx", "other"}
)

func (c course) String() string      { return courseNames[c] }
func (s statusClass) String() string { return classNames[s] }
