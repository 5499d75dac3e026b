package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"

	"github.com/ifmatch-go/ifmatch"
)

const (
	maxRequests = 29 // of one run
	keptBack    = 3  // of these, for putting back what was found: look, write, look
	maxFailed   = 3  // exchanges without an answer, then the run ends
)

// prober makes the exchanges of one run, one after the other.
type prober struct {
	client  *http.Client
	options Options
	header  http.Header // of every request
	target  *url.URL
	report  *Report

	putsBack bool // the requests that are kept back may be used now
	failed   int
}

// request is one request of a run, apart from what all have in common.
type request struct {
	method  string
	purpose string // for people
	set     [][2]string
	content []byte
}

// left is how many requests there still may be.
func (p *prober) left() int {
	left := maxRequests - len(p.report.Exchanges)
	if !p.putsBack {
		left -= keptBack
	}
	return left
}

// send makes one exchange and enters it into the report. An exchange that failed is an answer too,
// of status 0; an error ends the run.
func (p *prober) send(ctx context.Context, r request) (*answer, error) {
	if p.left() <= 0 {
		return nil, errors.New("probe: stopped after as many requests as one run may make")
	}
	a := p.exchange(ctx, r)
	condition := ""
	for _, f := range r.set {
		if _, ok := conditionFields[f[0]]; ok {
			condition = f[0] + ": " + f[1]
		}
	}
	p.report.Exchanges = append(p.report.Exchanges, Exchange{
		Method: r.method, Purpose: r.purpose, Condition: condition,
		Status: a.status, ETag: ifmatch.ETag(a.header.Get("ETag")), Err: a.err,
	})
	switch {
	case a.err == nil && (a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable):
		return nil, &failure{"the server asks for patience", a.refusal()}
	case a.err == nil:
		return a, nil
	case ctx.Err() != nil:
		return nil, &failure{"stopped", context.Cause(ctx)}
	}
	if p.failed++; p.failed >= maxFailed {
		return nil, &failure{fmt.Sprintf("%d requests without an answer, the last one", p.failed), a.err}
	}
	return a, nil
}

var conditionFields = map[string]bool{"If-Match": true, "If-None-Match": true, "If-Unmodified-Since": true}

func (p *prober) exchange(ctx context.Context, r request) *answer {
	ctx, cancel := context.WithTimeout(ctx, p.options.Timeout)
	defer cancel()
	var body io.Reader
	if r.content != nil {
		body = bytes.NewReader(r.content)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, p.target.String(), body)
	if err != nil {
		return &answer{err: err}
	}
	req.Header = maps.Clone(p.header)
	for _, f := range r.set {
		req.Header[f[0]] = []string{f[1]}
	}
	resp, err := p.client.Do(req)
	if err != nil {
		var inURL *url.Error // its text has the URL, with a query that may be secret
		if errors.As(err, &inURL) {
			err = inURL.Err
		}
		return &answer{err: err}
	}
	defer resp.Body.Close()
	resp.Request = req // a RoundTripper may forget it
	content, err := io.ReadAll(io.LimitReader(resp.Body, p.options.MaxBody+1))
	a := &answer{status: resp.StatusCode, header: resp.Header, response: resp, content: content}
	if int64(len(content)) > p.options.MaxBody {
		a.content, a.cut = content[:p.options.MaxBody], true
	}
	if err != nil {
		return &answer{err: fmt.Errorf("the answer broke off: %w", err)}
	}
	return a
}

// answer is what came back, read to its end or to MaxBody.
type answer struct {
	status   int // 0: none, see err
	header   http.Header
	content  []byte
	cut      bool // there is more content
	response *http.Response
	err      error
}

// again returns the answer as net/http would return it.
func (a *answer) again() *http.Response {
	r := *a.response
	r.Body = io.NopCloser(bytes.NewReader(a.content))
	return &r
}

// refusal is the answer as ifmatch classifies it; nil if it refused nothing.
func (a *answer) refusal() *ifmatch.ResponseError {
	var e *ifmatch.ResponseError
	if a.response != nil {
		errors.As(ifmatch.CheckResponse(a.again()), &e)
	}
	return e
}

// validators are what ifmatch would guard a write with if it had read this answer. ifmatch is asked
// and not imitated, so that its rules for tags and dates stand in one place.
func (a *answer) validators(ctx context.Context) (ifmatch.ETag, string) {
	client := ifmatch.New(&ifmatch.Options{
		HTTPClient:  &http.Client{Transport: replay{a}},
		MaxAttempts: 1, MaxBody: int64(len(a.content)) + 1,
	})
	u, err := ifmatch.Get[[]byte](ctx, client, "http://replayed.invalid/")
	if err != nil {
		return "", ""
	}
	return u.ETag, u.LastModified
}

// replay is a transport that returns an answer again, and sends nothing.
type replay struct{ *answer }

func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := r.again()
	resp.Request, resp.Header = req, resp.Header.Clone()
	return resp, nil
}

// failure says why a run ended, on one line of bounded length whatever the cause's text is.
type failure struct {
	context string
	err     error
}

func (f *failure) Error() string { return "probe: " + f.context + ": " + printable(f.err.Error(), 300) }
func (f *failure) Unwrap() error { return f.err }
