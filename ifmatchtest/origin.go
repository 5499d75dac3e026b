package ifmatchtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options say what kind of server an [Origin] is. The zero value, and nil, is a server that does
// everything right. What happens to single requests is not an option but a [Fault].
type Options struct {
	// Tags is the form of the entity tags. The default, [VersionTags], is strong and never used
	// twice.
	Tags TagForm

	// WriteTags says what tag the answer to a write carries. The default, [HonestWriteTags], is RFC
	// 9110 §9.3.4.
	WriteTags WriteTagPolicy

	// HideLastModified leaves Last-Modified out, and with it the evaluation of If-Unmodified-Since
	// and If-Modified-Since, which a server ignores for a resource without a modification date (RFC
	// 9110 §13.1.3, §13.1.4).
	HideLastModified bool

	// WeakMatch evaluates If-Match with the weak comparison, as OData, FHIR and Azure Tables do.
	// The default is the strong comparison, which RFC 9110 §13.1.1 demands: no weak tag ever
	// matches.
	WeakMatch bool

	// RequireConditions answers 428 to a PUT, PATCH or DELETE without a condition (RFC 6585 §3).
	RequireConditions bool

	// AcceptRepeated uses the leave of RFC 9110 §13.1.1: a PUT or PATCH whose If-Match or
	// If-Unmodified-Since is false, and whose outcome is in force already, is answered with
	// success, without a tag and without being applied.
	AcceptRepeated bool

	// Compress sends representations gzipped to clients that accept it, and says what becomes of
	// the entity tag. Conditions are still compared with the tag of the form that is not
	// compressed: that is the misbehaviour.
	Compress Compression

	// Transform, if set, is called with what a PUT, PATCH or POST is about to store and returns
	// what is stored instead: members that the server manages, normalisation, a merge of the
	// server's own. [StampRevision] is one. It is called with the origin locked and must not call
	// the origin's methods.
	Transform func(path string, version int, content []byte) []byte

	// MaxBody is the largest request body in bytes; a larger one is answered 413. 0 means 1 MiB.
	MaxBody int64

	// MaxRecords is how many requests the record keeps; the oldest are forgotten first. 0 means
	// 10,000. The bodies kept are bounded too, at 64 MiB together.
	MaxRecords int

	// Now is the clock for Date and Last-Modified. nil means [time.Now].
	Now func() time.Time
}

// Origin is an origin server in memory: an [http.Handler] that keeps resources by path, evaluates
// preconditions as RFC 9110 §13 says, misbehaves as scripted, and records what arrived. [New] makes
// one; all methods may be called concurrently. The check of a precondition and the write it guards
// are one atomic step.
//
// It knows GET, HEAD, PUT, PATCH (JSON Merge Patch, RFC 7396), DELETE, and POST, which creates a
// member below the path. Refusals are problem details (RFC 9457). A query is recorded but does not
// select a resource. Range requests are answered with the whole representation, as RFC 9110 §14.2
// permits.
type Origin struct {
	opts Options

	mu        sync.Mutex
	resources map[string]*resource
	records   []*Request
	bodyBytes int
	arrived   int
	script    []step
	standing  []*rule
	postponed []*exchange
}

// maxResources bounds the paths that clients can fill; the next new one is answered 507.
const maxResources = 1 << 16

// New returns an origin without resources. A nil opts means the defaults; later changes to opts
// have no effect.
func New(opts *Options) *Origin {
	o := &Origin{resources: map[string]*resource{}}
	if opts != nil {
		o.opts = *opts
	}
	if o.opts.MaxBody <= 0 {
		o.opts.MaxBody = 1 << 20
	}
	if o.opts.MaxRecords <= 0 {
		o.opts.MaxRecords = 10_000
	}
	if o.opts.Now == nil {
		o.opts.Now = time.Now
	}
	return o
}

// Set makes body the newest version of the JSON resource at path, whatever was there before. It
// panics if path does not begin with a slash, as do the other methods that change a resource.
func (o *Origin) Set(path, body string) { o.SetContent(path, "application/json", []byte(body)) }

// SetContent is [Origin.Set] for content of any media type.
func (o *Origin) SetContent(path, contentType string, content []byte) {
	o.change(path, func(r *resource) { r.write(bytes.Clone(content), contentType, o.opts.Now()) })
}

// Edit makes f's result the newest version of the resource at path: a rival's write, atomic and
// without a condition. f gets nil when the resource is absent. It runs with the origin locked and
// must not call the origin's methods.
func (o *Origin) Edit(path string, f func(old []byte) []byte) {
	o.change(path, func(r *resource) { r.edit(f, o.opts.Now()) })
}

// Delete removes the resource at path. Its version numbers, and so its tags, are not used again.
func (o *Origin) Delete(path string) {
	o.change(path, (*resource).remove)
}

func (o *Origin) change(path string, f func(*resource)) {
	if !strings.HasPrefix(path, "/") {
		panic(fmt.Sprintf("ifmatchtest: path %q does not begin with a slash", path))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	f(o.resource(path))
}

// resource returns what stands at path, made if need be. o.mu is held.
func (o *Origin) resource(path string) *resource {
	r := o.resources[path]
	if r == nil {
		r = &resource{}
		o.resources[path] = r
	}
	return r
}

// Exists reports whether there is a resource at path.
func (o *Origin) Exists(path string) bool { return o.current(path) != nil }

// Body returns the content of the resource at path, "" when it is absent.
func (o *Origin) Body(path string) string {
	if v := o.current(path); v != nil {
		return string(v.content)
	}
	return ""
}

// ETag returns the entity tag of the resource at path as a GET shows it, "" when the resource or
// the tag is absent.
func (o *Origin) ETag(path string) string { return o.opts.Tags.tag(o.current(path)) }

// Version returns how many versions the resource at path has had. Deleting it makes no version, and
// the first version after a deletion continues the count.
func (o *Origin) Version(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.resources[path].versions()
}

func (o *Origin) current(path string) *version {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.resources[path].read(false)
}

// exchange is one request on its way through the origin.
type exchange struct {
	method string
	path   string
	header http.Header
	body   []byte
	record *Request
	plan   plan
}

// ServeHTTP answers one request as the options and the script say. A lost connection is a panic
// with [http.ErrAbortHandler], which net/http's servers turn into a closed connection (HTTP/1) or a
// reset stream (HTTP/2).
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, o.opts.MaxBody+1))
	x := &exchange{method: r.Method, path: r.URL.Path, header: r.Header.Clone(), body: body}
	o.arrive(x, r.URL.RawQuery)
	if err != nil { // the client gave up in the middle of the body: nothing to answer, nobody to answer
		hangUp()
	}

	o.await(r.Context(), x.plan.before)
	if x.plan.loseRequest {
		hangUp()
	}
	if x.plan.postpone {
		o.postpone(x)
		hangUp()
	}
	a := o.answer(x)
	o.await(r.Context(), x.plan.after)
	if x.plan.loseResponse {
		hangUp()
	}
	o.recordStatus(x, a.status)
	x.plan.send(w, a, o.opts.Now())
}

// await runs the waits that the script put before or after the delivery. A client that leaves
// meanwhile ends the exchange where it stands.
func (o *Origin) await(ctx context.Context, waits []func(context.Context)) {
	for _, wait := range waits {
		wait(ctx)
		if ctx.Err() != nil {
			hangUp()
		}
	}
}

func hangUp() { panic(http.ErrAbortHandler) }

// answer delivers the exchange to its resource, unless the script answers in the resource's place.
func (o *Origin) answer(x *exchange) answer {
	o.mu.Lock()
	defer o.mu.Unlock()

	if x.plan.instead != nil {
		return x.plan.instead.answer()
	}
	a := o.deliver(x)
	if x.plan.replay {
		o.recordReplay(x)
		a = o.deliver(x)
	}
	if x.plan.afterwards != nil {
		return x.plan.afterwards.answer()
	}
	o.dress(&a, x)
	return a
}

// deliver performs the request on its resource, after the rivals that the script sends ahead of it,
// and enters the outcome in the record. o.mu is held.
func (o *Origin) deliver(x *exchange) answer {
	for _, rival := range x.plan.rivals {
		rival(o.resource(x.path), o.opts.Now())
	}
	x.plan.rivals = nil // they come once, even when the request comes twice
	x.record.Delivered = true
	a := o.perform(x, o.resources[x.path])
	x.record.ETag = o.opts.Tags.tag(a.version)
	x.record.Applied = a.applied
	return a
}
