package ifmatch

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// learn makes the representation that is known after a write that took effect.
//
// The answer's content is the resource's only if it says so (RFC 9110 §6.4.2,
// RFC 7240 §4.2), or if it is what was sent. An entity tag is that of what we sent
// only if it comes without content and is strong: a PUT may carry one
// only if the content was stored as it was sent (§9.3.4), but some frameworks stamp
// a hash of the answer itself on it. When in doubt the representation has no
// validator, and the next write looks first.
func learn[T any](c *Client, ch *change, a *reply, now *state) (*Representation[T], error) {
	if now != nil && !now.absent {
		return representation[T](now)
	}
	u := &Representation[T]{URL: ch.target, Content: ch.wanted, Header: a.header, sent: true}
	told := a.status == http.StatusOK || a.status == http.StatusCreated || a.status == http.StatusNoContent
	if d := c.opts.Dialect; told && d != nil && d.Read != nil {
		doc, version, err := d.read(ch.method, a, ch.wanted)
		if err == nil && doc != nil {
			_, err = decode[T](doc) // else it is no answer to rely on, and the write took effect all the same
		}
		if err == nil {
			if doc != nil {
				u.Content = doc
			}
			u.ETag, u.sent = version, version == ""
		}
	} else if told { // 203 and 205 say nothing of the result
		u.Content, u.ETag, u.LastModified = told9110[T](ch, a)
		u.sent = u.ETag == "" && u.LastModified == ""
	}
	if bytes.Equal(u.Content, ch.wanted) {
		u.Header = labelled(a.header, ch.labels)
	}
	if u.Content == nil {
		return u, nil // what a PATCH made of the content, only the server knows
	}
	v, err := decode[T](u.Content)
	u.Value = v
	return u, err
}

// labelled returns the fields of an answer with those in their place that describe what
// was sent: the answer's own, if any, are about its content.
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

// told9110 reads the answer by RFC 9110: the content that the resource has now, as
// far as it is known, and its validators, as far as they can be relied on.
func told9110[T any](ch *change, a *reply) (content []byte, tag ETag, date string) {
	tag, _ = selectETag(a.header, a.trailer)
	if tag.IsWeak() && !ETag(ch.guard.value).IsWeak() {
		tag = "" // the resource's tags are strong, so this one is of something else
	}
	if len(a.body) > 0 && describesTarget(ch, a) {
		if _, err := decode[T](a.body); err == nil {
			date, _ = strongLastModified(a.header)
			return a.body, tag, date
		}
	}
	if len(a.body) == 0 && ch.method == http.MethodPut && !tag.IsWeak() && string(tag) != ch.guard.value &&
		!elsewhere(ch, a, "Location") && !elsewhere(ch, a, "Content-Location") {
		return ch.wanted, tag, ""
	}
	return ch.wanted, "", ""
}

func describesTarget(ch *change, a *reply) bool {
	if a.header.Get("Content-Location") != "" {
		return !elsewhere(ch, a, "Content-Location")
	}
	for _, p := range strings.FieldsFunc(strings.Join(a.header.Values("Preference-Applied"), ","), func(r rune) bool { return r == ',' || r == ';' }) {
		if strings.EqualFold(strings.ReplaceAll(strings.TrimSpace(p), `"`, ""), "return=representation") {
			return !elsewhere(ch, a, "Location")
		}
	}
	return ch.body != nil && ch.method == http.MethodPut && bytes.Equal(a.body, ch.body)
}

// elsewhere reports whether the field names a resource other than the target.
func elsewhere(ch *change, a *reply, field string) bool {
	v := a.header.Get(field)
	if v == "" {
		return false
	}
	target, err := url.Parse(ch.target)
	if err != nil {
		return true
	}
	to, err := a.url.Parse(v)
	target.Fragment, target.User = "", nil
	return err != nil || to.String() != target.String()
}
