package ifmatch

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"time"
)

// CheckResponse returns nil for an answer of success or redirection, by its status or by what the
// [Dialect] says that it means, and otherwise a [ResponseError] as [Get] and [Put] return it: with
// its [Kind], its [Problem] and what that says. It reads the content, up to 64 KiB, and puts it
// back into the response, which stays the caller's to close.
//
// Of a response that came through [Client.Do] or [Client.HTTPClient] it knows what the client knows
// ([Options].ProblemKinds, the [Dialect], the condition that was added), and so names the same kind
// as a typed call would.
func CheckResponse(resp *http.Response) error {
	known := knowledge{}
	if resp.Request != nil {
		known, _ = resp.Request.Context().Value(knowledgeKey{}).(knowledge)
	}
	return checkResponse(resp, known)
}

// knowledge is what the client knows about an answer to other code.
type knowledge struct {
	evidence
	spoken *Dialect
}

// knowledgeKey finds it in the context of a response's request.
type knowledgeKey struct{}

// withEvidence lets CheckResponse find what the client knows.
func (c *view) withEvidence(resp *http.Response, condition preconditionForm) {
	d := c.opts.Dialect
	if resp == nil || resp.StatusCode < http.StatusBadRequest && (d == nil || d.Status == nil) {
		return
	}
	req := resp.Request
	if req == nil {
		return
	}
	known := knowledge{c.evidence(), d}
	known.condition = condition
	resp.Request = req.WithContext(context.WithValue(req.Context(), knowledgeKey{}, known))
}

// checkResponse is CheckResponse with what only the client knows about the request.
func checkResponse(resp *http.Response, known knowledge) error {
	in, d := known.evidence, known.spoken
	if resp.StatusCode < 400 && (d == nil || d.Status == nil) {
		return nil
	}
	body, truncated := peek(resp)
	if status := d.means(resp, body); status != resp.StatusCode && !truncated {
		in.meaning = status
	}
	if cmp.Or(in.meaning, resp.StatusCode) < 400 {
		return nil
	}
	target := (*http.Request)(nil)
	if target = resp.Request; target == nil {
		target = &http.Request{}
	}
	in.method, in.idempotencyKey = target.Method, asksForReplay(target.Header)
	if in.condition == unconditional {
		in.condition = preconditionOf(target.Header).form
	}
	return newResponseError(in, target.URL, resp.StatusCode, resp.Header, body, truncated, time.Now())
}

// peek reads the content of a response, up to 64 KiB, and puts it back. What there is of a broken
// one decides nothing.
func peek(resp *http.Response) (content []byte, truncated bool) {
	content, _ = io.ReadAll(io.LimitReader(resp.Body, maxErrorBody+1))
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(content), rest), rest}
	return content[:min(len(content), maxErrorBody)], len(content) > maxErrorBody
}
