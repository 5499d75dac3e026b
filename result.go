package ifmatch

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// This file decides what is known of a resource after a write that took effect, and above all
// whether the entity tag of the write's answer is that of what was written.

// resulting returns the version that is known after the write. decodes reports whether content is
// what it should be.
//
// The answer's content is the resource's only if it says so (RFC 9110 §6.4.2, RFC 7240 §4.2), or if
// it is what was sent. When in doubt the version has no validator, and the next write looks first.
func (c *view) resulting(w *writeRequest, o outcome, decodes func([]byte) error) *version {
	if o.found != nil && !o.found.absent {
		return o.found // a look showed it
	}
	a := o.answer
	v := &version{url: w.target, header: a.header, received: a.received, content: w.document, status: a.own(),
		unconfirmed: true}
	if d := c.opts.Dialect; tellsResult(a.status) && d != nil && d.Read != nil {
		doc, tag, err := d.read(w.method, a, w.document)
		if err == nil && doc != nil {
			err = decodes(doc) // else it is no answer to rely on, and the write took effect all the same
		}
		if err == nil {
			if doc != nil {
				v.content = doc
			}
			v.tag = tag
		}
	} else if len(a.body) > 0 && w.describesTarget(a) && tellsResult(a.status) && decodes(a.body) == nil {
		v.content, v.tag = a.body, w.tagIn(a)
		v.date, _ = strongLastModified(a.header)
	} else if len(a.body) == 0 {
		v.tag = tagOfContentSent(w.sentTo(a), w.condition)
	}
	if v.unconfirmed = v.tag == "" && v.date == ""; v.unconfirmed {
		v.receipt = w.receiptIn(a)
	}
	if bytes.Equal(v.content, w.document) {
		v.header = labelled(a.header, w.labels)
	}
	return v
}

// claim reads a success. It is believed unless its own content denies it: an answer that shows the
// version and the content that were to be changed, or one that the dialect cannot read.
func (c *view) claim(w *writeRequest, a *answer) (told, error) {
	if err := c.unreadable(w, a); err != nil {
		return toldDenied, err
	}
	if !tellsResult(a.status) || a.status == http.StatusNoContent || !w.changes() {
		return toldSuccess, nil
	}
	shown := c.shownBy(w, a)
	guarded := shown.version == w.condition.value && shown.version != ""
	patch := w.method == http.MethodPatch
	switch old := guarded && (shown.claimed || patch) && !c.showsEffect(w, shown.content); {
	case old && patch:
		return toldIgnored, nil
	case old:
		return toldDenied, errOldVersionShown
	case patch && !shown.claimed && a.status == http.StatusOK && (shown.version == "" && len(a.body) > 0 || guarded):
		return toldUnshown, nil
	}
	return toldSuccess, nil
}

// shownResult is what the content of an answer to a write shows.
type shownResult struct {
	content []byte
	version string // "" if it shows none
	claimed bool   // the answer says that it is the resource's
}

func (c *view) shownBy(w *writeRequest, a *answer) shownResult {
	shown := shownResult{content: a.body, version: string(w.tagIn(a)), claimed: w.claimsResult(a)}
	if d := c.opts.Dialect; d != nil && d.Read != nil {
		doc, version, err := d.read(w.method, a, w.document)
		claimed := err == nil && doc != nil && !bytes.Equal(doc, w.document)
		shown = shownResult{content: doc, version: string(version), claimed: claimed}
	}
	if w.condition.form == byDate {
		shown.version = a.header.Get("Last-Modified")
	}
	return shown
}

// showsEffect reports whether content shows what the write was to change.
func (c *view) showsEffect(w *writeRequest, content []byte) bool {
	if sameContent(w.form, content, w.from.content) {
		return false
	}
	if w.expected == nil {
		return true // something has changed
	}
	there, err := contained(w.form, c.opts.Dialect, w.from.content, w.expected)(&version{content: content})
	return there || err != nil
}

var errOldVersionShown = errors.New("the answer shows the version that was to be replaced")

// unreadable returns why the dialect cannot read the answer to a write; nil: it can.
func (c *view) unreadable(w *writeRequest, a *answer) error {
	d := c.opts.Dialect
	if d == nil || d.Read == nil || !tellsResult(a.status) || w.asked == askedDeletion && len(a.body) == 0 {
		return nil
	}
	_, _, err := d.read(w.method, a, w.document)
	return err
}

// broughtBack reports whether a write of what was there is known to have found nothing and created
// it.
func (c *view) broughtBack(w *writeRequest, o outcome) bool {
	d := c.opts.Dialect
	return d != nil && d.CreatedMeansNew && w.asked != askedDeletion && w.condition.form.exists() &&
		o.answer != nil && o.answer.status == http.StatusCreated
}

// tellsResult lists the answers that may tell what a write made; 203 and 205 do not.
func tellsResult(status int) bool {
	return status == http.StatusOK || status == http.StatusCreated || status == http.StatusNoContent
}

// emptyAnswer is an answer without content to a write, as far as its tag depends on it.
type emptyAnswer struct {
	method          string // of the write
	target          string // of the write
	url             *url.URL
	status          int
	header, trailer http.Header
}

func (w *writeRequest) sentTo(a *answer) emptyAnswer {
	return emptyAnswer{method: w.method, target: w.target, url: a.url, status: a.status,
		header: a.header, trailer: a.trailer}
}

// tagOfContentSent returns the entity tag of an answer without content, if it is certainly that of
// the content which the write sent; otherwise "". A PUT's answer may carry one only if the content
// was stored as it was sent (RFC 9110 §9.3.4), but some frameworks stamp a hash of the answer
// itself on it, some answers are receipts that live elsewhere (§8.7), and a tag that is still the
// refuted one says that nothing was written.
func tagOfContentSent(a emptyAnswer, condition precondition) ETag {
	if a.method != http.MethodPut || !tellsResult(a.status) ||
		namesOther(a.target, a.url, a.header.Get("Location")) ||
		namesOther(a.target, a.url, a.header.Get("Content-Location")) {
		return ""
	}
	tag, _ := selectETag(a.header, a.trailer)
	if tag.IsWeak() || string(tag) == condition.value {
		return ""
	}
	return tag
}

// tagIn returns the entity tag of an answer whose content is the resource's.
func (w *writeRequest) tagIn(a *answer) ETag {
	tag, _ := selectETag(a.header, a.trailer)
	if tag.IsWeak() && !ETag(w.condition.value).IsWeak() {
		return "" // the resource's tags are strong, so this one is of something else
	}
	return tag
}

// receiptIn returns the entity tag of an answer that proves nothing by itself, if it may be that of
// what the write made: that of another resource is not, and the one that the write replaced shows
// the state before it.
func (w *writeRequest) receiptIn(a *answer) ETag {
	tag, _ := selectETag(a.header, a.trailer)
	if tag.WeakEqual(w.from.tag) || namesOther(w.target, a.url, a.header.Get("Location")) ||
		namesOther(w.target, a.url, a.header.Get("Content-Location")) {
		return ""
	}
	return tag
}

// describesTarget reports whether the content of the answer is the resource's.
func (w *writeRequest) describesTarget(a *answer) bool {
	return w.claimsResult(a) || w.body != nil && w.method == http.MethodPut && bytes.Equal(a.body, w.body)
}

// claimsResult reports whether the answer says that its content is the resource's.
func (w *writeRequest) claimsResult(a *answer) bool {
	if at := a.header.Get("Content-Location"); at != "" {
		return !namesOther(w.target, a.url, at)
	}
	applied := strings.Join(a.header.Values("Preference-Applied"), ",")
	for _, p := range strings.FieldsFunc(applied, func(r rune) bool { return r == ',' || r == ';' }) {
		if strings.EqualFold(strings.ReplaceAll(strings.TrimSpace(p), `"`, ""), "return=representation") {
			return !namesOther(w.target, a.url, a.header.Get("Location"))
		}
	}
	return false
}

// namesOther reports whether a reference in an answer from url names a resource other than the
// target. No reference names none.
func namesOther(target string, answered *url.URL, reference string) bool {
	if reference == "" {
		return false
	}
	t, err := url.Parse(target)
	if err != nil || answered == nil {
		return true
	}
	to, err := answered.Parse(reference)
	t.Fragment, t.User = "", nil
	return err != nil || to.String() != t.String()
}

// labelled returns the fields of an answer with those in their place that describe what was sent:
// the answer's own, if any, are about its content.
func labelled(answer, labels http.Header) http.Header {
	if len(labels) == 0 {
		return answer
	}
	h := answer.Clone()
	for _, k := range describing {
		h.Del(k)
	}
	maps.Copy(h, labels)
	return h
}
