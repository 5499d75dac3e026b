package probe

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// putBackTime bounds the restoring of a run whose context has ended.
const putBackTime = 10 * time.Second

// restore puts back what was found, if anything is different apart from what the server writes
// itself. Its failures are in the report and not an error: the run's own error matters more.
func (w *writer) restore(ctx context.Context) {
	if !slices.ContainsFunc(w.report.Exchanges, func(e Exchange) bool {
		return unsafe(e.Method) && (e.Status == 0 || e.Status/100 != 4)
	}) {
		w.Restored = Yes // every write was refused
		return
	}
	w.putsBack, w.failed = true, 0
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), putBackTime)
		defer cancel()
	}
	w.Restored = Unclear
	a, err := w.send(ctx, request{method: http.MethodGet, purpose: "is what was found still there?", set: fresh})
	if err != nil || a.status != http.StatusOK && a.status != http.StatusNotFound && a.status != http.StatusGone {
		return
	}
	guard := condition{{"If-None-Match", "*"}}
	if a.status == http.StatusOK {
		w.now = w.state(ctx, a)
		if w.asFound() {
			w.Restored = Yes
			return
		}
		guard = w.guard(w.now)
	} else {
		w.now = w.found
	}
	if _, _, err := w.put(ctx, "put back what was found", guard, w.original()); err != nil {
		return
	}
	w.altered = false // the same JSON with other white space is not worth another attempt
	a, err = w.send(ctx, request{method: http.MethodGet, purpose: "is it there again?", set: fresh})
	if err != nil || a.status != http.StatusOK {
		return
	}
	w.now = w.state(ctx, a)
	w.Restored = verdict(w.asFound())
}

func unsafe(method string) bool { return method == http.MethodPut || method == http.MethodPatch }

// original is what was found, under the version that it would replace if that guards.
func (w *writer) original() []byte {
	content := w.found.content
	if w.OldMemberRefused == No {
		return content
	}
	for _, m := range w.now.members {
		if renewed, err := pointer(m.Pointer).Set(content, []byte(m.Value)); err == nil {
			content = renewed
		}
	}
	return content
}

// asFound reports whether the resource is what it was, but for what the server sets itself, and
// lists in Left what is not.
func (w *writer) asFound() bool {
	w.Left = nil
	if bytes.Equal(w.found.content, w.now.content) {
		return true
	}
	places, ok := differences(w.found.content, w.now.content)
	if !ok {
		w.Left = []string{""} // the whole of it
		return false
	}
	for _, place := range places {
		own := func(p string) bool { return place == p || strings.HasPrefix(place, p+"/") }
		member := func(m Member) bool { return place == m.Pointer && w.OldMemberRefused != No }
		if !slices.ContainsFunc(w.Sets, own) && !slices.ContainsFunc(w.found.members, member) {
			w.Left = append(w.Left, place)
		}
	}
	return len(w.Left) == 0 && !w.altered
}
