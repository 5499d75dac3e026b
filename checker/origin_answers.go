package checker

import (
	"fmt"
	"net/http"
	"time"
)

// read answers a GET with the state of some versions ago. Caches and replicas with honest clocks say
// when they got it.
func (o *origin) read(r request, old int) reply {
	v := o.newest()
	h := http.Header{"Date": {httpTime(time.Now())}}
	if old > 0 && o.mayBeOld(r) {
		v = o.versions[max(0, len(o.versions)-1-old)]
		switch o.product[Reads] {
		case ReadsCache:
			h.Set("Age", fmt.Sprint(int(time.Since(v.Modified).Seconds())))
			h.Set("Date", httpTime(v.Modified))
		case ReadsReplica:
			h.Set("Date", httpTime(v.Modified))
		}
	}
	if v.Body == nil {
		h.Set("Content-Type", "text/plain")
		return reply{http.StatusNotFound, h, []byte("no such document")}
	}
	o.validators(h, v)
	h.Set("Content-Type", "application/json")
	return reply{http.StatusOK, h, v.Body}
}

// mayBeOld reports that the answer may be an old one: caches heed no-cache, replicas do not.
func (o *origin) mayBeOld(r request) bool {
	switch o.product[Reads] {
	case ReadsCache, ReadsCacheSilent:
		return r.Header.Get("Cache-Control") == ""
	case ReadsReplica, ReadsReplicaSilent:
		return true
	default:
		return false
	}
}

func (o *origin) validators(h http.Header, v Version) {
	switch {
	case o.product[Tags] == TagModified:
		h.Set("Last-Modified", httpTime(v.Modified))
	case o.product[Tags] == TagEachRequest:
		h.Set("ETag", fmt.Sprintf(`"v%d-%d"`, v.Number, o.answers))
	case v.Tag != "":
		h.Set("ETag", v.Tag)
	}
}

// written answers a PUT or PATCH that has taken effect.
func (o *origin) written(before Version) reply {
	v := o.newest()
	a := reply{http.StatusOK, http.Header{"Date": {httpTime(time.Now())}}, nil}
	switch o.product[Answers] {
	case AnswerSilent:
		a.Status = http.StatusNoContent
	case AnswerTagged:
		a.Status = http.StatusNoContent
		// Also where what is stored is not what was sent, RFC 9110 §9.3.4 notwithstanding: products do so.
		o.validators(a.Header, v)
	case AnswerShown:
		o.validators(a.Header, v)
		a.Header.Set("Content-Type", "application/json")
		a.Body = v.Body
	case AnswerReceipt:
		a.Body = fmt.Appendf(nil, `{"ok":true,"receipt":%d}`, o.answers)
		a.Header.Set("Content-Type", "application/json")
		a.Header.Set("ETag", tagOfBytes(Product{Tags: TagSHA256}, a.Body, 0, time.Time{}))
	case AnswerOld:
		if before.Body != nil {
			a.Header.Set("Content-Type", "application/json")
			a.Body = before.Body
		}
	}
	if before.Body == nil {
		a.Status = http.StatusCreated
	}
	return a
}

// ignored answers a PATCH that the server does nothing about.
func (o *origin) ignored(v Version) reply {
	a := reply{http.StatusNoContent, http.Header{"Date": {httpTime(time.Now())}}, nil}
	if o.product[Patches] == PatchIgnoredShown {
		a.Status = http.StatusOK
		a.Header.Set("Content-Type", "application/json")
		o.validators(a.Header, v)
		a.Body = v.Body
	}
	return a
}
