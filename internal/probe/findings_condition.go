package probe

import (
	"cmp"
	"strings"
)

// This file says whether PUT honours its condition, which is what a run is for.

const (
	helpless = "no client can prevent that; serialize the writers, or have the server check"
	needed   = "if the server wants a field of its own in a write, put it into Options.Header"
)

// ifMatchOnPut says whether conditions of PUT are honoured. The first theme that has something to
// say is the only one that does.
func (j *judgement) ifMatchOnPut(w *Writes) {
	about := "If-Match on PUT"
	if strings.HasPrefix(w.Wrong.Condition, "If-Unmodified-Since") {
		about = "If-Unmodified-Since on PUT"
	}
	switch {
	case j.putIsImpossible(w):
	case j.conditionIsHonoured(w, about):
	case j.conditionIsIgnored(w, about):
	case j.conditionMayBeIgnored(w, about):
	default:
		j.nothingGetsThrough(w, about)
	}
}

// putIsImpossible reports that PUT is refused whatever its condition is, and says so.
func (j *judgement) putIsImpossible(w *Writes) bool {
	switch {
	case w.Wrong.impossible():
		j.add(Note, "PUT", "not possible: "+outcome(w.Wrong), needed)
	case w.Current.Refused() && !w.Current.conditional():
		j.add(Note, "PUT", "not possible: "+outcome(w.Current), needed)
	default:
		return false
	}
	return true
}

// conditionIsHonoured reports that the server checks conditions, and says how far.
func (j *judgement) conditionIsHonoured(w *Writes, about string) bool {
	switch {
	case w.Honoured != Yes:
		return false
	case w.StaleRefused == No:
		j.add(Danger, about, "an unknown tag is refused, but an OUTDATED one is taken: updates get lost here", "")
		return true
	}
	j.add(Good, about, "honoured: a wrong one is refused, the current one taken", "")
	if w.Repeats {
		j.add(Note, about,
			"a refused write whose outcome is in force already is answered with success (RFC 9110 §13.1.1)",
			"ifmatch takes that for what it is: the change is in")
	}
	return true
}

// conditionIsIgnored reports that a write took effect in spite of its condition, or that the server
// checks the version in the content in its place.
func (j *judgement) conditionIsIgnored(w *Writes, about string) bool {
	switch {
	case w.OldMemberRefused == Yes:
		j.add(Warning, about, "ignored, but another version in the content is refused with "+outcome(w.OldMember),
			"Options.Dialect: "+j.Members[0].Dialect)
	case w.OldMemberRefused == No && w.Wrong.Taken():
		j.add(Danger, about, "IGNORED, and so is another version in the content: updates get lost here", helpless)
	case w.Honoured == No:
		j.add(Danger, about, "IGNORED: updates get lost here", cmp.Or(j.byMember(), helpless))
	default:
		return false
	}
	return true
}

// conditionMayBeIgnored reports that a write was answered with success in spite of its condition,
// and that no effect of it was seen.
func (j *judgement) conditionMayBeIgnored(w *Writes, about string) bool {
	switch {
	case !w.Wrong.Taken():
		return false
	case w.CreateRefused == No:
		// RFC 9110 §13.1.2 does not let a server say yes to a creation that is in force already, as
		// §13.1.1 does for If-Match.
		j.add(Danger, about,
			"IGNORED, as far as can be seen: a wrong one is taken, and so is If-None-Match: *; updates get lost here",
			cmp.Or(j.byMember(), helpless))
	default:
		j.add(Warning, about, "a wrong one is taken, without effect: "+
			"it is ignored, or the server saw that nothing would change (RFC 9110 §13.1.1)",
			"take it for ignored until a change of the content shows more"+or(j.byMember()))
	}
	return true
}

// nothingGetsThrough says what is known where no write was seen to succeed.
func (j *judgement) nothingGetsThrough(w *Writes, about string) {
	switch {
	case w.Replayed:
		j.add(Warning, about, "each write is refused, and takes effect all the same: "+
			"a gateway sends it twice, or somebody writes the same just now",
			"Options.WriteID recognises one's own write; "+
				"stop the gateway from repeating (nginx: proxy_next_upstream off)")
	case w.Wrong.conditional() && w.Current.conditional():
		j.add(Danger, about, "the server refuses the validator that it gives: no write gets through",
			"ifmatch ends with ErrRefusedTag; look for what alters tags on the way")
	case w.Wrong.conditional() && !w.Current.Sent:
		j.add(Note, about, "a wrong one is refused; what would be the current one, nothing tells", "")
	default:
		j.add(Warning, about, "unclear: "+outcome(w.Wrong)+" for a wrong one, "+outcome(w.Current)+
			" for the current one", "probe again")
	}
}
