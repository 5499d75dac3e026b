package ifmatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Options configure a [Client], or vary one ([Client.With]). Zero fields mean the
// defaults; in the limits, a negative number means the least possible.
type Options struct {
	// HTTPClient sends the requests. A copy is used, with redirects decided here
	// and, if it has none, a Timeout of 30 s for each attempt. Authentication,
	// cookies and tracing belong into it. One client is one identity: use another
	// Client for other credentials. The default is a client of net/http.
	HTTPClient *http.Client

	// Header is added to every request. Accept, Prefer and Content-Type replace
	// what would be sent otherwise; conditions (If-Match and its like) are refused.
	Header http.Header

	// StripWeakTags sends W/"x" as "x" in If-Match, for servers behind a proxy that
	// weakens tags; RefuseWeakTags counts a weak tag as none. By default a weak tag
	// goes back as it came, which OData, FHIR and others demand, though RFC 9110
	// §13.1.1 lets it match nothing.
	StripWeakTags, RefuseWeakTags bool

	// AllowLostUpdates lets a write go out without any condition when the resource
	// has no usable validator. Somebody else's change may then be lost. By default
	// such a write fails with ErrNoValidator before a byte is sent.
	AllowLostUpdates bool

	// AllowDoubleApply lets Update and Save go on after a write whose outcome could
	// not be learnt, as if it had not taken effect. If it had, an edit such as an
	// increment counts twice. By default the call ends with ErrUncertain.
	AllowDoubleApply bool

	// CreateIfAbsent makes Update create a resource that does not exist: the edit
	// gets a zero value, and the write carries If-None-Match: *.
	CreateIfAbsent bool

	// Keys tells by which members the elements of an array are recognised when
	// elements were inserted, removed or moved: a JSON Pointer to the array, in which
	// * stands for any name or index, and the names of the members, for example
	// "/spec/containers": {"name"}. Arrays that are not listed are matched by content.
	Keys map[string][]string

	// Rules tells ThreeWay how members are merged, by JSON Pointer, for documents whose
	// types have no struct tags; they come after the tags, and hold where both speak.
	Rules jsonmerge.Rules

	// Identity is a JSON Pointer to a member that a resource keeps for life, such as
	// "/metadata/uid". A newer version with another value there was deleted and
	// created again: Recreated.
	Identity string

	// WriteID is a JSON Pointer to a member in which every write but Patch and Delete
	// leaves an identifier of its own, so that a write whose response was lost is recognised.
	// Where the member is an array, the newest 32 identifiers are kept, and the write
	// is recognised even after others have written.
	WriteID string

	// PatchFormat makes Put, Update and Save send their change as a patch (RFC 5789)
	// and not whole: "application/merge-patch+json", "application/json-patch+json", or
	// "accepted" for the one that the resource's Accept-Patch field names (the smaller
	// document, if both). A change that the format cannot express, such as a
	// null to be set by a merge patch, is sent whole. Patches are guarded as PUTs are.
	PatchFormat string

	// Dialect tells how the server carries versions, if not as RFC 9110 says.
	Dialect *Dialect

	// Routes varies the options for the URLs that a pattern of [http.ServeMux] matches:
	// "/users/{id}", "PUT api.example.com/orders/". They replace the client's own as in
	// [Client.With], for typed calls and for plain HTTP alike. A pattern with a
	// method applies to the calls that write with that method, or read with GET.
	Routes map[string]*Options

	// RequireCondition refuses writes through plain HTTP ([Client.HTTPClient]) of a URL
	// that was not read before, and that therefore nothing guards.
	RequireCondition bool

	// Merge resolves the conflicts of PUTs with JSON content through plain HTTP,
	// under the code that makes them: ThreeWay[json.RawMessage], for example. Nil: the
	// refusal is the answer. Reads are kept in memory for it.
	Merge MergeFunc[json.RawMessage]

	// Rows finds, in the content of a collection that was read through plain HTTP, the
	// members' URLs (relative to the collection's) and their entity tags.
	Rows func(collection *url.URL, content []byte) map[string]string

	// ProblemKinds tells what the problem types of an API mean for the loop.
	ProblemKinds map[ProblemType]Kind

	// OnConflict is asked about a refusal (4xx) that fetching again does not cure: a
	// name that is taken, a state that does not fit, a lock. It may change what the edit
	// works with, or put the obstacle away, and return nil: then the newest state is
	// fetched and the edit or merge asked again. The error that it returns otherwise
	// ends the call. It counts as a round, and runs on the caller's goroutine.
	OnConflict func(context.Context, *ResponseError) error

	MaxRounds   int           // rounds (edit or merge, and write) of one call; default 20
	MaxElapsed  time.Duration // no round begins later than this after the call did; default 2 min, negative: no such limit
	MaxAttempts int           // attempts of one exchange, the first included; default 5
	MaxWait     time.Duration // longest single wait, asked for by Retry-After or not; default 30 s
	MaxBody     int64         // bytes of content read, after decompression; default 64 MiB
	MaxTracked  int           // resources whose versions plain HTTP remembers, set by New only; default 10,000. Their contents, kept for Merge, are bounded at 64 MiB
	Timeout     time.Duration // of one attempt, until the answer is read; default HTTPClient.Timeout or 30 s
}

// Patch formats that a change can be sent in.
const (
	patchAccepted = "accepted"                     // whichever the server takes
	jsonPatch     = "application/json-patch+json"  // RFC 6902
	mergePatch    = "application/merge-patch+json" // RFC 7396
)

// Client sends conditional requests. The zero value and a nil *Client have the
// default Options. For typed calls it holds no validators: they travel with the values;
// what it tracks for plain HTTP is bounded. A Client is safe for concurrent use.
type Client struct {
	opts     Options
	tags     tagPolicy
	sender   *sender
	ledger   *ledger
	routes   *http.ServeMux     // of *Client as handlers; nil: none
	views    map[string]*Client // the same by pattern
	identity jsonmerge.Pointer
	writeID  jsonmerge.Pointer
	invalid  error // what is wrong with opts; every call returns it
}

// New returns a client with the given options; nil means the defaults.
func New(o *Options) *Client { return new(Client).With(o) }

// With returns a view of the client in which the options that are set in o replace
// the client's own, for one call or for many: it shares the connections.
//
//	ifmatch.Update(ctx, client.With(&ifmatch.Options{CreateIfAbsent: true}), url, edit)
//
// Header fields are replaced one by one.
func (c *Client) With(o *Options) *Client {
	if o == nil {
		o = new(Options)
	}
	var opts Options
	if c != nil {
		opts = c.opts
	}
	set(&opts.HTTPClient, o.HTTPClient)
	if len(o.Header) > 0 {
		opts.Header = opts.Header.Clone()
		if opts.Header == nil {
			opts.Header = http.Header{}
		}
		for k, v := range o.Header {
			opts.Header[http.CanonicalHeaderKey(k)] = slices.Clone(v)
		}
	}
	set(&opts.StripWeakTags, o.StripWeakTags)
	set(&opts.RefuseWeakTags, o.RefuseWeakTags)
	set(&opts.AllowLostUpdates, o.AllowLostUpdates)
	set(&opts.AllowDoubleApply, o.AllowDoubleApply)
	set(&opts.CreateIfAbsent, o.CreateIfAbsent)
	if o.Keys != nil {
		opts.Keys = maps.Clone(o.Keys)
	}
	if o.Rules.Len() > 0 {
		opts.Rules = o.Rules
	}
	set(&opts.Identity, o.Identity)
	set(&opts.WriteID, o.WriteID)
	set(&opts.PatchFormat, o.PatchFormat)
	set(&opts.RequireCondition, o.RequireCondition)
	set(&opts.MaxTracked, o.MaxTracked)
	if o.Routes != nil {
		opts.Routes = maps.Clone(o.Routes)
	}
	if o.Merge != nil {
		opts.Merge = o.Merge
	}
	if o.Rows != nil {
		opts.Rows = o.Rows
	}
	set(&opts.Dialect, o.Dialect)
	if o.ProblemKinds != nil {
		opts.ProblemKinds = maps.Clone(o.ProblemKinds)
	}
	if o.OnConflict != nil {
		opts.OnConflict = o.OnConflict
	}
	set(&opts.MaxRounds, o.MaxRounds)
	set(&opts.MaxElapsed, o.MaxElapsed)
	set(&opts.MaxAttempts, o.MaxAttempts)
	set(&opts.MaxWait, o.MaxWait)
	set(&opts.MaxBody, o.MaxBody)
	set(&opts.Timeout, o.Timeout)

	v := &Client{opts: opts}
	v.identity = v.pointer("Identity", opts.Identity)
	v.writeID = v.pointer("WriteID", opts.WriteID)
	if f := opts.PatchFormat; f != "" && f != patchAccepted && f != jsonPatch && f != mergePatch {
		v.invalid = fmt.Errorf("ifmatch: Options.PatchFormat: %s is not a format that a patch can be made in", quote(f))
	}
	for k := range opts.Header {
		if slices.Contains(conditionFields, k) {
			v.invalid = fmt.Errorf("ifmatch: Options.Header holds %s: conditions are set here alone", k)
		}
	}
	switch {
	case opts.RefuseWeakTags:
		v.tags = weakRefuse
	case opts.StripWeakTags:
		v.tags = weakStrip
	}
	v.sender = newSender(sending{
		client: opts.HTTPClient, timeout: opts.Timeout,
		maxAttempts: limit(opts.MaxAttempts, 5, 1),
		maxWait:     limit(opts.MaxWait, 30*time.Second, 0),
		maxBody:     limit(opts.MaxBody, 64<<20, 0),
	})
	if c != nil && c.ledger != nil && o.HTTPClient == nil {
		v.ledger = c.ledger
	} else {
		v.ledger = newLedger(limit(opts.MaxTracked, 10_000, 1), 64<<20) // another client, another identity
	}
	if len(opts.Routes) > 0 {
		v.addRoutes()
	}
	return v
}

// addRoutes prepares the view of the client that each route is.
func (c *Client) addRoutes() {
	plain := *c
	plain.opts.Routes, plain.routes = nil, nil
	c.routes, c.views = http.NewServeMux(), map[string]*Client{}
	for pattern, o := range c.opts.Routes {
		view := plain.With(o)
		view.opts.Routes, view.routes = nil, nil
		if view.invalid != nil {
			c.invalid = fmt.Errorf("ifmatch: Options.Routes[%s]: %w", quote(pattern), view.invalid)
		}
		func() {
			defer func() {
				if p := recover(); p != nil { // the only way in which ServeMux refuses a pattern
					c.invalid = fmt.Errorf("ifmatch: Options.Routes: %s", oneLine(fmt.Errorf("%v", p)))
				}
			}()
			c.routes.Handle(pattern, route{view})
			c.views[pattern] = view
		}()
	}
}

// route makes a handler of a client, for ServeMux to find.
type route struct{ client *Client }

func (route) ServeHTTP(http.ResponseWriter, *http.Request) {}

// at returns the client as it is for a request with this method and target.
func (c *Client) at(method string, target *url.URL) *Client {
	if c.routes == nil || target == nil {
		return c
	}
	h, pattern := c.routes.Handler(&http.Request{Method: method, Host: target.Host, URL: target})
	if r, ok := h.(route); ok {
		return r.client
	}
	if view, ok := c.views[pattern]; ok { // a path with // or .. in it, which ServeMux would redirect
		return view
	}
	return c
}

// to is at for a typed call; a target that is no URL is refused later.
func (c *Client) to(method, target string) *Client {
	c = c.ready()
	u, err := url.Parse(target)
	if err != nil {
		return c
	}
	return c.at(method, u)
}

func (c *Client) pointer(option, text string) jsonmerge.Pointer {
	p, err := jsonmerge.ParsePointer(text)
	if err != nil {
		c.invalid = fmt.Errorf("ifmatch: Options.%s: %w", option, err)
	}
	return p
}

// set replaces *p unless v is the zero value.
func set[V comparable](p *V, v V) {
	if v != *new(V) {
		*p = v
	}
}

// limit reads a limit of the Options: 0 is the default, a negative one the least.
func limit[V int | int64 | time.Duration](v, standard, least V) V {
	switch {
	case v == 0:
		return standard
	case v < 0:
		return least
	}
	return v
}

var defaultClient = sync.OnceValue(func() *Client { return New(nil) })

// ready returns a client that can be used: a nil or zero one has the defaults.
func (c *Client) ready() *Client {
	if c == nil || c.sender == nil {
		return defaultClient()
	}
	return c
}

func (c *Client) rules() rules { return rules{keys: c.opts.Keys, merge: c.opts.Rules} }

// header returns the fields that every request for values of this form carries,
// reads and writes alike: a precondition is evaluated against the representation
// that the write's own fields select (RFC 9110 §13.1, §12.5).
func (c *Client) header(f form) (http.Header, error) {
	h := http.Header{}
	h.Set("Accept", f.accept())
	// The entity tag of a compressed form is not the resource's: net/http would ask
	// for gzip on its own, and If-Match would never match (RFC 9110 §8.8.3.3).
	h.Set("Accept-Encoding", "identity")
	for k, v := range c.opts.Header {
		h[k] = slices.Clone(v)
	}
	return h, c.invalid
}

// exchange sends one request and reads the answer. Only an unsafe request that is
// redirected within its origin with its method kept (307, 308) goes on from here.
func (c *Client) exchange(ctx context.Context, r *request, log *attemptLog) (*reply, error) {
	for hops := 0; ; hops++ {
		a, err := c.sender.send(ctx, r, log)
		if err != nil || r.safe() || hops >= maxRedirects {
			return a, err
		}
		if a.status != http.StatusTemporaryRedirect && a.status != http.StatusPermanentRedirect {
			return a, nil
		}
		to, err := a.url.Parse(a.header.Get("Location"))
		if err != nil || a.header.Get("Location") == "" || !sameOrigin(to, a.url) {
			return a, nil // surfaces as the 3xx that it is
		}
		if c.opts.Dialect.guards() && to.RawQuery != a.url.RawQuery {
			return a, nil // the condition may be in the query
		}
		next := *r
		next.url = to.String()
		r = &next
	}
}

// refusal makes the typed error of an answer that is not a success.
func (c *Client) refusal(r *request, a *reply) *ResponseError {
	e := newResponseError(evidence{
		method: r.method, sent: r.sent, idempotencyKey: asksForReplay(r.header),
		status: a.status, types: c.opts.ProblemKinds,
	}, a.url, a.status, a.header, a.body, a.truncated, time.Now())
	e.Kind = c.opts.Dialect.kind(e, r.sent)
	return e
}

// state is what a fetch found.
type state struct {
	absent  bool // 404 or 410
	answer  *reply
	content []byte
	tag     ETag
	tagNote string // why there is no usable tag, if one was sent
	date    string // Last-Modified, if strong
	missing *ResponseError
}

// fetch gets the current state. A fresh one bypasses the caches on the way as far
// as they let it (RFC 9111 §5.2.1.4): after a refusal, a cache may still hold
// the very version that was refused.
func (c *Client) fetch(ctx context.Context, target string, f form, fresh bool, log *attemptLog) (*state, error) {
	h, err := c.header(f)
	if err == nil {
		err = checkTarget(target)
	}
	if err != nil {
		return nil, err
	}
	if fresh {
		h.Set("Cache-Control", "no-cache")
		h.Set("Pragma", "no-cache")
	}
	r := &request{method: http.MethodGet, url: target, header: h}
	a, err := c.exchange(ctx, r, log)
	if err != nil {
		if a != nil && a.status/100 != 2 {
			err = errors.Join(err, c.refusal(r, a))
		}
		return nil, failed(err, "ifmatch: GET %s", redact(target))
	}
	switch a.status {
	case http.StatusOK:
		s := &state{answer: a, content: a.body}
		if d := c.opts.Dialect; d != nil && d.Read != nil {
			s.content, s.tag, err = d.read(http.MethodGet, a, nil)
			return s, err
		}
		s.tag, s.tagNote = selectETag(a.header, a.trailer)
		s.date, _ = strongLastModified(a.header)
		return s, nil
	case http.StatusNonAuthoritativeInfo:
		// A proxy changed the content on its way; the validators are the origin's and
		// describe something else (RFC 9110 §15.3.4).
		return &state{answer: a, content: a.body, tagNote: "a proxy transformed the content (203)"}, nil
	case http.StatusNotFound, http.StatusGone:
		return &state{absent: true, answer: a, missing: c.refusal(r, a)}, nil
	}
	return nil, c.refusal(r, a)
}

// guard returns the condition under which a write that was derived from s may take
// effect. Without one it is an error, unless the caller takes the risk.
func (c *Client) guard(absent bool, tag ETag, date, note string) (condition, error) {
	d := c.opts.Dialect
	switch {
	case absent:
		return d.createOnly(), nil
	case d.guards() && tag != "":
		return condition{versionField, string(tag)}, nil
	}
	// A Representation can be rebuilt by hand, from a form for example: what is not
	// a tag must not become a condition that holds always, or several header fields.
	if tag != "" {
		if why := unusableETag(string(tag)); why != "" {
			return condition{}, fmt.Errorf("%w: %s", ErrNoValidator, why)
		}
	}
	if date != "" {
		if _, err := http.ParseTime(date); err != nil {
			return condition{}, fmt.Errorf("%w: LastModified %s is not an HTTP-date", ErrNoValidator, quote(date))
		}
	}
	g, err := c.tags.guard(tag, date)
	switch {
	case err == nil:
	case c.opts.AllowLostUpdates:
		return condition{}, nil
	case note != "":
		err = fmt.Errorf("%w: %s", err, note)
	case tag != "":
		err = fmt.Errorf("%w: the entity tag is weak, and weak tags are refused", err)
	default:
		err = fmt.Errorf("%w: neither an ETag nor a Last-Modified older than the answer's Date", err)
	}
	return g, err
}

func (c *Client) guardOf(s *state) (condition, error) {
	return c.guard(s.absent, s.tag, s.date, s.tagNote)
}

// holds reports whether the version that g names is still the current one, as far
// as validators tell.
func (c *Client) holds(g condition, s *state) bool {
	if g == (condition{}) {
		return false
	}
	now, err := c.guardOf(s)
	return err == nil && now == g
}

// representation makes the typed form of a fetched state.
func representation[T any](s *state) (*Representation[T], error) {
	v, err := decode[T](s.content)
	if err != nil {
		return nil, failed(err, "ifmatch: GET %s: decoding %s content", redactURL(s.answer.url), mediaTypeText(s.answer.header))
	}
	return &Representation[T]{
		Value: v, URL: s.answer.url.String(), ETag: s.tag, LastModified: s.date,
		Content: s.content, Header: s.answer.header,
	}, nil
}

func mediaTypeText(h http.Header) string {
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if t == "" {
		return "untyped"
	}
	return quote(t)
}

// Get fetches the resource at url and decodes it. The result holds what a write
// needs to be safe: change its Value and give it to [Save], [Put], [Patch] or
// [Delete].
//
// The content is asked for without compression (Accept-Encoding: identity), whose
// entity tag would not be the resource's. Broken connections and answers that ask
// for patience (408, 429, 500, 502, 503, 504) are tried again, with full
// jitter or after Retry-After, MaxAttempts times in all. Redirects are followed within
// the origin. Any other answer than 200 or 203 is a [ResponseError]; a 203 has no
// validator to rely on.
func Get[T any](ctx context.Context, c *Client, url string) (*Representation[T], error) {
	c = c.to(http.MethodGet, url)
	s, err := c.fetch(ctx, url, formOf[T](), false, new(attemptLog))
	if err != nil {
		return nil, err
	}
	if s.absent {
		return nil, s.missing
	}
	return representation[T](s)
}

// redact leaves out of a URL what may be secret: user information, query values
// and the fragment.
func redact(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "an invalid URL"
	}
	return redactURL(u)
}

// checkTarget returns an error unless the target is a URL that a request can be sent to.
func checkTarget(target string) error {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("ifmatch: %s is not an absolute http or https URL", redact(target))
	}
	return nil
}
