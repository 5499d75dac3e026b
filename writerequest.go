package ifmatch

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// proposal is what shall be written over a version.
type proposal struct {
	asked   asked
	target  string
	from    *version // that content was derived from; nil: nothing is left to write
	content []byte
	like    http.Header // fields that content was fetched with; they describe it

	// inForce reports whether a version shows what is proposed. nil: it is compared with the
	// difference between the two contents.
	inForce func(*version) (bool, error)
}

// writeRequest is one guarded write, with all that is needed to recognise it.
type writeRequest struct {
	asked     asked
	method    string
	target    string
	header    http.Header
	body      []byte
	form      form
	document  []byte       // that the write makes; nil if only the server knows
	labels    http.Header  // what describes document
	from      *version     // that the write was made from
	condition precondition // that guards it
	id        *writeID     // nil: the write leaves no identifier

	// inForce reports whether a version shows what the write wanted. nil: none can.
	inForce func(*version) (bool, error)
}

// request returns the write as a request of its own, for one copy.
func (c *view) request(w *writeRequest) (*request, error) {
	r := &request{method: w.method, url: w.target, header: w.header.Clone(), body: w.body}
	return r, c.opts.Dialect.guard(r, w.condition)
}

// newWrite starts a write of what was derived from a version: guarded, or refused.
func (c *view) newWrite(a asked, target string, f form, from *version) (*writeRequest, error) {
	condition, err := c.precondition(from)
	if err != nil {
		return nil, err
	}
	h, err := c.header(f)
	if err == nil {
		err = checkTarget(target)
	}
	if err != nil {
		return nil, err
	}
	if h.Get("Prefer") == "" {
		h.Set("Prefer", "return=representation") // RFC 7240 §4.2
	}
	return &writeRequest{asked: a, target: target, header: h, form: f, from: from, condition: condition}, nil
}

// newReplacement builds the write that makes the proposed content the state of the target.
func (c *view) newReplacement(p proposal, f form) (*writeRequest, error) {
	w, err := c.newWrite(p.asked, p.target, f, p.from)
	if err != nil {
		return nil, err
	}
	content := p.content
	if !f.opaque() && c.opts.WriteID != "" {
		if w.id, content, err = newWriteID(c.writeID, content); err != nil {
			return nil, err
		}
	}
	w.method, w.document, w.body = http.MethodPut, content, content
	if w.inForce = p.inForce; w.inForce == nil {
		w.inForce = contained(f, c.opts.Dialect, p.from.content, content)
	}
	describe(w.header, p.like, f)
	w.labels = http.Header{}
	describe(w.labels, w.header, f)
	if p.from.content != nil && !f.opaque() {
		accepted := p.like.Values("Accept-Patch")
		if mediaType, patch := choosePatch(c.opts.PatchFormat, accepted, p.from.content, content); patch != nil {
			w.method, w.body = http.MethodPatch, patch
			w.header.Set("Content-Type", mediaType)
			w.header.Del("Content-Encoding")
		}
	}
	return w, nil
}

// newPatch builds the write of a patch document of the caller's.
func (c *view) newPatch(target string, f form, from *version, mediaType string, patch []byte) (*writeRequest, error) {
	w, err := c.newWrite(askedAct, target, f, from)
	if err != nil {
		return nil, err
	}
	w.method, w.body = http.MethodPatch, slices.Clone(patch)
	w.inForce = patched(f, c.opts.Dialect, from.content, mediaType, patch)
	w.header.Set("Content-Type", mediaType)
	return w, nil
}

// newDeletion builds the deletion of the target.
func (c *view) newDeletion(target string, f form, from *version) (*writeRequest, error) {
	w, err := c.newWrite(askedDeletion, target, f, from)
	if err != nil {
		return nil, err
	}
	w.method = http.MethodDelete
	w.inForce = func(now *version) (bool, error) { return now.absent, nil }
	if c.opts.Header.Get("Prefer") == "" {
		w.header.Del("Prefer") // there will be no representation, and OData services refuse the wish
	}
	return w, nil
}

// choosePatch returns the change as a patch document, or nil for it to be sent whole: no patch was
// asked for, or none of the formats can express the change. Of two that can, the smaller one is
// sent.
func choosePatch(format string, accepted []string, from, to []byte) (mediaType string, patch []byte) {
	offer := func(t string, p []byte, err error) {
		if err == nil && (patch == nil || len(p) < len(patch)) {
			mediaType, patch = t, p
		}
	}
	accepts := func(t string) bool {
		return format == t || format == patchAccepted &&
			strings.Contains(strings.ToLower(strings.Join(accepted, ",")), t)
	}
	if accepts(mergePatch) {
		p, err := jsonmerge.CreateMergePatch(from, to)
		offer(mergePatch, p, err)
	}
	if accepts(jsonPatch) {
		p, err := jsonmerge.CreatePatch(from, to, nil)
		offer(jsonPatch, p, err)
	}
	return mediaType, patch
}

const maxLabel = 1 << 10 // bytes: how long a label is, is not the server's choice

// noCoding lists values of Content-Encoding that say nothing about the content.
var noCoding = []string{"identity", "aws-chunked"}

// describe labels content as it was labelled when it was fetched.
func describe(h, like http.Header, f form) {
	for _, k := range []string{"Content-Type", "Content-Encoding", "Content-Language"} {
		v := like.Get(k)
		uncoded := k == "Content-Encoding" && slices.Contains(noCoding, strings.ToLower(v))
		if v == "" || len(v) > maxLabel || h.Get(k) != "" || uncoded {
			continue
		}
		h.Set(k, v)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", f.mediaType())
	}
}

// contained returns a test for the difference between two contents being in force: the newest state
// is what it is with that difference applied.
func contained(f form, d *Dialect, from, to []byte) func(*version) (bool, error) {
	return func(now *version) (bool, error) {
		switch {
		case now.absent:
			return false, nil
		case bytes.Equal(now.content, to):
			return true, nil
		case f.opaque():
			return false, nil
		}
		newest := d.unversioned(now.content)
		o := &jsonmerge.Options{AddAddObjects: true}
		merged, err := jsonmerge.Merge(d.unversioned(from), d.unversioned(to), newest, o)
		if err != nil {
			return false, nil // it clashes, so it is not in force
		}
		return jsonmerge.Equal(merged, newest)
	}
}

// patched returns the test for a patch being in force, where its format tells.
func patched(f form, d *Dialect, from []byte, mediaType string, patch []byte) func(*version) (bool, error) {
	if from == nil || f.opaque() {
		return nil
	}
	var to []byte
	var err error
	switch t, _, _ := strings.Cut(mediaType, ";"); strings.ToLower(strings.TrimSpace(t)) {
	case mergePatch:
		to, err = jsonmerge.ApplyMergePatch(from, patch)
	case jsonPatch:
		to, err = jsonmerge.ApplyPatch(from, patch, nil)
	default:
		return nil
	}
	if err != nil {
		return nil // the server will say what is wrong with it
	}
	return contained(f, d, from, to)
}
