package probe

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch"
)

const maxRedirects = 3 // of the first GET

// wrongTag is an entity tag that no resource has, in the form of one that it might have: some
// servers answer 400 to another form, which would say nothing about conditions.
func wrongTag(like Tag) string {
	tag := "ifmatch-probe-no-such-version"
	if !like.Unquoted() {
		tag = `"` + tag + `"`
	}
	if like.Value.IsWeak() {
		tag = "W/" + tag
	}
	return tag
}

// read makes the requests that change nothing, and returns what the first GET showed.
func (p *prober) read(ctx context.Context) (*state, error) {
	p.report.URL = shown(p.target)
	first, err := p.first(ctx)
	if err != nil {
		return nil, err
	}
	for _, look := range []func(context.Context, *state) error{p.second, p.head, p.gzip, p.conditions, p.optionsOf} {
		if err := look(ctx, first); err != nil {
			return nil, err
		}
	}
	return first, nil
}

// shown removes from a URL what may be secret.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// first gets the resource, and goes on from where it is redirected to within the origin.
func (p *prober) first(ctx context.Context) (*state, error) {
	for hops := 0; ; hops++ {
		a, err := p.send(ctx, request{method: http.MethodGet, purpose: "read it"})
		if err != nil {
			return nil, err
		}
		r := p.report
		r.URL, r.Status, r.MediaType, r.Size = shown(p.target), a.status, a.header.Get("Content-Type"), len(a.content)
		switch {
		case a.err != nil:
			return nil, &failure{"GET got no answer", a.err}
		case a.status == http.StatusOK || a.status == http.StatusNonAuthoritativeInfo:
			s := p.state(ctx, a)
			p.describe(s)
			return s, nil
		case a.status >= 400:
			return nil, &failure{"there is nothing to probe", a.refusal()}
		}
		to, err := p.target.Parse(a.header.Get("Location"))
		if err != nil || a.status/100 != 3 || a.header.Get("Location") == "" || to.Scheme != p.target.Scheme ||
			to.Host != p.target.Host || hops >= maxRedirects {
			return nil, &failure{
				"there is nothing to probe", fmt.Errorf("GET is answered %d, which leads nowhere within the origin",
					a.status),
			}
		}
		to.User = p.target.User
		p.target = to
	}
}

// describe enters what one answer tells.
func (p *prober) describe(s *state) {
	r := p.report
	r.Tag, r.Members = s.tag, s.members
	r.LastModified = s.header.Get("Last-Modified")
	if r.LastModified != "" {
		r.LastModifiedStrong = verdict(s.date != "")
	}
	if c := s.header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		r.Coding = c
	}
	p.note(s.answer)
}

// note gathers what any answer may tell about the resource.
func (p *prober) note(a *answer) {
	r := p.report
	if a.response != nil && (a.response.Request.Method == http.MethodGet ||
		a.response.Request.Method == http.MethodHead) {
		r.Vary = join(r.Vary, a.header.Values("Vary"))
	}
	r.Allow = join(r.Allow, a.header.Values("Allow"))
	r.AcceptPatch = join(r.AcceptPatch, a.header.Values("Accept-Patch"))
	for _, name := range cacheFields {
		if v := a.header.Get(name); v != "" && !slices.Contains(r.CacheSigns, name+": "+v) &&
			len(r.CacheSigns) < maxListed {
			r.CacheSigns = append(r.CacheSigns, name+": "+v)
		}
	}
}

const maxListed = 16

// join adds the members of comma-separated fields (RFC 9110 §5.6.1) to a list without repeats.
func join(list, fields []string) []string {
	for _, item := range strings.Split(strings.Join(fields, ","), ",") {
		item = strings.TrimSpace(item)
		same := func(s string) bool { return strings.EqualFold(s, item) }
		if item != "" && len(list) < maxListed && !slices.ContainsFunc(list, same) {
			list = append(list, item)
		}
	}
	return list
}

// cacheFields are left by caches and gateways (RFC 9111 §5.1, RFC 9211; the others are custom).
var cacheFields = []string{"Age", "Cache-Status", "X-Cache", "X-Cache-Hits", "Cf-Cache-Status", "Via"}

// cached reports an answer that a cache gave from its store.
func cached(h http.Header) bool {
	if age := h.Get("Age"); age != "" && age != "0" {
		return true
	}
	for _, name := range []string{"Cache-Status", "X-Cache", "Cf-Cache-Status"} {
		if strings.Contains(strings.ToLower(h.Get(name)), "hit") {
			return true
		}
	}
	return false
}

// second reads again, to see whether tag and content stay; and past a cache if there is one.
func (p *prober) second(ctx context.Context, first *state) error {
	a, err := p.send(ctx, request{method: http.MethodGet, purpose: "read it again: is the tag the same?"})
	if err != nil {
		return err
	}
	if a.status == first.status {
		r := p.report
		r.SameContent = verdict(bytes.Equal(a.content, first.content))
		tag := a.tag()
		switch {
		case len(first.tag.Fields) == 0 && len(tag.Fields) == 0:
		case tag.Value == first.tag.Value:
			r.SameTag = Yes
		case r.SameContent == Yes:
			r.SameTag = No
		default:
			r.SameTag = Unclear
		}
	}
	p.note(a)
	if !cached(a.header) && !cached(first.header) {
		return nil
	}
	past, err := p.send(ctx, request{method: http.MethodGet, purpose: "read it past the cache", set: fresh})
	if err == nil && past.status != 0 {
		p.report.CacheBypassed = verdict(!cached(past.header))
	}
	return err
}

// fresh asks caches to pass the request on (RFC 9111 §5.2.1.4).
var fresh = [][2]string{{"Cache-Control", "no-cache"}, {"Pragma", "no-cache"}}

// head compares the tags of HEAD and GET, which RFC 9110 §9.3.2 wants to be the same.
func (p *prober) head(ctx context.Context, first *state) error {
	a, err := p.send(ctx, request{method: http.MethodHead, purpose: "HEAD: the same tag?"})
	if err != nil || a.status != first.status {
		return err
	}
	p.report.HeadTag = a.tag()
	// A trailer has no place in an answer without content.
	if (len(first.tag.Fields) > 0 && !first.tag.Trailer) || len(p.report.HeadTag.Fields) > 0 {
		p.report.HeadAgrees = verdict(p.report.HeadTag.Value == first.tag.Value)
	}
	p.note(a)
	return nil
}

// gzip looks at the tag that clients see which ask for compression, as Go's own does by default.
func (p *prober) gzip(ctx context.Context, first *state) error {
	a, err := p.send(ctx, request{
		method: http.MethodGet, purpose: "compressed: the same tag?", set: [][2]string{{"Accept-Encoding", "gzip"}},
	})
	if err != nil || a.status != first.status {
		return err
	}
	p.note(a)
	if c := a.header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		p.report.GzipTag = a.tag()
		p.report.Compressed = alteration(first.tag, p.report.GzipTag)
	}
	return nil
}

// conditions sees whether reads honour conditions.
func (p *prober) conditions(ctx context.Context, first *state) error {
	if first.tag.Value != "" {
		a, err := p.send(ctx, request{
			method: http.MethodGet, purpose: "unchanged?", set: [][2]string{{"If-None-Match", string(first.tag.Value)}},
		})
		if err != nil {
			return err
		}
		p.report.NotModified = told(a, http.StatusNotModified)
	}
	a, err := p.send(ctx, request{
		method: http.MethodGet, purpose: "a tag that nothing has", set: [][2]string{{"If-Match", wrongTag(first.tag)}},
	})
	if err != nil {
		return err
	}
	p.report.ReadIfMatch = told(a, http.StatusPreconditionFailed)
	return nil
}

// told says whether a condition had its effect: this status, and not the content.
func told(a *answer, status int) Verdict {
	switch a.status {
	case status:
		return Yes
	case http.StatusOK:
		return No
	}
	return Unclear
}

// optionsOf asks which methods and patch formats there are (RFC 9110 §9.3.7, RFC 5789 §3.1).
func (p *prober) optionsOf(ctx context.Context, _ *state) error {
	a, err := p.send(ctx, request{method: http.MethodOptions, purpose: "methods and patch formats"})
	if err == nil {
		p.note(a)
	}
	return err
}

// dayBefore returns the HTTP-date a day before date, which a Last-Modified is.
func dayBefore(date string) string {
	t, _ := http.ParseTime(date) // ifmatch has parsed it
	return t.AddDate(0, 0, -1).UTC().Format(http.TimeFormat)
}

// strip sends W/"x" as "x", as ifmatch.Options.StripWeakTags does.
func strip(tag ifmatch.ETag) ifmatch.ETag { return ifmatch.ETag(strings.TrimPrefix(string(tag), "W/")) }
