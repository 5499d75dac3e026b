package ifmatch

import (
	"errors"
	"fmt"
)

// This file decides what became of a write. The decision is a table over what was asked, what the
// exchange told and what a look at the resource told; deliver.go does the I/O that fills in the
// evidence, and decides nothing.

// ErrRefusedTag reports that the server refuses, as outdated, the very entity tag that it gives: no
// new fetch and no merge can help. Something between origin and client alters tags (compression, a
// proxy, a cache that ignores no-cache), or the server does not accept its own. The error's text
// says what points to which.
var ErrRefusedTag = errors.New("the server refuses the validator that it gives")

// ErrUncertain reports a write whose outcome is unknown: it may have reached the server, no answer
// told what became of it, and looking at the resource did not tell either. It is neither a success
// nor a conflict. The [WriteError] that carries it holds what is needed to look and to go on.
var ErrUncertain = errors.New("the outcome of the write is unknown")

// asked is what a write wants.
type asked uint8

const (
	askedAct      asked = iota // an edit or a patch: to be applied once
	askedState                 // a declared state: to be in force
	askedCreation              // something where there is nothing
	askedDeletion              // nothing where there is something
)

// told is what the exchanges of a write told.
type told uint8

const (
	toldNotSent         told = iota // no copy left
	toldSuccess                     // 200, 201, 203, 204, 205
	toldRefused                     // a refusal, and no other copy is known to have left
	toldOutdated                    // the same, because the precondition does not hold
	toldRefusedInDoubt              // a refusal of one copy, and another one may have landed
	toldOutdatedInDoubt             // the same, because the precondition does not hold: perhaps of our own doing
	toldPromise                     // 202, 207, 303 and other 2xx: another copy would not help
	toldNothing                     // no answer, or none of the origin's
)

// seen is what looking at the resource told, once there was something to look for.
type seen uint8

const (
	notLooked      seen = iota
	lookFailed          // no look succeeded, or none fitted the time
	seenIdentifier      // our identifier is there
	seenInForce         // what was asked is so
	seenUntouched       // the version that the write was made from is current
	seenExcluded        // others have written, and provably not we
	seenUnknowable      // others have written, and perhaps we
)

// decision is what follows.
type decision uint8

const (
	impossible decision = iota // no evidence of this form occurs
	succeed                    // it took effect
	refuse                     // it did not
	look                       // fetch the resource and decide again
	sendAgain                  // send another copy under the same condition
	superseded                 // it did not, and others have written meanwhile
	unknown                    // it cannot be known
)

// outcomeEvidence is all that the decision is made on.
type outcomeEvidence struct {
	asked      asked
	identified bool // the write carries an identifier
	told       told
	seen       seen
	spent      bool // as many copies were sent as may be
}

// outcomeRow decides the cells that it matches.
type outcomeRow struct {
	told    told
	seen    seen
	only    func(outcomeEvidence) bool // nil: every cell of the two
	then    decision
	because string
	err     error // that says so to the caller; nil if what failed says enough
}

// errNoAnswer ends a write of which every copy that may be sent was lost.
var errNoAnswer = fmt.Errorf("%w: no answer to any of the copies that Options.MaxAttempts allows", ErrExhausted)

func identified(e outcomeEvidence) bool { return e.identified }
func spent(e outcomeEvidence) bool      { return e.spent }

// outcomeRows decide what became of a write; the first row that matches counts. Once a copy may
// have arrived without an answer, no later answer is believed by itself: a 412 may be about our own
// write. All copies carry one condition, so at most one of them takes effect.
var outcomeRows = []outcomeRow{
	{told: toldNotSent, seen: notLooked, then: refuse, because: "no byte left"},
	{told: toldSuccess, seen: notLooked, then: succeed, because: "the server says so"},
	{told: toldRefused, seen: notLooked, then: refuse, because: "the server says so of the only copy"},

	// A gateway may have repeated the write: then the refusal is about the second copy.
	{told: toldOutdated, seen: notLooked, only: identified, then: look,
		because: "a gateway may have sent it twice"},
	{told: toldOutdated, seen: notLooked, then: refuse, because: "the server says so of the only copy"},
	{told: toldOutdated, seen: lookFailed, then: refuse, because: "nothing was seen that casts doubt on it"},
	{told: toldOutdated, seen: seenIdentifier, then: succeed, because: "the refusal was about a second copy"},
	{told: toldOutdated, seen: seenInForce, then: refuse, because: "without our identifier it is another's write"},
	{told: toldOutdated, seen: seenUntouched, then: refuse, because: "nothing was seen that casts doubt on it"},
	{told: toldOutdated, seen: seenExcluded, then: refuse, because: "our identifier would be there"},
	{told: toldOutdated, seen: seenUnknowable, then: refuse, because: "nothing was seen that casts doubt on it"},

	{told: toldRefusedInDoubt, seen: notLooked, then: look, because: "another copy may have landed"},
	{told: toldRefusedInDoubt, seen: lookFailed, then: unknown, because: "another copy may have landed"},
	{told: toldRefusedInDoubt, seen: seenIdentifier, then: succeed, because: "an earlier copy landed"},
	{told: toldRefusedInDoubt, seen: seenInForce, then: succeed, because: "what was asked is so"},
	{told: toldRefusedInDoubt, seen: seenUntouched, then: unknown,
		because: "the look may be older than the copy that landed"},
	{told: toldRefusedInDoubt, seen: seenExcluded, then: refuse, because: "no copy landed, and the newest was refused"},
	{
		told: toldRefusedInDoubt, seen: seenUnknowable, then: unknown,
		because: "the newest version may descend from ours",
	},

	{told: toldOutdatedInDoubt, seen: notLooked, then: look, because: "our own copy may be what made it outdated"},
	{told: toldOutdatedInDoubt, seen: lookFailed, then: unknown, because: "our own copy may be what made it outdated"},
	{told: toldOutdatedInDoubt, seen: seenIdentifier, then: succeed, because: "an earlier copy landed"},
	{told: toldOutdatedInDoubt, seen: seenInForce, then: succeed, because: "what was asked is so"},
	{told: toldOutdatedInDoubt, seen: seenUntouched, then: unknown, err: ErrRefusedTag,
		because: "the server says that the version has moved: the look is old, or the tag altered"},
	{told: toldOutdatedInDoubt, seen: seenExcluded, then: refuse, because: "no copy landed"},
	{
		told: toldOutdatedInDoubt, seen: seenUnknowable, then: unknown,
		because: "the newest version may descend from ours",
	},

	{told: toldPromise, seen: notLooked, then: look, because: "it may be done later, in part or elsewhere"},
	{told: toldPromise, seen: lookFailed, then: unknown, because: "it may be done later"},
	{told: toldPromise, seen: seenIdentifier, then: succeed, because: "it is done"},
	{told: toldPromise, seen: seenInForce, then: succeed, because: "what was asked is so"},
	{told: toldPromise, seen: seenUntouched, then: unknown, because: "it may be done later"},
	{told: toldPromise, seen: seenExcluded, then: unknown, because: "it may be done later"},
	{told: toldPromise, seen: seenUnknowable, then: unknown, because: "it may be done later"},

	{told: toldNothing, seen: notLooked, then: look, because: "it may have landed"},
	{told: toldNothing, seen: lookFailed, then: unknown, because: "it may have landed"},
	{told: toldNothing, seen: seenIdentifier, then: succeed, because: "it landed"},
	{told: toldNothing, seen: seenInForce, then: succeed, because: "what was asked is so"},
	{told: toldNothing, seen: seenUntouched, only: spent, then: unknown, err: errNoAnswer,
		because: "a copy may still be on its way"},
	{
		told: toldNothing, seen: seenUntouched, then: sendAgain,
		because: "no copy has taken effect, and at most one will",
	},
	{told: toldNothing, seen: seenExcluded, then: superseded, because: "no copy landed, and others have written"},
	{told: toldNothing, seen: seenUnknowable, then: unknown, because: "the newest version may descend from ours"},
}

// impossibleBecause says why no evidence of this form occurs; "" if it does.
func (e outcomeEvidence) impossibleBecause() string {
	decided := e.told <= toldRefused || e.told == toldOutdated && !e.identified
	switch {
	case e.identified && e.asked == askedDeletion:
		return "a deletion leaves no document that could carry an identifier"
	case !e.identified && (e.seen == seenIdentifier || e.seen == seenExcluded):
		return "the write carries no identifier"
	case decided && e.seen != notLooked:
		return "decided without a look"
	}
	return ""
}

// decide returns the row that decides what became of a write.
func (e outcomeEvidence) decide() outcomeRow {
	if why := e.impossibleBecause(); why != "" {
		return outcomeRow{because: why}
	}
	for _, row := range outcomeRows {
		if row.told == e.told && row.seen == e.seen && (row.only == nil || row.only(e)) {
			return row
		}
	}
	return outcomeRow{because: "no row decides it"}
}

var (
	askedNames = [...]string{"act", "declared state", "creation", "deletion"}
	toldNames  = [...]string{"nothing sent", "success", "refused", "refused as outdated", "refused in doubt",
		"refused as outdated in doubt", "a promise", "no answer of the origin's"}
	seenNames = [...]string{"not looked", "the look failed", "our identifier is there", "in force", "untouched",
		"excluded", "unknowable"}
	decisionNames = [...]string{"impossible", "succeed", "refuse", "look", "send again", "superseded", "unknown"}
)

func (a asked) String() string    { return askedNames[a] }
func (t told) String() string     { return toldNames[t] }
func (s seen) String() string     { return seenNames[s] }
func (d decision) String() string { return decisionNames[d] }
