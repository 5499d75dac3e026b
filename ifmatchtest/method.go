package ifmatchtest

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// perform answers a request on its resource: the checks that any request must pass, then the
// conditions, then the method (RFC 9110 §13.2.1). r is nil for a path that never had a resource.
// o.mu is held.
func (o *Origin) perform(x *exchange, r *resource) answer {
	if int64(len(x.body)) > o.opts.MaxBody {
		return problem(http.StatusRequestEntityTooLarge, "The body is larger than the server takes.")
	}
	switch x.method {
	case http.MethodGet, http.MethodHead:
		return o.get(x, r)
	case http.MethodPut:
		return o.put(x, r)
	case http.MethodPatch:
		return o.patch(x, r)
	case http.MethodDelete:
		return o.delete(x, r)
	case http.MethodPost:
		return o.post(x, r)
	}
	a := problem(http.StatusMethodNotAllowed, "The resource does not know this method.")
	a.header.Set("Allow", "GET, HEAD, PUT, PATCH, DELETE, POST")
	return a
}

func (o *Origin) get(x *exchange, r *resource) answer {
	v := r.read(x.plan.stale)
	if v == nil {
		return notFound()
	}
	switch verdict := precondition(x.header, x.method, o.selected(v), o.opts.WeakMatch); {
	case verdict == unchanged:
		return answer{status: http.StatusNotModified, header: http.Header{}, version: v, validators: true}
	case verdict == stale && x.plan.conditions != ignoreConditions:
		return o.refuse(x, v)
	default:
		return representation(http.StatusOK, v)
	}
}

func (o *Origin) put(x *exchange, r *resource) answer {
	if r == nil && o.full() {
		return noRoom()
	}
	contentType := x.header.Get("Content-Type")
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	return o.write(x, r.read(false), x.body, contentType)
}

func (o *Origin) patch(x *exchange, r *resource) answer {
	v := r.read(false)
	if v == nil {
		return notFound()
	}
	media, _, _ := mime.ParseMediaType(x.header.Get("Content-Type"))
	if media != mergePatchType {
		a := problem(http.StatusUnsupportedMediaType, "The patch is no JSON Merge Patch (RFC 7396).")
		a.header.Set("Accept-Patch", mergePatchType)
		return a
	}
	content, err := mergePatch(v.content, x.body)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "The patch cannot be applied: "+err.Error())
	}
	return o.write(x, v, content, v.contentType)
}

func (o *Origin) delete(x *exchange, r *resource) answer {
	v := r.read(false)
	if v == nil {
		return notFound()
	}
	if a, stop := o.check(x, v, nil); stop {
		return a
	}
	r.remove()
	return answer{status: http.StatusNoContent, header: http.Header{}, applied: true}
}

// post creates a member below the path, named by the next number that is free. Its conditions are
// about the path itself.
func (o *Origin) post(x *exchange, r *resource) answer {
	if o.full() {
		return noRoom()
	}
	if a, stop := o.check(x, r.read(false), nil); stop {
		return a
	}
	collection := o.resource(x.path)
	var path string
	for path == "" || o.resources[path] != nil {
		collection.members++
		path = strings.TrimSuffix(x.path, "/") + "/" + strconv.Itoa(collection.members)
	}
	a := o.store(x, path, x.body, x.header.Get("Content-Type"))
	a.header.Set("Location", path)
	return a
}

// write stores content as the newest version if the conditions hold. v is the current version, nil
// when absent.
func (o *Origin) write(x *exchange, v *version, content []byte, contentType string) answer {
	if a, stop := o.check(x, v, content); stop {
		return a
	}
	return o.store(x, x.path, content, contentType)
}

// check stops a write whose condition is missing or false. v is the current version, nil when
// absent. content is what v would be replaced with, nil for writes that do not replace it.
func (o *Origin) check(x *exchange, v *version, content []byte) (a answer, stop bool) {
	if x.plan.conditions == ignoreConditions {
		return answer{}, false
	}
	if o.opts.RequireConditions && x.method != http.MethodPost && !guarded(x.header) {
		return problem(http.StatusPreconditionRequired, "Send the write again with If-Match."), true
	}
	verdict := precondition(x.header, x.method, o.selected(v), o.opts.WeakMatch)
	switch {
	case verdict == holds && (x.plan.conditions != refuseConditions || !guarded(x.header)):
		return answer{}, false
	case verdict == stale && o.opts.AcceptRepeated && v != nil && content != nil && bytes.Equal(content, v.content):
		return answer{status: http.StatusNoContent, header: http.Header{}, version: v}, true
	default:
		return o.refuse(x, v), true
	}
}

// refuse answers a request whose condition is false. v is the version that it was compared with.
func (o *Origin) refuse(x *exchange, v *version) answer {
	a := problem(http.StatusPreconditionFailed, "The resource is not in the state that the request was made for.")
	if x.plan.refusal != nil {
		a = x.plan.refusal.answer()
	}
	a.version = v
	return a
}

// store makes content the newest version of the resource at path and answers in the form that the
// client prefers (RFC 7240 §4.2): with the representation, or only with its tag.
func (o *Origin) store(x *exchange, path string, content []byte, contentType string) answer {
	r := o.resource(path)
	status := http.StatusOK
	if r.current == nil {
		status = http.StatusCreated
	}
	stored := content
	if o.opts.Transform != nil {
		stored = bytes.Clone(o.opts.Transform(path, r.last+1, bytes.Clone(content)))
	}
	r.write(stored, contentType, o.opts.Now())

	a := answer{status: status, header: http.Header{}, version: r.current}
	prefer := returnPreference(x.header)
	if prefer == "representation" {
		a = representation(status, r.current)
		a.header.Set("Content-Location", path)
	} else if status == http.StatusOK {
		a.status = http.StatusNoContent
	}
	if prefer != "" {
		a.header.Set("Preference-Applied", "return="+prefer)
	}
	a.header.Add("Vary", "Prefer")
	a.applied = true
	switch o.opts.WriteTags {
	case HonestWriteTags:
		a.validators = a.body != nil || bytes.Equal(stored, content) || x.method == http.MethodPatch
	case BlindWriteTags:
		a.validators = true
	default:
		a.validators = false
	}
	return a
}

// returnPreference is "representation", "minimal" or "" (RFC 7240 §4.2).
func returnPreference(h http.Header) string {
	for preference := range strings.SplitSeq(strings.Join(h.Values("Prefer"), ","), ",") {
		preference, _, _ = strings.Cut(preference, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "return") {
			continue
		}
		switch value = strings.Trim(strings.TrimSpace(value), `"`); value {
		case "representation", "minimal":
			return value
		}
	}
	return ""
}

// selected returns what the conditions of a request for v are compared with; v is nil when there is
// nothing.
func (o *Origin) selected(v *version) selected {
	if v == nil {
		return selected{}
	}
	s := selected{exists: true, tag: o.opts.Tags.tag(v)}
	if !o.opts.HideLastModified {
		s.modified = v.modified.Truncate(time.Second)
	}
	return s
}

func (o *Origin) full() bool { return len(o.resources) >= maxResources }

func noRoom() answer {
	return problem(http.StatusInsufficientStorage, "The server holds no more resources.")
}
