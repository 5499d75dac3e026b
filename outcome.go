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
	toldRepeated                    // the same, and an earlier copy may have landed and been undone
	toldIgnored                     // a success whose content shows that nothing was changed
	toldRefused                     // a refusal, and no other copy is known to have left
	toldSuspect                     // the same by 400 or 501, which gateways also say of a copy of their own
	toldConflict                    // the same by 409, for a reason that is not the version, or is not told
	toldOutdated                    // the same, because the precondition does not hold
	toldRefusedInDoubt              // a refusal of one copy, and another one may have landed
	toldOutdatedInDoubt             // the same, because the precondition does not hold: perhaps of our own doing
	toldUnshown                     // a success whose content does not show that a patch was applied
	toldDenied                      // a success whose content denies it, or cannot be read
	toldElsewhere                   // 300 to 305 to the only copy: perhaps done, and told elsewhere
	toldPromise                     // 202, 207, and what is denied in doubt: another copy would not help
	toldNothing                     // no answer, or none of the origin's
)

// seen is what looking at the resource told, once there was something to look for.
type seen uint8

const (
	notLooked      seen = iota
	lookFailed          // no look succeeded or none fitted the time, or what came is older than the write
	seenIdentifier      // our identifier is there
	seenInForce         // what was asked is so
	seenUntouched       // the version that the write was made from is current
	seenReturned        // its tag is current, and may have come back: it is a hash of the content
	seenGone            // there is nothing any more
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
	identifier identifier // that the write carries
	told       told
	seen       seen
	spent      bool // as many copies were sent as may be
}

// outcomeRow decides the cells that it matches.
type outcomeRow struct {
	told    set[told]
	seen    set[seen]
	only    narrowing // which cells of these; the zero value: every one
	then    decision
	because string
	err     error // that says so to the caller; nil if what failed says enough
}

// set is a set of small numbers.
type set[E ~uint8] uint32

func in[E ~uint8](elements ...E) (s set[E]) {
	for _, e := range elements {
		s |= 1 << e
	}
	return s
}

func (s set[E]) has(e E) bool { return s&(1<<e) != 0 }

// narrowing narrows a row down. It has a name, so that the table can be printed.
type narrowing struct {
	name  string
	holds func(outcomeEvidence) bool
}

var (
	creating   = narrowing{"a creation", func(e outcomeEvidence) bool { return e.asked == askedCreation }}
	identified = narrowing{"with an identifier", func(e outcomeEvidence) bool { return e.identifier != noIdentifier }}
	spent      = narrowing{"no more copies", func(e outcomeEvidence) bool { return e.spent }}
)

// ErrIgnored reports a write that the server answered with success and did not carry out: a PATCH
// that changed nothing, although it had something to change, or an answer that shows the old
// version. It took no effect.
var ErrIgnored = errors.New("the server answered with success and changed nothing")

var (
	// errNoAnswer ends a write of which every copy that may be sent was lost.
	errNoAnswer = fmt.Errorf("%w: no answer to any of the copies that MaxAttempts and MaxElapsed allow", ErrExhausted)

	// errNotLookedAfter marks a refusal that is believed without a look.
	errNotLookedAfter = errors.New("it was not looked after: whether a copy of the write had landed before is not " +
		"known")

	// errRepeated says why a success is not one for certain.
	errRepeated = errors.New("more than one copy was sent, and what they were made from may have come back in between")

	// errReturned says why an unchanged tag is no proof.
	errReturned = errors.New("the tag is a hash of the content and may have come back: it does not tell whether the " +
		"write landed and was undone by others")
)

// impossibilities say why evidence of some forms does not occur.
var impossibilities = []narrowing{
	{"a deletion leaves nothing that could carry an identifier", func(e outcomeEvidence) bool {
		return e.asked == askedDeletion && e.identifier != noIdentifier
	}},
	{"only a patch can be ignored so", func(e outcomeEvidence) bool {
		return in(toldIgnored, toldUnshown).has(e.told) && in(askedCreation, askedDeletion).has(e.asked)
	}},
	{"the write carries no identifier", func(e outcomeEvidence) bool {
		return e.identifier == noIdentifier && in(seenIdentifier, seenExcluded).has(e.seen)
	}},
	{"a write that carries an identifier is not recognised by its content", func(e outcomeEvidence) bool {
		return e.identifier != noIdentifier && e.seen == seenInForce
	}},
	{"an act is not recognised by its content", func(e outcomeEvidence) bool {
		return e.asked == askedAct && e.seen == seenInForce && e.told != toldDenied
	}},
	{"absence has no tag", func(e outcomeEvidence) bool {
		return e.asked == askedCreation && e.seen == seenReturned
	}},
	{"it was absent before", func(e outcomeEvidence) bool {
		return e.asked == askedCreation && e.seen == seenGone
	}},
	{"that is what was asked", func(e outcomeEvidence) bool {
		return e.asked == askedDeletion && e.seen == seenGone
	}},
	{"decided without a look", func(e outcomeEvidence) bool {
		decided := in(toldNotSent, toldSuccess, toldRepeated, toldIgnored, toldRefused).has(e.told) ||
			byGateway.has(e.told) && e.identifier == noIdentifier
		return decided && e.seen != notLooked
	}},
}

// impossibleBecause says why no evidence of this form occurs; "" if it does.
func (e outcomeEvidence) impossibleBecause() string {
	for _, never := range impossibilities {
		if never.holds(e) {
			return never.name
		}
	}
	return ""
}

// decide returns the row that decides what became of a write.
func (e outcomeEvidence) decide() outcomeRow {
	if why := e.impossibleBecause(); why != "" {
		return outcomeRow{because: why}
	}
	for _, row := range outcomeRows {
		if row.told.has(e.told) && row.seen.has(e.seen) && (row.only.holds == nil || row.only.holds(e)) {
			return row
		}
	}
	return outcomeRow{because: "no row decides it"}
}

var (
	askedNames = [...]string{"act", "declared state", "creation", "deletion"}
	toldNames  = [...]string{
		"nothing sent", "success", "success of one of several copies", "success, shown to be ignored", "refused",
		"refused by 400 or 501",
		"refused by 409", "refused as outdated", "refused in doubt", "refused as outdated in doubt",
		"success of a patch, not shown",
		"success, denied by its content", "done elsewhere (300 to 305)", "a promise", "no answer of the origin's",
	}
	seenNames = [...]string{"not looked", "the look failed", "our identifier is there", "in force", "untouched",
		"the tag may have come back", "gone", "excluded", "unknowable"}
	decisionNames = [...]string{"impossible", "succeed", "refuse", "look", "send again", "superseded", "unknown"}
)

func (a asked) String() string    { return askedNames[a] }
func (t told) String() string     { return toldNames[t] }
func (s seen) String() string     { return seenNames[s] }
func (d decision) String() string { return decisionNames[d] }
