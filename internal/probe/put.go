package probe

import (
	"bytes"
	"context"
	"slices"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// puts asks one question after the other; later ones need what earlier ones found.
func (w *writer) puts(ctx context.Context) error {
	for _, ask := range []func(context.Context) error{
		w.wrong, w.current, w.receipt, w.stale, w.oldMember, w.createOnly, w.unguarded,
	} {
		if w.useless {
			return nil
		}
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// again returns content to be written under a condition that must be refused. Where a server says
// yes to what is in force already, it is the JSON content with one line feed more.
func (w *writer) again() []byte {
	if w.Repeats {
		return append(bytes.Clone(w.now.content), '\n')
	}
	return w.now.content
}

// wrong writes under a condition that cannot hold.
func (w *writer) wrong(ctx context.Context) (err error) {
	purpose := "the same content, under a condition that cannot hold"
	var a *answer
	if w.Wrong, a, err = w.put(ctx, purpose, w.unmet(), w.now.content); err != nil {
		return err
	}
	w.useless = w.Wrong.impossible()
	if !w.Wrong.Taken() {
		return nil
	}
	moved, err := w.taken(ctx, a)
	if err != nil {
		return err
	}
	restless := w.report.SameContent == No // then a movement proves nothing
	if moved && !restless {
		w.Honoured = No
		return nil
	}
	// Nothing moved. Either the condition is ignored and the same content makes no new version, or
	// the server says yes because what was asked for is so already (RFC 9110 §13.1.1).
	w.Honoured = Unclear
	if jsonmerge.Check(w.now.content, jsonmerge.Limits{}) != nil {
		return nil
	}
	w.Repeats = true
	again, _, err := w.put(ctx, "the same with a line feed, under a condition that cannot hold", w.unmet(), w.again())
	if err != nil {
		return err
	}
	if again.conditional() {
		w.Wrong = again // Honoured is decided by the current condition
		return nil
	}
	w.Repeats = false
	if !again.Taken() {
		return nil
	}
	w.altered = true
	if moved, err = w.look(ctx); moved && !restless {
		w.Honoured = No
	}
	return err
}

// current writes under the current condition, which has to be taken.
func (w *writer) current(ctx context.Context) error {
	purpose := "the same content, under the current condition"
	var a *answer
	var err error
	for try := range 2 {
		sent := w.now
		if w.guard(sent) == nil {
			return nil
		}
		if w.Current, a, err = w.put(ctx, purpose, w.guard(sent), sent.content); err != nil {
			return err
		}
		if w.Current.Taken() {
			return w.accepted(ctx, a)
		}
		if !w.Current.conditional() {
			w.useless = w.Current.Refused() || w.Current.impossible()
			return nil
		}
		// Somebody else may have been faster: once more, if so.
		moved, err := w.look(ctx)
		if err != nil {
			return err
		}
		if !moved {
			break
		}
		w.Replayed = try > 0 && sameJSON(w.now.content, sent.content)
	}
	if w.Honoured == NotTested {
		w.Honoured = Unclear
	}
	if !w.now.tag.Value.IsWeak() {
		return nil
	}
	purpose = "the same content, with the weak tag as a strong one"
	stripped := condition{{"If-Match", string(strip(w.now.tag.Value))}}
	if w.Stripped, a, err = w.put(ctx, purpose, stripped, w.now.content); err != nil || !w.Stripped.Taken() {
		return err
	}
	return w.accepted(ctx, a)
}

// accepted is taken, after the current condition.
func (w *writer) accepted(ctx context.Context, a *answer) error {
	if w.Wrong.Refused() {
		w.Honoured = Yes
	}
	_, err := w.taken(ctx, a)
	return err
}

// taken learns from the answer to a PUT that took effect, and from the GET after it.
func (w *writer) taken(ctx context.Context, a *answer) (moved bool, err error) {
	sent := w.now
	w.Answer = WriteAnswer{
		Status: a.status, Tag: a.tag(), Content: "none",
		PreferenceApplied: a.header.Get("Preference-Applied"), ContentLocation: a.header.Get("Content-Location"),
	}
	if moved, err = w.look(ctx); err != nil {
		return moved, err
	}
	w.NewVersion = verdict(moved)
	if len(a.content) > 0 {
		w.Answer.Content = "other"
		if sameJSON(a.content, w.now.content) {
			w.Answer.Content = "representation"
		}
	}
	if w.Answer.Tag.Value != "" {
		w.Answer.TagIsVersions = verdict(w.Answer.Tag.Value == w.now.tag.Value)
	}
	w.Sets, _ = differences(sent.content, w.now.content)
	return moved, nil
}

// sameJSON compares what JSON means, and other content byte for byte.
func sameJSON(a, b []byte) bool {
	same, err := jsonmerge.Equal(a, b)
	return bytes.Equal(a, b) || err == nil && same
}

// receipt asks whose the tag of an answer is, if the GET after it gave the one from before the
// write. The tag guards the next write: then it is the new version's, and a cache answered that
// GET.
func (w *writer) receipt(ctx context.Context) error {
	if w.Honoured != Yes || w.Answer.TagIsVersions != No || w.NewVersion != No {
		return nil
	}
	tag := condition{{"If-Match", string(w.Answer.Tag.Value)}}
	again, a, err := w.put(ctx, "the same content, under the tag of the answer before", tag, w.now.content)
	if err != nil || !again.Taken() {
		return err
	}
	w.Answer.OldRead, w.Answer.TagIsVersions, w.NewVersion = true, Yes, Yes
	newest := *w.now
	if newest.tag = a.tag(); newest.tag.Value == "" {
		newest.tag = w.Answer.Tag
	}
	w.earlier, w.now = w.now, &newest
	return nil
}

// stale writes under the condition that held before the last write.
func (w *writer) stale(ctx context.Context) (err error) {
	if w.Honoured != Yes {
		return nil
	}
	if w.earlier == nil || slices.Equal(w.guard(w.earlier), w.guard(w.now)) {
		if !w.Wrong.conditional() {
			w.Honoured = Unclear // a 400 may be about the form of a tag that is not the server's
		}
		return nil
	}
	old := w.guard(w.earlier)
	if w.Stale, _, err = w.put(ctx, "the same content, under an outdated condition", old, w.again()); err != nil {
		return err
	}
	w.StaleRefused, err = w.refusal(ctx, w.Stale, w.Repeats)
	return err
}

// refusal says whether a write that has to be refused was, and looks what it did if it was not.
func (w *writer) refusal(ctx context.Context, sent Write, alters bool) (Verdict, error) {
	switch {
	case sent.Refused():
		return Yes, nil
	case sent.Taken():
		w.altered = w.altered || alters
		_, err := w.look(ctx)
		return No, err
	}
	return Unclear, nil
}

// oldMember writes content that names another version than the current one, where no field guards:
// the version before, or one that is made up if the last write made none.
func (w *writer) oldMember(ctx context.Context) (err error) {
	if w.Honoured == Yes || len(w.now.members) == 0 {
		return nil
	}
	var content []byte
	if w.earlier != nil && !slices.Equal(w.now.members, w.earlier.members) {
		content = w.earlier.content
	} else if content, err = w.now.members[0].another(w.now.content); err != nil {
		return nil
	}
	if w.OldMember, _, err = w.put(ctx, "content with another version in it", nil, content); err != nil {
		return err
	}
	w.OldMemberRefused, err = w.refusal(ctx, w.OldMember, false)
	return err
}

// createOnly writes as if there were nothing yet (RFC 9110 §13.1.2).
func (w *writer) createOnly(ctx context.Context) (err error) {
	if w.Create, _, err = w.put(ctx, "create only, though it exists", condition{{"If-None-Match", "*"}},
		w.now.content); err != nil {
		return err
	}
	w.CreateRefused, err = w.refusal(ctx, w.Create, false)
	return err
}

// unguarded writes without any condition, if the caller asked for that by name.
func (w *writer) unguarded(ctx context.Context) (err error) {
	if !w.options.Unguarded {
		return nil
	}
	if w.Unguarded, _, err = w.put(ctx, "the same content, without a condition", nil, w.now.content); err != nil ||
		!w.Unguarded.Taken() {
		return err
	}
	_, err = w.look(ctx)
	return err
}
