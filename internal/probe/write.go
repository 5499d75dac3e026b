package probe

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
)

// writer writes to a disposable resource, and puts back what it found.
type writer struct {
	*prober
	*Writes
	found   *state
	now     *state // as last read
	earlier *state // before the last write that made a new version; nil if none did
	altered bool   // something was taken that is not what was found
	useless bool   // PUT is refused for reasons that no condition has
}

// write makes the requests that change the resource if conditions are ignored.
func (p *prober) write(ctx context.Context, first *state) error {
	w := &writer{prober: p, Writes: new(Writes), found: first, now: first}
	p.report.Writes = w.Writes
	if w.Skipped = unwritable(first); w.Skipped != "" {
		return nil
	}
	err := w.puts(ctx)
	if err == nil {
		err = w.patches(ctx)
	}
	w.restore(ctx)
	return err
}

// unwritable says why what was read cannot be written again.
func unwritable(s *state) string {
	switch c := s.header.Get("Content-Encoding"); {
	case s.status != http.StatusOK:
		return "a proxy transformed the content (203)"
	case s.cut:
		return "the content is longer than Options.MaxBody"
	case c != "" && !strings.EqualFold(c, "identity"):
		return "the content came compressed although identity was asked for"
	}
	return ""
}

// condition is the field of a request that guards a write; nil if there is none.
type condition [][2]string

// guard is what guards a write of what s shows.
func (w *writer) guard(s *state) condition {
	switch {
	case s.tag.Value != "" && w.Stripped.Taken():
		return condition{{"If-Match", string(strip(s.tag.Value))}}
	case s.tag.Value != "":
		return condition{{"If-Match", string(s.tag.Value)}}
	case s.date != "":
		return condition{{"If-Unmodified-Since", s.date}}
	}
	return nil
}

// unmet is a condition of the kind that guards here and that cannot hold.
func (w *writer) unmet() condition {
	if w.found.tag.Value == "" && w.found.date != "" {
		return condition{{"If-Unmodified-Since", dayBefore(w.found.date)}}
	}
	return condition{{"If-Match", wrongTag(w.found.tag)}}
}

func (w *writer) put(ctx context.Context, purpose string, c condition, content []byte) (Write, *answer, error) {
	return w.change(ctx, request{method: http.MethodPut, purpose: purpose, content: content}, c,
		w.found.header.Get("Content-Type"))
}

// change sends one write. The representation is asked for, as ifmatch does (RFC 7240 §4.2).
func (w *writer) change(ctx context.Context, r request, c condition, mediaType string) (Write, *answer, error) {
	if r.content == nil {
		r.content = []byte{}
	}
	r.set = slices.Clone(c)
	if w.header.Get("Prefer") == "" {
		r.set = append(r.set, [2]string{"Prefer", "return=representation"})
	}
	if mediaType != "" && (r.method == http.MethodPatch || w.header.Get("Content-Type") == "") {
		r.set = append(r.set, [2]string{"Content-Type", mediaType})
	}
	if l := w.found.header.Get("Content-Language"); l != "" {
		r.set = append(r.set, [2]string{"Content-Language", l})
	}
	out := Write{Sent: true}
	if len(c) > 0 {
		out.Condition = c[0][0] + ": " + c[0][1]
	}
	a, err := w.send(ctx, r)
	if err != nil {
		return out, nil, err
	}
	w.note(a)
	out.Status, out.Err, out.Refusal = a.status, a.err, a.refusal()
	return out, a, nil
}

// look reads the resource again, past caches, and reports whether it is another version: by its tag
// or its content, and where there is no tag by its date.
func (w *writer) look(ctx context.Context) (moved bool, err error) {
	a, err := w.send(ctx, request{method: http.MethodGet, purpose: "what is there now?", set: fresh})
	if err != nil {
		return false, err
	}
	s := w.state(ctx, a)
	if unwritable(s) != "" {
		return false, nil // what was read before stays what is written
	}
	moved = s.tag.Value != w.now.tag.Value || !bytes.Equal(s.content, w.now.content) ||
		s.tag.Value == "" && s.header.Get("Last-Modified") != w.now.header.Get("Last-Modified")
	if moved {
		w.earlier = w.now
	}
	w.now = s
	return moved, nil
}
