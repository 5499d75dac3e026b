package ifmatch

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// proposal is what shall be written over a version.
type proposal struct {
	asked   asked
	target  string
	from    *version // that content was derived from
	done    bool     // nothing is left to write
	content []byte
	like    http.Header // fields that content was fetched with; they describe it

	// inForce reports whether a version shows what is proposed. nil: none can, because it is an
	// act.
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
	expected  []byte       // document, or what a patch should make of the content; nil if that is not known
	from      *version     // that the write was made from
	condition precondition // that guards it
	id        *writeID     // nil: the write leaves no identifier
	until     time.Time    // no look and no other copy begins later; zero: no such bound

	// inForce reports whether a version shows what the write wanted. nil: none can.
	inForce func(*version) (bool, error)
}

// changes reports whether the write had something to change in what there is, as far as it is
// known.
func (w *writeRequest) changes() bool {
	if w.asked == askedDeletion || w.from.absent || w.from.content == nil {
		return false // there is nothing to compare an answer with
	}
	return w.expected == nil || !sameContent(w.form, w.expected, w.from.content)
}

// comesBack reports whether what the write was made from may come back, so that two copies of it
// can take effect: absence does, and so do hashes.
func (w *writeRequest) comesBack(c *view) bool {
	return w.from.absent && !c.opts.UniqueURL || w.tagIsHash(c)
}

// tagIsHash reports whether the tag that guards the write comes back with the content.
func (w *writeRequest) tagIsHash(c *view) bool {
	if c.opts.HashTags || c.opts.Dialect != nil && c.opts.Dialect.HashTags {
		return !w.from.absent
	}
	return w.condition.form == byTag && hashOf(w.from.tag, w.from.content)
}

// request returns the write as a request of its own, for one copy.
func (c *view) request(w *writeRequest) (*request, error) {
	r := &request{method: w.method, url: w.target, header: w.header.Clone(), body: w.body, once: w.comesBack(c)}
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
	if from.absent {
		a = askedCreation // whatever it is for: absence is no version
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
	switch {
	case c.opts.WriteID == "":
	case c.writeID.field != "":
		w.id = c.writeID.newID(w.condition)
		if err = w.id.leaveInField(w.header, p.from.header); err != nil {
			return nil, err
		}
	case !f.opaque():
		w.id = c.writeID.newID(w.condition)
		if content, err = w.id.leave(content); err != nil {
			return nil, err
		}
	}
	w.method, w.document, w.body, w.expected = http.MethodPut, content, content, content
	w.inForce = p.inForce
	describe(w.header, p.like, f)
	w.labels = http.Header{}
	for _, k := range describing {
		if v := w.header.Get(k); v != "" {
			w.labels.Set(k, v)
		}
	}
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
	w.expected = patched(f, from.content, mediaType, patch)
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

// describing are the fields that say what content is.
var describing = []string{"Content-Type", "Content-Encoding", "Content-Language"}

// noCoding lists values of Content-Encoding that say nothing about the content.
var noCoding = []string{"identity", "aws-chunked"}

// notJSON lists the media types that content gets from servers and gateways that do not know what
// it is. Content that was decoded as JSON does not go back under one of them: a server that reads
// the label would not read the content.
var notJSON = []string{"text/plain", "text/html", "application/octet-stream", "binary/octet-stream"}

// describe labels content as it was labelled when it was fetched. What h says already stands.
func describe(h, like http.Header, f form) {
	for _, k := range describing {
		v := like.Get(k)
		uncoded := k == "Content-Encoding" && slices.Contains(noCoding, strings.ToLower(v))
		mislabelled := k == "Content-Type" && !f.opaque() && slices.Contains(notJSON, mediaType(v))
		if v == "" || len(v) > maxLabel || h.Get(k) != "" || uncoded || mislabelled {
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

// patched returns what a patch makes of content, where its format tells; nil: it does not, or the
// server will say what is wrong with it.
func patched(f form, content []byte, mediaType string, patch []byte) []byte {
	if content == nil || f.opaque() {
		return nil
	}
	var to []byte
	var err error
	switch t, _, _ := strings.Cut(mediaType, ";"); strings.ToLower(strings.TrimSpace(t)) {
	case mergePatch:
		to, err = jsonmerge.ApplyMergePatch(content, patch)
	case jsonPatch:
		to, err = jsonmerge.ApplyPatch(content, patch, nil)
	}
	if err != nil {
		return nil
	}
	return to
}
