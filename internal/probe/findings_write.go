package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// This file says what the writes to a disposable resource showed.

// writes says what the writes to a disposable resource showed.
func (j *judgement) writes(w *Writes) {
	if w.Skipped != "" {
		j.add(Note, "writes", "not tested: "+w.Skipped, "")
		return
	}
	j.ifMatchOnPut(w)
	j.refusal(w)
	j.answer(w)
	switch w.CreateRefused {
	case Yes:
		j.add(Good, "If-None-Match: * on PUT", fmt.Sprintf("refused with %d: a creation overwrites nothing",
			w.Create.Status), "")
	case No:
		if w.OldMemberRefused == Yes {
			j.add(Note, "If-None-Match: * on PUT", "ignored, where the content names the current version",
				"the Dialect has a way of its own to create")
			break
		}
		j.add(Danger, "If-None-Match: * on PUT", "IGNORED: a creation overwrites what is there",
			"do not rely on ifmatch.Create here")
	}
	switch {
	case w.Unguarded.Taken() && w.OldMemberRefused == Yes:
		j.add(Note, "PUT without a condition", "taken, where the content names the current version", "")
	case w.Unguarded.Taken():
		j.add(Note, "PUT without a condition", "taken: others may write so, over anybody's changes", "")
	case w.Unguarded.Status == http.StatusPreconditionRequired:
		j.add(Good, "PUT without a condition", "refused with 428: nobody writes unguarded", "")
	case w.Unguarded.Refused():
		j.add(Good, "PUT without a condition", "refused with "+outcome(w.Unguarded), "")
	}
	j.patches(w.Patches)
	switch w.Restored {
	case No:
		j.add(Warning, "what was found", "is not there again: "+fields(w.Left)+" differ", "look at the resource")
	case Unclear:
		j.add(Warning, "what was found", "may not be there again: the server did not tell", "look at the resource")
	}
}

// refusal says what a conflict looks like, and what ifmatch makes of it.
func (j *judgement) refusal(w *Writes) {
	sent := w.Stale
	if !sent.Refused() {
		sent = w.OldMember
	}
	if !sent.Refused() && w.Honoured == Yes {
		sent = w.Wrong
	}
	if !sent.Refused() || sent.Refusal == nil {
		return
	}
	e := sent.Refusal
	text := outcome(sent)
	if sent.Condition == "" {
		j.add(Note, "a stale answer", text, "the Dialect knows that a version was sent, and what this means then")
		return
	}
	switch e.Kind {
	case ifmatch.StaleVersion:
		j.add(Good, "a stale answer", text, "")
	case ifmatch.Unknown:
		j.add(Note, "a stale answer", text,
			"ifmatch fetches to find out; Options.ProblemKinds or a Dialect's Kind can say it at once")
	default:
		j.add(Warning, "a stale answer", text,
			"Update and Save may not go on from it; say what it means in Options.ProblemKinds or a Dialect's Kind")
	}
}

// outcome tells of one write what came back: status, kind and problem, the server's words quoted.
func outcome(w Write) string {
	switch {
	case !w.Sent:
		return "nothing sent"
	case w.Status == 0:
		return "no answer"
	case w.Refusal == nil:
		return strconv.Itoa(w.Status)
	}
	e := w.Refusal
	parts := []string{fmt.Sprintf("%d, kind %q", e.StatusCode, e.Kind)}
	p := e.Problem
	if p.MediaType != "" {
		parts = append(parts, printable(p.MediaType, 72))
	} else {
		parts = append(parts, "no media type")
	}
	if p.Type != "about:blank" {
		parts = append(parts, "type "+quote(string(p.Type)))
	}
	if p.Code != "" {
		parts = append(parts, "code "+quote(p.Code))
	}
	if p.Title != "" {
		parts = append(parts, "title "+quote(p.Title))
	}
	if len(e.Body) == 0 {
		parts = append(parts, "empty")
	} else if strings.Contains(p.MediaType, "json") && jsonmerge.Check(e.Body, jsonmerge.Limits{}) != nil {
		parts = append(parts, "not JSON in spite of that")
	}
	return strings.Join(parts, ", ")
}

// answer says what the answer to a write tells of the new version.
func (j *judgement) answer(w *Writes) {
	a := w.Answer
	if a.Status == 0 {
		return
	}
	const about = "answer to PUT"
	text := fmt.Sprintf("%d, content: %s", a.Status, a.Content)
	if a.PreferenceApplied != "" {
		text += ", Preference-Applied: " + printable(a.PreferenceApplied, 72)
	}
	if a.ContentLocation != "" {
		text += ", Content-Location: " + printable(a.ContentLocation, 72)
	}
	switch a.TagIsVersions {
	case Yes:
		j.add(Good, about, text+", the tag of the new version", "")
	case No:
		j.add(Warning, about, text+", with a tag that GET does not give: "+verbatim(string(a.Tag.Value)),
			"do not write with it; a read in between tells the resource's own")
	default:
		j.add(Note, about, text+", no tag", "ifmatch reads before the next write")
	}
	if a.OldRead {
		j.add(Warning, "a read after a write",
			"shows the version before it, even with Cache-Control: no-cache: a cache is in between",
			"a conflict's re-fetch may show the old version; ifmatch then waits and looks again, and ends with "+
				"ErrRefusedTag")
	}
	if w.NewVersion == No && j.Tag.Value != "" {
		j.add(Note, about, "the same content keeps its tag: content that returns (A, B, A) may bring its tag back", "")
	}
	if len(w.Sets) > 0 {
		j.add(Note, "server's own members", "a write comes back with other values at "+fields(w.Sets), "")
	}
}

// patches says what the server makes of the formats; of a method that it does not have, once.
func (j *judgement) patches(all []Patch) {
	refused := func(p Patch) bool { return p.Taken == No && !p.Announced && !p.Unread && !p.Damaging }
	if len(all) > 0 && !slices.ContainsFunc(all, func(p Patch) bool {
		return !refused(p) || p.sent().Status != all[0].sent().Status
	}) {
		j.add(Note, "PATCH", "refused: "+outcome(all[0].sent()), "")
		return
	}
	for _, p := range all {
		j.patch(p)
	}
}

// patch says what the server makes of one format.
func (j *judgement) patch(p Patch) {
	about := "PATCH " + p.MediaType
	format := ""
	if p.MediaType != "application/json" {
		format = "Options.PatchFormat: " + strconv.Quote(p.MediaType)
	}
	switch {
	case p.Damaging:
		j.add(Danger, about, "taken for something else than a patch: members were lost by it",
			"leave Options.PatchFormat empty: PUT")
	case p.Unread:
		j.add(Warning, about,
			"answered with success, and so is one that must fail: it is not read, and changes would be lost",
			"leave Options.PatchFormat empty, or name another format")
	case p.Taken == Yes && p.Guarded == Yes:
		j.add(Good, about, "taken, and its If-Match honoured", format)
	case p.Taken == Yes && p.Guarded == No && j.Writes.OldMemberRefused != Yes:
		j.add(Danger, about, "taken, and its condition IGNORED: updates get lost here",
			"leave Options.PatchFormat empty, if PUT is guarded")
	case p.Taken == Yes && j.Writes.OldMemberRefused == Yes:
		j.add(Note, about, "taken; If-Match is ignored here, too",
			"the Dialect puts the version into the patch, if it can"+or(format))
	case p.Taken == Yes:
		j.add(Warning, about,
			"taken also under a condition that cannot hold, without effect: ignored, or in force already", "")
	case p.Announced && p.Taken == No:
		j.add(Warning, about, "announced, and refused: "+outcome(p.sent()),
			"leave Options.PatchFormat empty, or name another format")
	case p.Taken == No:
		j.add(Note, about, "refused: "+outcome(p.sent()), "")
	}
}

// sent is the write that decided about the format.
func (p Patch) sent() Write {
	if p.Current.Sent {
		return p.Current
	}
	return p.Wrong
}
