package ifmatch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// CheckResponse returns nil for an answer of success or redirection, and otherwise a
// [ResponseError] as [Get] and [Put] return it: with its [Kind], its [Problem] and what that says.
// It reads the content, up to 64 KiB, and puts it back into the response, which stays the caller's
// to close.
//
// Of a response that came through [Client.Do] or [Client.HTTPClient] it knows what the client knows
// ([Options].ProblemKinds, the [Dialect], the condition that was added), and so names the same kind
// as a typed call would.
func CheckResponse(resp *http.Response) error {
	in := evidence{}
	if resp.Request != nil {
		in, _ = resp.Request.Context().Value(evidenceKey{}).(evidence)
	}
	return checkResponse(resp, in)
}

// evidenceKey finds, in the context of a response's request, what the client knows about refusals.
type evidenceKey struct{}

// withEvidence lets CheckResponse find what the client knows.
func (c *view) withEvidence(resp *http.Response, condition preconditionForm) {
	if resp == nil || resp.StatusCode < http.StatusBadRequest {
		return
	}
	req := resp.Request
	if req == nil {
		return
	}
	in := c.evidence()
	in.condition = condition
	resp.Request = req.WithContext(context.WithValue(req.Context(), evidenceKey{}, in))
}

// checkResponse is CheckResponse with what only the client knows about the request.
func checkResponse(resp *http.Response, in evidence) error {
	if resp.StatusCode < 400 {
		return nil
	}
	limited := io.LimitReader(resp.Body, maxErrorBody+1)
	body, _ := io.ReadAll(limited) // what there is of it decides nothing
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), rest}
	truncated := len(body) > maxErrorBody
	target := (*http.Request)(nil)
	if target = resp.Request; target == nil {
		target = &http.Request{}
	}
	in.method, in.idempotencyKey = target.Method, asksForReplay(target.Header)
	if in.condition == unconditional {
		in.condition = preconditionOf(target.Header).form
	}
	body = body[:min(len(body), maxErrorBody)]
	return newResponseError(in, target.URL, resp.StatusCode, resp.Header, body, truncated, time.Now())
}
