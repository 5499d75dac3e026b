package ifmatchtest

import (
	"bytes"
	"time"
)

// version is one state of a resource; it does not change once made.
type version struct {
	number      int
	content     []byte
	contentType string
	modified    time.Time
}

// resource is what stands at a path: its current version, the one before (for stale reads), and how
// many there have been. It outlives a deletion, so that no version number and no tag is used twice.
type resource struct {
	last     int
	current  *version // nil when absent
	previous *version
	members  int // the number of the newest member that a POST created below
}

func (r *resource) write(content []byte, contentType string, now time.Time) {
	if r.current != nil {
		r.previous = r.current
	}
	r.last++
	r.current = &version{number: r.last, content: content, contentType: contentType, modified: now}
}

func (r *resource) edit(f func([]byte) []byte, now time.Time) {
	var old []byte
	contentType := "application/json"
	if r.current != nil {
		old, contentType = bytes.Clone(r.current.content), r.current.contentType
	}
	r.write(bytes.Clone(f(old)), contentType, now)
}

func (r *resource) remove() {
	if r.current != nil {
		r.previous, r.current = r.current, nil
	}
}

// read returns the current version, or with stale the one before it if there was one. A nil
// resource has none.
func (r *resource) read(stale bool) *version {
	switch {
	case r == nil:
		return nil
	case stale && r.previous != nil:
		return r.previous
	default:
		return r.current
	}
}

func (r *resource) versions() int {
	if r == nil {
		return 0
	}
	return r.last
}
