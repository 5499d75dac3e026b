package ifmatch

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Client sends conditional requests. The zero value and a nil *Client have the default Options. For
// typed calls it holds no validators: they travel with the values; what it tracks for plain HTTP is
// bounded. A Client is safe for concurrent use.
type Client struct {
	given  *Options       // of New; nil in a variation
	parent *Client        // of a variation
	vary   func(*Options) // the variation; nil in a client of New

	once  sync.Once
	base  *view // where no route applies; see settled
	mu    sync.Mutex
	views map[string]*view // of routes, by pattern
}

// New returns a client with the given options; nil means the defaults.
func New(o *Options) *Client {
	if o == nil {
		o = new(Options)
	}
	given := o.clone()
	c := &Client{given: &given}
	base := c.settled()
	for pattern := range base.opts.Routes {
		if v := c.viewOf(pattern); v.invalid != nil && base.invalid == nil {
			base.invalid = fmt.Errorf("ifmatch: Options.Routes[%s]: %w", quote(pattern), v.invalid)
		}
	}
	return c
}

// With returns a variation of the client, for one call or for many: change gets a copy of the
// options and changes it. The variation shares the connections, and costs next to nothing until it
// is used.
//
//	ifmatch.Update(ctx, client.With(func(o *ifmatch.Options) { o.CreateIfAbsent = true }), url, edit)
//
// change must do nothing but change its argument: it runs when the variation is first used, and
// once for each route that is used, after the route's own function. The maps in the copy are never
// nil. A nil change changes nothing.
func (c *Client) With(change func(*Options)) *Client {
	if change == nil {
		return c.ready()
	}
	return &Client{parent: c.ready(), vary: change}
}

var defaultClient = sync.OnceValue(func() *Client { return New(nil) })

// ready returns a client that can be used: a nil or zero one has the defaults.
func (c *Client) ready() *Client {
	if c == nil || c.given == nil && c.parent == nil {
		return defaultClient()
	}
	return c
}

// view is a Client with its options settled, for the requests of one route or of none. Everything
// that sends requests works on it.
type view struct {
	opts     Options
	weakTags weakTags
	sender   *sender
	kept     *keep   // of the identity
	routes   *routes // of the client; nil: none
	identity jsonmerge.Pointer
	writeID  idPlace
	servers  []jsonmerge.Pointer // the members that the server keeps for itself
	invalid  error               // what is wrong with opts; every call returns it
}

// keep holds what plain HTTP remembers for one identity, made when it is first needed.
type keep struct {
	once sync.Once
	what any
}

// settled returns the view of the client where no route applies.
func (c *Client) settled() *view {
	c.once.Do(func() {
		c.views = map[string]*view{}
		if c.parent == nil {
			c.base = newView(c.options(""), nil)
			return
		}
		c.base = newView(c.options(""), c.parent.settled())
	})
	return c.base
}

// viewOf returns the view of the client on a route; "" is none.
func (c *Client) viewOf(pattern string) *view {
	base := c.settled()
	if _, ok := base.opts.Routes[pattern]; !ok {
		return base
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.views[pattern]
	if v == nil {
		v = newView(c.options(pattern), base)
		c.views[pattern] = v
	}
	return v
}

// options applies to the options that New was given first the change of a route, if there is one,
// and then the variations, the oldest first.
func (c *Client) options(pattern string) Options {
	var variations []*Client
	root := c
	for ; root.parent != nil; root = root.parent {
		variations = append(variations, root)
	}
	o := root.given.clone()
	if pattern != "" {
		if change := c.settled().opts.Routes[pattern]; change != nil {
			change(&o)
		}
	}
	for _, v := range slices.Backward(variations) {
		v.vary(&o)
	}
	return o
}

// newView settles options. It shares with like, if there is one, what they have in common.
func newView(o Options, like *view) *view {
	o.Header = canonical(o.Header)
	v := &view{opts: o, weakTags: o.weakTags(), invalid: o.check()}
	var err error
	if v.identity, err = jsonmerge.ParsePointer(o.Identity); err != nil {
		v.invalid = fmt.Errorf("ifmatch: Options.Identity: %w", err)
	}
	if v.writeID, err = newIDPlace(o.WriteID, limit(o.WriteIDs, defaultWriteIDs, 1)); err != nil {
		v.invalid = fmt.Errorf("ifmatch: Options.WriteID: %w", err)
	}
	v.servers = slices.Clone(o.Dialect.serverMembers())
	for _, text := range o.ServerMembers {
		p, err := jsonmerge.ParsePointer(text)
		if err != nil {
			v.invalid = fmt.Errorf("ifmatch: Options.ServerMembers: %w", err)
		}
		v.servers = append(v.servers, p)
	}
	if how := o.sending(); like != nil && like.sender.sending == how {
		v.sender = like.sender
	} else {
		v.sender = newSender(how)
	}
	if like != nil && like.opts.HTTPClient == o.HTTPClient {
		v.kept = like.kept
	} else {
		v.kept = new(keep) // another client, another identity
	}
	if like != nil && samePatterns(like.opts.Routes, o.Routes) {
		v.routes = like.routes
	} else {
		v.routes = newRoutes(o.Routes)
	}
	if v.routes != nil && v.routes.err != nil && v.invalid == nil {
		v.invalid = v.routes.err
	}
	return v
}

// canonical returns the fields under the names that net/http knows them by.
func canonical(h http.Header) http.Header {
	all := make(http.Header, len(h))
	for k, v := range h {
		all[http.CanonicalHeaderKey(k)] = v
	}
	return all
}

func (c *view) rules() rules { return rules{keys: c.opts.Keys, merge: c.opts.Rules} }

// header returns the fields that every request for values of this form carries, reads and writes
// alike: a precondition is evaluated against the representation that the write's own fields select
// (RFC 9110 §13.1, §12.5).
func (c *view) header(f form) (http.Header, error) {
	h := http.Header{}
	h.Set("Accept", f.accept())
	// The entity tag of a compressed form is not the resource's: net/http would ask for gzip on its
	// own, and If-Match would never match (RFC 9110 §8.8.3.3).
	h.Set("Accept-Encoding", "identity")
	for k, v := range c.opts.Header {
		h[k] = slices.Clone(v)
	}
	return h, c.invalid
}

// refusal makes the typed error of an answer that is not a success.
func (c *view) refusal(r *request, a *answer) *ResponseError {
	in := c.evidence()
	in.method, in.condition, in.idempotencyKey = r.method, r.condition.form, asksForReplay(r.header)
	if a.status != a.own() {
		in.meaning = a.status
	}
	return newResponseError(in, a.url, a.own(), a.header, a.body, a.truncated, time.Now())
}

// evidence returns what the client knows about the refusals of its API.
func (c *view) evidence() evidence {
	in := evidence{types: c.opts.ProblemKinds}
	if d := c.opts.Dialect; d != nil {
		in.dialect = d.Kind
	}
	return in
}
