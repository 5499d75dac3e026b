package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Options say how to probe, and how far. The zero value, and nil, only read.
type Options struct {
	// HTTPClient sends the requests; a copy is used, which follows no redirects. The default is a
	// client of net/http.
	HTTPClient *http.Client

	// Header is added to every request: Authorization, Accept. Conditions, Range and
	// Accept-Encoding are refused, as the probe sets them itself.
	Header http.Header

	// Disposable says that the resource may be written to, and that nobody needs it: its content is
	// written again, several times, and may be lost. See the package documentation for what is
	// sent.
	Disposable bool

	// Unguarded, together with Disposable, also sends one PUT without any condition, to see whether
	// the server asks for one (428, RFC 6585 §3).
	Unguarded bool

	// MaxBody is how many bytes of an answer are read; default 1 MiB. A resource that is larger is
	// not written to.
	MaxBody int64

	// Timeout is for one request, until its answer is read; default HTTPClient.Timeout or 30 s.
	Timeout time.Duration
}

// Run probes the resource at target, an http or https URL, and reports what it found. The resource
// has to exist.
//
// The error says why the run ended before its end: the context, a server that does not answer, 429
// or 503, a first GET that is not 200 or 203 (then it is an [ifmatch.ResponseError]), options that
// make no sense. The report is not nil if anything was sent, and holds what was learnt until then.
// What was written is put back also when the context has ended, for which it takes three requests
// at most.
//
// Run may be called concurrently, but not for the same disposable resource: two runs would be each
// other's rival.
func Run(ctx context.Context, target string, o *Options) (*Report, error) {
	p, err := newProber(target, o)
	if err != nil {
		return nil, err
	}
	first, err := p.read(ctx)
	switch {
	case err != nil:
	case p.options.Disposable:
		err = p.write(ctx, first)
	}
	p.report.Findings = judge(p.report)
	return p.report, err
}

// reserved are the request fields that the probe sets itself (RFC 9110 §13.1, §12.5.3).
var reserved = []string{
	"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range", "Accept-Encoding",
}

func newProber(target string, o *Options) (*prober, error) {
	if o == nil {
		o = new(Options)
	}
	p := &prober{options: *o, header: http.Header{}, report: new(Report), client: new(http.Client)}
	// The representation that ifmatch would get: its own Accept and Accept-Encoding.
	p.header.Set("Accept", "application/json, application/problem+json, */*;q=0.1")
	p.header.Set("Accept-Encoding", "identity")
	for k, v := range o.Header {
		k = http.CanonicalHeaderKey(k)
		if slices.Contains(reserved, k) {
			return nil, fmt.Errorf("probe: Options.Header holds %s, which the probe sets itself", k)
		}
		p.header[k] = slices.Clone(v)
	}
	if o.Unguarded && !o.Disposable {
		return nil,
			errors.New("probe: Options.Unguarded needs Disposable: a write without a condition may overwrite anything")
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("probe: the target is not an absolute http or https URL")
	}
	u.Fragment, u.RawFragment = "", ""
	p.target = u
	if o.HTTPClient != nil {
		*p.client = *o.HTTPClient
	}
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if p.options.Timeout <= 0 {
		p.options.Timeout = p.client.Timeout
	}
	if p.options.Timeout <= 0 {
		p.options.Timeout = 30 * time.Second
	}
	if p.options.MaxBody <= 0 {
		p.options.MaxBody = 1 << 20
	}
	return p, nil
}
