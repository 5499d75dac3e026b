package jsonmerge

import (
	"bytes"
	"fmt"
)

// Merge joins the changes that local and remote made to base, and returns the merged document. A
// nil document is absent: one that was created or deleted; merging can come out as nil, too.
//
// What only one side changed is taken from that side. What both changed is merged member by member
// in objects and element by element in arrays, and by the rules in opts. What is left is a
// conflict: opts.Resolve decides it, or the error is a [*ConflictError] that lists all of them.
// Spans that no side changed come out byte for byte: order of members, white space, spelling of
// numbers and strings. Members stand in local's order, those only in remote after them.
//
// To write over a resource that changed again, merge the same base and local with the newest
// remote; merging a result once more with an older remote as the base can lose changes.
//
// The documents must pass [Check] within opts.Limits; the error is then a [*SyntaxError] or
// [*LimitError], wrapped to say which document it is. The result never shares memory with the
// arguments, which are not changed. Time and memory grow with the size of the documents, n log n at
// most. Merge may be called concurrently.
func Merge(base, local, remote []byte, opts *Options) ([]byte, error) {
	if opts == nil {
		opts = &Options{}
	}
	arrays, err := opts.arraysPlan()
	if err != nil {
		return nil, err
	}
	var docs [3]document
	defer func() {
		for i := range docs {
			docs[i].release()
		}
	}()
	var like *document
	for i, raw := range [][]byte{base, local, remote} {
		if raw == nil {
			continue
		}
		var err error
		if docs[i], err = parseLike(raw, opts.Limits, like); err != nil {
			return nil, fmt.Errorf("%s document: %w", [...]Side{Base, Local, Remote}[i], err)
		}
		if like == nil {
			like = &docs[i]
		}
	}
	// Nobody else wrote, or our write did land after all: the commonest cases of a retry.
	if same(base, remote) {
		return bytes.Clone(local), nil
	}
	if same(base, local) {
		return bytes.Clone(remote), nil
	}
	m := merger{
		versions:     newVersions(&docs[0], &docs[1], &docs[2]),
		opts:         opts,
		arrays:       arrays,
		walk:         newRuleWalk(opts.Rules.ruleSet),
		maxConflicts: opts.Limits.conflicts(),
	}
	return m.run()
}

// same reports whether two documents are both absent or have the same bytes.
func same(a, b []byte) bool {
	return (a == nil) == (b == nil) && bytes.Equal(a, b)
}

// run merges the roots and what stands around them.
func (m *merger) run() ([]byte, error) {
	base, local, remote := len(m.base.raw), len(m.local.raw), len(m.remote.raw)
	m.out.buf = make([]byte, 0, max(local, remote, local+remote-base)+16)

	var outer policy
	if m.opts.AddAddObjects {
		outer.added.is = mergeAdded
	}
	b, l, r := m.base.root(), m.local.root(), m.remote.root()
	if l != absent {
		m.out.copy(m.local, 0, m.local.start(l))
	}
	present, done := m.unchanged(b, l, r)
	if !done {
		present = m.changed(b, l, r, outer)
	}
	if m.err != nil {
		return nil, m.err
	}
	var merged []byte
	if present {
		if l != absent {
			m.out.copy(m.local, m.local.end(l), len(m.local.raw))
		}
		m.out.flush()
		merged = m.out.buf
	}
	if len(m.conflicts)+m.omitted > 0 {
		return nil, &ConflictError{Conflicts: m.conflicts, Omitted: m.omitted, Partial: merged, StandIn: m.opts.StandIn}
	}
	return merged, nil
}
