package jsonmerge

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// DefaultMaxLines is the number of lines of the largest text that [MergeText] takes unless
// [TextOptions] says otherwise.
const DefaultMaxLines = 1 << 20

// TextOptions varies [MergeText]. A nil pointer and the zero value mean the defaults.
type TextOptions struct {
	// MaxBytes and MaxLines limit each of the three documents. Zero and below mean
	// [DefaultMaxBytes] and [DefaultMaxLines]. While it works MergeText needs about 150 bytes for
	// each line of a document, besides copies of the documents and the result.
	MaxBytes, MaxLines int

	// Resolve, if not nil, is asked for each conflict, in order. With ok true the text it returns
	// (which may be empty) stands in the result as it is: unless it comes last it should end in a
	// newline. With ok false the conflict remains. MergeText calls it from the caller's goroutine
	// and does not recover its panics.
	Resolve func(TextConflict) (text []byte, ok bool)
}

// TextConflict is a place that local and remote changed in different ways. Lines count from 0; the
// texts are the lines with their ends, byte for byte. They share memory with the documents;
// appending to them copies.
type TextConflict struct {
	Hunk
	BaseText, LocalText, RemoteText []byte
}

// TextConflictError is the error of [MergeText] when local and remote changed the same place in
// different ways.
type TextConflictError struct {
	// Conflicts has at least one conflict, in the order of the documents, none that [TextOptions]
	// resolved. What lies between them merged cleanly.
	Conflicts []TextConflict

	merge *textMerge // for Marked
}

// Error says how many conflicts there are and where the first one lies, counting lines from 1. It
// quotes no content.
func (e *TextConflictError) Error() string {
	if len(e.Conflicts) == 0 {
		return "jsonmerge: text conflict"
	}
	c := e.Conflicts[0]
	where := fmt.Sprintf("at line %d of base, %d of local, %d of remote",
		c.Base.Start+1, c.Local.Start+1, c.Remote.Start+1)
	if len(e.Conflicts) == 1 {
		return "jsonmerge: text conflict " + where
	}
	return fmt.Sprintf("jsonmerge: %d text conflicts, the first %s", len(e.Conflicts), where)
}

// TextLimitError is the error of [MergeText] when a document is larger than [TextOptions] allow.
type TextLimitError struct {
	Document string // "base", "local" or "remote"
	Unit     string // "bytes" or "lines"
	Limit    int
}

// Error says which document is too large, and what the limit is.
func (e *TextLimitError) Error() string {
	return fmt.Sprintf("jsonmerge: the %s text has more than %d %s", e.Document, e.Limit, e.Unit)
}

// MergeText merges the changes that lead from base to local with those that lead from base to
// remote, line by line.
//
// The rule is git's: changes that share a line of base, or that touch without an unchanged line
// between them, belong together; so do two insertions into the same gap. What one side changed is
// taken from that side. What both changed to the same lines is taken once. All else is a conflict,
// also two deletions that touch. Any conflict makes the result nil and the error a
// [*TextConflictError], from which text with conflict markers can be had; a document beyond the
// limits makes it a [*TextLimitError]. There are no other errors.
//
// A line ends in "\n", or at the end of the document. Its end is part of the line: a line that ends
// in "\r\n" differs from the same line with "\n", and a last line without a newline differs from
// one with. Bytes are copied, never decoded, so the text may be in any encoding that leaves "\n"
// alone. An absent text (nil) is an empty one.
//
// Time and memory are linear in the size of the documents. In documents that differ in very many
// places the comparison gets coarser (see the limits in [TextOptions] for a harder bound): more may
// then be reported as conflicting than must be, but nothing is lost.
//
// MergeText does not change its arguments and may be called concurrently. The result may be one of
// the arguments itself, and a [*TextConflictError] refers to all three: a caller that changes any
// of them in place copies first.
func MergeText(base, local, remote []byte, opts *TextOptions) ([]byte, error) {
	if opts == nil {
		opts = new(TextOptions)
	}
	if err := opts.check(base, local, remote); err != nil {
		return nil, err
	}
	if merged, ok := mergeTextEqual(base, local, remote); ok {
		return merged, nil
	}
	m := newTextMerge(base, local, remote)
	if conflicts := m.conflicts(opts.Resolve); len(conflicts) > 0 {
		return nil, &TextConflictError{Conflicts: conflicts, merge: m}
	}
	return m.merged(), nil
}

// mergeText is MergeText for the values of strings, whose limits are those of the document that
// holds them. When ok is false it returns the hunks in conflict.
func mergeText(base, local, remote []byte) (merged []byte, hunks []Hunk, ok bool) {
	if merged, ok := mergeTextEqual(base, local, remote); ok {
		return merged, nil, true
	}
	m := newTextMerge(base, local, remote)
	for _, reg := range m.regions {
		if reg.kind == regionBoth {
			hunks = append(hunks, reg.Hunk)
		}
	}
	if len(hunks) > 0 {
		return nil, hunks, false
	}
	return m.merged(), nil, true
}

// mergeTextEqual merges when two of the documents are equal, which needs no look at their lines.
func mergeTextEqual(base, local, remote []byte) (merged []byte, ok bool) {
	switch {
	case bytes.Equal(base, remote), bytes.Equal(local, remote):
		return slices.Clip(local), true
	case bytes.Equal(base, local):
		return slices.Clip(remote), true
	}
	return nil, false
}

func (o *TextOptions) check(base, local, remote []byte) error {
	maxBytes := orDefault(o.MaxBytes, DefaultMaxBytes)
	maxLines := min(orDefault(o.MaxLines, DefaultMaxLines), math.MaxInt32/3) // an int32 numbers the lines of all three
	names := [...]string{"base", "local", "remote"}
	for i, text := range [...][]byte{base, local, remote} {
		if len(text) > maxBytes {
			return &TextLimitError{names[i], "bytes", maxBytes}
		}
		if countLines(text) > maxLines {
			return &TextLimitError{names[i], "lines", maxLines}
		}
	}
	return nil
}

// textMerge is the comparison of three texts.
type textMerge struct {
	base, local, remote textLines
	regions             []region
	resolved            map[int][]byte // by index of a regionBoth: the text that stands there
}

func newTextMerge(base, local, remote []byte) *textMerge {
	m := &textMerge{base: splitLines(base), local: splitLines(local), remote: splitLines(remote)}
	baseIDs, localIDs, remoteIDs := internLines(&m.base, &m.local, &m.remote)
	m.local.ids, m.remote.ids = localIDs, remoteIDs
	m.regions = threeWay(baseIDs, localIDs, remoteIDs, true)
	return m
}

// conflicts returns the conflicts that resolve, which may be nil, leaves.
func (m *textMerge) conflicts(resolve func(TextConflict) ([]byte, bool)) []TextConflict {
	var list []TextConflict
	for i, reg := range m.regions {
		if reg.kind != regionBoth {
			continue
		}
		c := TextConflict{reg.Hunk, m.base.lines(reg.Base), m.local.lines(reg.Local), m.remote.lines(reg.Remote)}
		if resolve != nil {
			if text, ok := resolve(c); ok {
				if m.resolved == nil {
					m.resolved = make(map[int][]byte)
				}
				m.resolved[i] = text
				continue
			}
		}
		list = append(list, c)
	}
	return list
}

// text returns what the result has in region i, which is no conflict or a resolved one.
func (m *textMerge) text(i int) []byte {
	switch reg := m.regions[i]; reg.kind {
	case regionRemote:
		return m.remote.lines(reg.Remote)
	case regionBoth:
		return m.resolved[i]
	default:
		return m.local.lines(reg.Local)
	}
}

// merged joins the regions. There is no conflict left in them.
func (m *textMerge) merged() []byte {
	size := 0
	for i := range m.regions {
		size += len(m.text(i))
	}
	out := make([]byte, 0, size)
	for i := range m.regions {
		out = append(out, m.text(i)...)
	}
	return out
}
