package ifmatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// mergedWrite runs the loop under a PUT that was refused: it fetches the newest version with the
// caller's own header fields, merges, and writes. The answer is the final one; if the conflict is
// not resolved, the one that refused last.
func (c *view) mergedWrite(
	req *http.Request, k trackKey, refused *http.Response, v *held, body []byte,
) (*http.Response, error) {
	known := knowledge{c.evidence(), c.opts.Dialect}
	known.condition = v.condition.form
	first := checkResponse(refused, known)
	var e *ResponseError
	if !errors.As(first, &e) {
		return refused, nil
	}
	body, mergeable := c.mergeable(v, body)
	if !mergeable {
		return refused, nil
	}
	h := req.Header.Clone()
	if a := v.request.Get("Accept"); a != "" {
		h.Set("Accept", a)
	}
	with := *c
	with.opts.Header = c.opts.Header.Clone()
	maps.Copy(with.opts.Header, h)
	u := &Representation[json.RawMessage]{Value: body, URL: req.URL.String(), ETag: ETag(v.condition.value),
		Content: v.content, Header: v.header}
	_, a, err := save(req.Context(), &with, u, c.opts.Plain.Merge, e)
	w := unitOf(req.Context())
	switch {
	case err == nil && a != nil:
		refused.Body.Close()
		resp := response(a, req)
		if w != nil {
			// The code above has not seen what was merged, so it cannot write from that.
			c.tracked().noteRead(k, w, &held{header: resp.Header, request: req.Header, blind: errUntold})
		}
		return resp, nil
	case errors.Is(err, ErrUncertain) || errors.Is(err, errCreatedAnew) || req.Context().Err() != nil:
		refused.Body.Close()
		return nil, err
	}
	var over *WriteError // its Cause may hold the answer to a GET, which is none to a PUT
	if errors.As(err, &over) && errors.As(over.Last, &e) && e != first {
		refused.Body.Close()
		return response(&answer{status: e.StatusCode, header: e.Header, body: e.Body, url: req.URL}, req), nil
	}
	return refused, nil
}

// mergeable returns the document that a plain PUT of body made of the version v, and whether a
// merge can start from it.
func (c *view) mergeable(v *held, body []byte) ([]byte, bool) {
	d := c.opts.Dialect
	switch {
	case !json.Valid(body) || !json.Valid(v.content):
		return nil, false
	case v.condition.form != byTag && v.condition.form != byVersion:
		return nil, false
	case d == nil:
		return body, true
	case d.Form != nil:
		return nil, false // what the caller sent is not the document, but its envelope
	case len(d.Member) == 0:
		return body, true
	}
	if own := d.versionIn(body); own != "" && own != v.condition.value {
		return nil, false // made from another version than the one kept here
	}
	shown, err := d.Member.Get(v.content)
	if err != nil {
		return body, true
	}
	if whole, err := d.Member.Set(body, shown); err == nil {
		return whole, true // a version that was left out is no change
	}
	return body, true
}

// response makes a response of net/http out of an answer that was read.
func response(a *answer, req *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.own(), http.StatusText(a.own())), StatusCode: a.own(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header, Request: req,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}
}
