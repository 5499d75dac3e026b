package ifmatch

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// change is one guarded write, with all that is needed to recognise it.
type change struct {
	method string
	target string
	header http.Header
	body   []byte
	wanted []byte      // the document that the write makes; nil if only the server knows
	labels http.Header // what describes wanted
	guard  condition
	from   []byte // content of the version that guard names; nil if there is none or it is not known
	stamp  *stamp // nil: the write leaves no identifier

	// inForce reports whether the state shows what the write wanted. nil: no state can.
	inForce func(*state) (bool, error)
}

func (c *Client) request(ch *change) (*request, error) {
	r := &request{method: ch.method, url: ch.target, header: ch.header.Clone(), body: ch.body}
	return r, c.opts.Dialect.guard(r, ch.guard)
}

// newChange builds the write that makes content the state of the target. like holds
// the header fields that content was fetched with; g names the version that it was
// derived from, and from is that version's content.
func (c *Client) newChange(target string, f form, like http.Header, content []byte, g condition, from []byte) (*change, error) {
	h, err := c.writeHeader(target, f)
	if err != nil {
		return nil, err
	}
	ch := &change{method: http.MethodPut, target: target, header: h, guard: g, from: from}
	if !f.opaque() && c.opts.WriteID != "" {
		if ch.stamp, content, err = newStamp(c.writeID, content); err != nil {
			return nil, err
		}
	}
	ch.wanted, ch.body, ch.inForce = content, content, contained(f, c.opts.Dialect, from, content)
	describe(h, like, f)
	ch.labels = http.Header{}
	describe(ch.labels, h, f)
	if from != nil && !f.opaque() {
		if mediaType, patch := choosePatch(c.opts.PatchFormat, like.Values("Accept-Patch"), from, content); patch != nil {
			ch.method, ch.body = http.MethodPatch, patch
			h.Set("Content-Type", mediaType)
			h.Del("Content-Encoding")
		}
	}
	return ch, nil
}

// newPatch builds the write of a patch document of the caller's.
func (c *Client) newPatch(target string, f form, mediaType string, patch []byte, g condition, from []byte) (*change, error) {
	h, err := c.writeHeader(target, f)
	if err != nil {
		return nil, err
	}
	h.Set("Content-Type", mediaType)
	return &change{method: http.MethodPatch, target: target, header: h, guard: g, from: from,
		body: slices.Clone(patch), inForce: patched(f, c.opts.Dialect, from, mediaType, patch)}, nil
}

// newDeletion builds the deletion of the target.
func (c *Client) newDeletion(target string, f form, g condition, from []byte) (*change, error) {
	h, err := c.writeHeader(target, f)
	if err != nil {
		return nil, err
	}
	if c.opts.Header.Get("Prefer") == "" {
		h.Del("Prefer") // there will be no representation, and OData services refuse the wish
	}
	return &change{method: http.MethodDelete, target: target, header: h, guard: g, from: from}, nil
}

func (c *Client) writeHeader(target string, f form) (http.Header, error) {
	h, err := c.header(f)
	if err == nil {
		err = checkTarget(target)
	}
	if err == nil && h.Get("Prefer") == "" {
		h.Set("Prefer", "return=representation") // RFC 7240 §4.2
	}
	return h, err
}

// choosePatch returns the change as a patch document, or nil for it to be sent
// whole: no patch was asked for, or none of the formats can express the change. Of
// two that can, the smaller one is sent.
func choosePatch(format string, accepted []string, from, to []byte) (mediaType string, patch []byte) {
	offer := func(t string, p []byte, err error) {
		if err == nil && (patch == nil || len(p) < len(patch)) {
			mediaType, patch = t, p
		}
	}
	accepts := func(t string) bool {
		return format == t || format == patchAccepted && strings.Contains(strings.ToLower(strings.Join(accepted, ",")), t)
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
		if v == "" || len(v) > maxLabel || h.Get(k) != "" || k == "Content-Encoding" && slices.Contains(noCoding, strings.ToLower(v)) {
			continue
		}
		h.Set(k, v)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", f.mediaType())
	}
}

// contained returns a test for the difference between two contents being in force:
// the newest state is what it is with that difference applied.
func contained(f form, d *Dialect, from, to []byte) func(*state) (bool, error) {
	return func(now *state) (bool, error) {
		switch {
		case now.absent:
			return false, nil
		case bytes.Equal(now.content, to):
			return true, nil
		case f.opaque():
			return false, nil
		}
		newest := d.unversioned(now.content)
		merged, err := jsonmerge.Merge(d.unversioned(from), d.unversioned(to), newest, &jsonmerge.Options{AddAddObjects: true})
		if err != nil {
			return false, nil // it clashes, so it is not in force
		}
		return jsonmerge.Equal(merged, newest)
	}
}

// patched returns the test for a patch being in force, where its format tells.
func patched(f form, d *Dialect, from []byte, mediaType string, patch []byte) func(*state) (bool, error) {
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
