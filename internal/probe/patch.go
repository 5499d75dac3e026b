package probe

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

const perPatch = 5 // requests that one patch format may take

// patches tries the formats. Plain JSON is what OData and others call a merge; it is tried where
// the name of its own is not known.
func (w *writer) patches(ctx context.Context) error {
	for _, mediaType := range []string{
		"application/merge-patch+json", "application/json-patch+json", "application/json",
	} {
		if mediaType == "application/json" && w.Patches != nil && w.Patches[0].Taken == Yes {
			continue
		}
		name, merge, ops, ok := harmless(w.now.content)
		if !ok || w.left() < perPatch {
			return nil
		}
		doc := merge
		if mediaType == "application/json-patch+json" {
			doc = ops
		}
		p := Patch{MediaType: mediaType, Announced: slices.ContainsFunc(w.report.AcceptPatch, func(s string) bool {
			t, _, _ := strings.Cut(s, ";")
			return strings.EqualFold(strings.TrimSpace(t), mediaType)
		})}
		err := w.patch(ctx, &p, name, doc)
		w.Patches = append(w.Patches, p)
		if err != nil || p.Damaging || p.sent().impossible() && p.sent().Status != http.StatusUnsupportedMediaType {
			return err // another format would be no better, or only make it worse
		}
	}
	return nil
}

// patch sends a harmless patch: under the current condition, where there is one, and then under one
// that cannot hold.
func (w *writer) patch(ctx context.Context, p *Patch, name string, doc []byte) (err error) {
	r := request{method: http.MethodPatch, purpose: p.MediaType + ", under the current condition", content: doc}
	if guard := w.guard(w.now); guard != nil {
		if p.Current, _, err = w.change(ctx, r, guard, p.MediaType); err != nil {
			return err
		}
		p.Taken = settled(p.Current)
		if p.Taken != Yes {
			return nil
		}
		if _, err = w.patched(ctx, p, name); err != nil || p.Damaging {
			return err
		}
		if p.MediaType == "application/json-patch+json" {
			if err = w.unread(ctx, p, name); err != nil || p.Unread {
				return err
			}
		}
	}
	r.purpose = p.MediaType + ", under a condition that cannot hold"
	if p.Wrong, _, err = w.change(ctx, r, w.unmet(), p.MediaType); err != nil {
		return err
	}
	switch {
	case p.Wrong.Taken():
		p.Taken, p.Guarded = Yes, Unclear // if nothing moved: ignored, or in force already
		if moved, err := w.patched(ctx, p, name); err != nil {
			return err
		} else if moved {
			p.Guarded = No
		}
	case p.Wrong.conditional() && p.Taken == Yes:
		p.Guarded = Yes
	case p.Taken == NotTested:
		p.Taken = settled(p.Wrong)
	}
	return nil
}

// unread sends a JSON Patch that must fail, as its test does not hold (RFC 6902 §4.6): a server
// that answers with success did not read it, and would lose every change that is sent so.
func (w *writer) unread(ctx context.Context, p *Patch, name string) error {
	path := ""
	if name != "" {
		path = jsonmerge.Pointer{name}.String()
	}
	at, _ := json.Marshal(path)
	r := request{method: http.MethodPatch, purpose: p.MediaType + ", with a test that fails"}
	r.content = []byte(`[{"op":"test","path":` + string(at) + `,"value":"ifmatch-probe-no-such-value"}]`)
	failing, _, err := w.change(ctx, r, w.guard(w.now), p.MediaType)
	if err != nil || !failing.Taken() {
		return err
	}
	p.Unread, p.Taken = true, No
	_, err = w.patched(ctx, p, name)
	return err
}

// settled says whether a patch was taken. A refusal that a condition can be the reason of tells
// nothing about the format.
func settled(w Write) Verdict {
	switch {
	case w.Taken():
		return Yes
	case w.impossible(), w.Refused() && (!w.conditional() || w.Status == http.StatusUnprocessableEntity):
		return No
	}
	return Unclear
}

// patched looks at what a patch did: every member has to be there still.
func (w *writer) patched(ctx context.Context, p *Patch, name string) (moved bool, err error) {
	before := w.now
	if moved, err = w.look(ctx); err != nil || !moved {
		return moved, err
	}
	var was, is map[string]json.RawMessage
	p.Damaging = json.Unmarshal(before.content, &was) != nil || json.Unmarshal(w.now.content, &is) != nil
	for n := range was {
		_, there := is[n]
		p.Damaging = p.Damaging || !there
	}
	p.Damaging = p.Damaging || name != "" && string(was[name]) != string(is[name])
	w.altered = w.altered || p.Damaging
	return moved, nil
}
