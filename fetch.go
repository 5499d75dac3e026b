package ifmatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Get fetches the resource at url and decodes it. The result holds what a write needs to be safe:
// change its Value and give it to [Save], [Put], [Patch] or [Delete].
//
// The content is asked for without compression (Accept-Encoding: identity), whose entity tag would
// not be the resource's. Broken connections and answers that ask for patience (408, 425, 429, 500,
// 502, 503, 504) are tried again, with full jitter or after Retry-After, MaxAttempts times in all;
// 425 once. Redirects are followed within the origin. Any other answer than 200 or 203 is a
// [ResponseError]; a 203 has no validator to rely on.
func Get[T any](ctx context.Context, c *Client, url string) (*Representation[T], error) {
	v, err := c.route(http.MethodGet, url).fetch(ctx, url, formOf[T](), false, new(attemptLog))
	if err != nil {
		return nil, err
	}
	if v.absent {
		return nil, v.missing
	}
	return represent[T](v)
}

// version is a resource's state at one moment: what a fetch found, or what the answer to a write
// proves.
type version struct {
	absent  bool           // 404 or 410
	missing *ResponseError // that said so
	url     string         // after redirects
	header  http.Header    // of the answer that content came with
	answer  *answer        // nil if it was no answer that told

	received time.Time // when header came; zero if that is not known

	content []byte // nil: not known
	tag     ETag
	tagNote string // why there is no usable tag, if one came
	date    string // Last-Modified, if strong
	status  int    // of the answer to the write that made it; 0 if it was fetched

	// unconfirmed says that content is what a write sent, and that no answer told the validator of
	// the result.
	unconfirmed bool

	// receipt is the entity tag of the answer that left it unconfirmed: perhaps that of what the
	// server made of content, perhaps that of the answer itself.
	receipt ETag
}

// represent makes the typed form of a version.
func represent[T any](v *version) (*Representation[T], error) {
	u := &Representation[T]{URL: v.url, ETag: v.tag, LastModified: v.date, Content: v.content, Header: v.header,
		Status: v.status, unconfirmed: v.unconfirmed, receipt: v.receipt}
	if v.content == nil && v.unconfirmed {
		return u, nil // what a PATCH made of the content, only the server knows
	}
	var err error
	if u.Value, err = decode[T](v.content); err == nil {
		return u, nil
	}
	if v.answer == nil {
		return u, err
	}
	return nil, failed(err, "ifmatch: GET %s: decoding %s content", redact(v.url), mediaTypeText(v.header))
}

// version returns the version that the representation stands for.
func (u *Representation[T]) version() *version {
	return &version{url: u.URL, header: u.Header, content: u.Content, tag: u.ETag, date: u.LastModified,
		status: u.Status, unconfirmed: u.unconfirmed, receipt: u.receipt}
}

func mediaTypeText(h http.Header) string {
	if t := mediaType(h.Get("Content-Type")); t != "" {
		return quote(t)
	}
	return "untyped"
}

// fetch gets the current version. A fresh one bypasses the caches on the way as far as they let it
// (RFC 9111 §5.2.1.4): after a refusal, a cache may still hold the very version that was refused.
func (c *view) fetch(ctx context.Context, target string, f form, fresh bool, log *attemptLog) (*version, error) {
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
		return c.readVersion(a)
	case http.StatusNonAuthoritativeInfo:
		// A proxy changed the content on its way; the validators are the origin's and describe
		// something else (RFC 9110 §15.3.4).
		return &version{url: a.url.String(), header: a.header, answer: a, received: a.received, content: a.body,
			tagNote: "a proxy transformed the content (203)"}, nil
	case http.StatusNotFound, http.StatusGone:
		return &version{absent: true, url: target, header: a.header, answer: a,
			received: a.received, missing: c.refusal(r, a)}, nil
	}
	return nil, c.refusal(r, a)
}

// readVersion reads content and validators of a successful answer to a GET.
func (c *view) readVersion(a *answer) (v *version, err error) {
	v = &version{url: a.url.String(), header: a.header, answer: a, received: a.received, content: a.body}
	if d := c.opts.Dialect; d != nil && d.Read != nil {
		v.content, v.tag, err = d.read(http.MethodGet, a, nil)
		return v, err
	}
	v.tag, v.tagNote = selectETag(a.header, a.trailer)
	v.date, _ = strongLastModified(a.header)
	return v, nil
}

// precondition returns the condition under which a write that was derived from v may take effect.
// Without one it is an error, unless the caller takes the risk.
func (c *view) precondition(v *version) (precondition, error) {
	d, none := c.opts.Dialect, precondition{}
	switch {
	case v.absent:
		return d.createOnly(), nil
	case d.ownVersions() && v.tag != "":
		return precondition{byVersion, string(v.tag)}, nil
	}
	// A Representation can be rebuilt by hand, from a form for example: what is not a tag must not
	// become a condition that holds always, or several header fields.
	if v.tag != "" {
		if why := unusableETag(string(v.tag)); why != "" {
			return none, fmt.Errorf("%w: %s", ErrNoValidator, why)
		}
	}
	if v.date != "" {
		if _, err := http.ParseTime(v.date); err != nil {
			return none, fmt.Errorf("%w: LastModified %s is not an HTTP-date", ErrNoValidator, quote(v.date))
		}
	}
	p, err := c.weakTags.precondition(v.tag, v.date)
	switch {
	case err == nil:
	case c.opts.AllowLostUpdates:
		return none, nil
	case v.tagNote != "":
		err = fmt.Errorf("%w: %s", err, v.tagNote)
	case v.tag != "":
		err = fmt.Errorf("%w: the entity tag is weak, and weak tags are refused", err)
	default:
		err = fmt.Errorf("%w: neither an ETag nor a Last-Modified older than the answer's Date", err)
	}
	return p, err
}

// compare tells how the newest version relates to the one that a write was made from. Where that
// one has no validator yet, its content has to tell: equal, but for the version that it shows.
func (c *view) compare(was, now *version, f form) currency {
	if was.unconfirmed && !was.absent {
		d := c.opts.Dialect
		switch {
		case now.absent:
			return gone
		case sameContent(f, d.unversioned(was.content), d.unversioned(now.content)):
			return same
		}
		return moved
	}
	return relate(c.sight(was), c.sight(now))
}

func (c *view) sight(v *version) sight {
	p, err := c.precondition(v)
	if err != nil {
		p = precondition{}
	}
	if v.status != 0 {
		// The content is what a write sent. The server may have made something of it under the same
		// tag, so a difference says nothing.
		return sight{condition: p, absent: v.absent}
	}
	return sight{condition: p, content: v.content, absent: v.absent}
}

const (
	// staleReads is how often a fetch may return the refused version before that is taken for good.
	// The waits between them add up to almost four seconds: some servers give a weak tag for the
	// first second after a write, and some caches an old answer for a little longer, whatever the
	// request says.
	staleReads = 4
	staleWait  = 250 * time.Millisecond
)

// older reports whether a version is as old as its answer says that it was before a moment.
func (c *view) older(moment time.Time, v *version) bool {
	return v.answer != nil && c.sender.clocks.older(moment, v.answer.url.Host, v.header, v.received)
}

// fetchPast fetches the newest version, past caches and replicas that lag: an answer that says that
// it is older than since proves nothing; nor does one that shows the refused version, if the server
// has refused one as outdated. Then the fetch is repeated, staleReads times. The error beside a
// version says why there was no other look, or that it is old all the same.
func (c *view) fetchPast(
	ctx context.Context, since time.Time, refused *version, target string, f form, log *attemptLog,
) (*version, error) {
	for stale := 0; ; stale++ {
		now, err := c.fetch(ctx, target, f, true, log)
		if err != nil {
			return now, err
		}
		var old error
		if c.older(since, now) {
			old = errOldAnswer
		}
		repeat := old != nil || refused != nil && c.compare(refused, now, f).refusedIsCurrent()
		if !repeat || stale >= staleReads {
			return now, old
		}
		d := min(staleWait<<stale, c.sender.maxWait)
		if err := waitFor(ctx, d, log.last().Duration, c.sender.maxWait); err != nil {
			return now, join(old, err)
		}
	}
}

// differ returns where the newest content differs from what a write sent that was answered without
// a validator; nil if that is nothing, or nothing but what the server keeps for itself. What
// identifies the resource for life counts.
func (c *view) differ(sent, now *version, f form) error {
	if f.opaque() {
		return errors.New("the newest content is not what the last write sent")
	}
	aside := c.servers
	if c.otherIdentity(sent, now) {
		aside = nil
	}
	return differencesOf(sent.content, now.content, aside).asError()
}

// otherIdentity reports whether the newest version is that of a resource with another identity than
// the one that was sent.
func (c *view) otherIdentity(sent, now *version) bool {
	if c.opts.Identity == "" {
		return false
	}
	id, err := c.identity.Get(sent.content)
	if err != nil {
		return false // none was known
	}
	shown, err := c.identity.Get(now.content)
	return err != nil || !sameContent(formJSON, id, shown)
}

func sameContent(f form, a, b []byte) bool {
	if string(a) == string(b) {
		return true
	}
	if f.opaque() {
		return false
	}
	equal, err := jsonmerge.Equal(a, b)
	return equal && err == nil
}

// checkTarget returns an error unless the target is a URL that a request can be sent to.
func checkTarget(target string) error {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("ifmatch: %s is not an absolute http or https URL", redact(target))
	}
	return nil
}
