package ifmatch

import (
	"bytes"
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
	v := &version{url: w.target, header: a.header, content: w.document, unconfirmed: true}
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
	v.unconfirmed = v.tag == "" && v.date == ""
	if bytes.Equal(v.content, w.document) {
		v.header = labelled(a.header, w.labels)
	}
	return v
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

// describesTarget reports whether the content of the answer is the resource's.
func (w *writeRequest) describesTarget(a *answer) bool {
	if at := a.header.Get("Content-Location"); at != "" {
		return !namesOther(w.target, a.url, at)
	}
	applied := strings.Join(a.header.Values("Preference-Applied"), ",")
	for _, p := range strings.FieldsFunc(applied, func(r rune) bool { return r == ',' || r == ';' }) {
		if strings.EqualFold(strings.ReplaceAll(strings.TrimSpace(p), `"`, ""), "return=representation") {
			return !namesOther(w.target, a.url, a.header.Get("Location"))
		}
	}
	return w.body != nil && w.method == http.MethodPut && bytes.Equal(a.body, w.body)
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
	for _, k := range []string{"Content-Type", "Content-Encoding", "Content-Language"} {
		h.Del(k)
	}
	maps.Copy(h, labels)
	return h
}
