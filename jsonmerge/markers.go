package jsonmerge

import (
	"bytes"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
)

// MarkerStyle says how [TextConflictError.Marked] shows a conflict. The styles are those of git's
// merge.conflictStyle.
type MarkerStyle int

const (
	// MarkersMerge shows local and remote. Lines on which they agree are moved out of the conflict,
	// and conflicts with little between them (no more than three lines, or no letter or digit) are
	// shown as one. The default.
	MarkersMerge MarkerStyle = iota
	// MarkersDiff3 shows local, base and remote, all that belongs to the conflict.
	MarkersDiff3
	// MarkersZdiff3 is MarkersDiff3 with the lines moved out on which local and remote agree at the
	// start and at the end.
	MarkersZdiff3
)

// String returns git's name of the style: "merge", "diff3" or "zdiff3".
func (s MarkerStyle) String() string {
	switch s {
	case MarkersDiff3:
		return "diff3"
	case MarkersZdiff3:
		return "zdiff3"
	default:
		return "merge"
	}
}

// MarkerOptions varies [TextConflictError.Marked]. A nil pointer and the zero value mean the
// defaults.
type MarkerOptions struct {
	// Style defaults to MarkersMerge.
	Style MarkerStyle
	// The labels stand after the markers. They default to "local", "base" and "remote"; line breaks
	// and other control characters in them become spaces.
	LocalLabel, BaseLabel, RemoteLabel string
	// Size is the number of characters in a marker, 7 for zero and below. A text that has lines
	// like markers of its own needs another size.
	Size int
}

// Marked returns the whole text for a person to finish, with each conflict between lines of
// "<<<<<<<", "=======" and ">>>>>>>" (and "|||||||" before base's lines in the diff3 styles), as
// git merge-file writes it; the markers' line ends are those of the text. What merged cleanly, and
// what [TextOptions] resolved, stands there merged.
//
// It is for showing: the text is no merge result, and a program decides from Conflicts instead.
// Marked returns nil for an error that [MergeText] did not make. It may be called concurrently.
func (e *TextConflictError) Marked(opts *MarkerOptions) []byte {
	if e.merge == nil {
		return nil
	}
	if opts == nil {
		opts = new(MarkerOptions)
	}
	w := markerWriter{m: e.merge, style: opts.Style, size: opts.Size}
	if w.size <= 0 {
		w.size = 7
	}
	w.local = markerLabel(opts.LocalLabel, "local")
	w.base = markerLabel(opts.BaseLabel, "base")
	w.remote = markerLabel(opts.RemoteLabel, "remote")

	shown := e.merge.shown(opts.Style)
	if opts.Style != MarkersDiff3 && opts.Style != MarkersZdiff3 {
		shown = e.merge.joinNear(shown)
	}
	for _, s := range shown {
		if s.conflict {
			w.write(s.Hunk)
		} else {
			w.out = append(w.out, s.text...)
		}
	}
	return w.out
}

// shownText is a stretch of the text to show: a conflict, or text that goes as it is.
type shownText struct {
	conflict bool
	Hunk     // of a conflict
	text     []byte
	// common says that the text stands in local and in remote alike, so that it may become part of
	// a conflict around it; then its ranges are set.
	common bool
}

// shown cuts the merge into stretches, the conflicts as small as the style shows them.
func (m *textMerge) shown(style MarkerStyle) []shownText {
	var list []shownText
	for i, reg := range m.regions {
		if _, resolved := m.resolved[i]; reg.kind != regionBoth || resolved {
			common := reg.kind == regionStable || reg.kind == regionSame
			list = append(list, shownText{Hunk: reg.Hunk, text: m.text(i), common: common})
			continue
		}
		switch style {
		case MarkersDiff3:
			list = append(list, shownText{conflict: true, Hunk: reg.Hunk})
		case MarkersZdiff3:
			list = m.trimmed(list, reg.Hunk)
		default:
			list = m.refined(list, reg.Hunk)
		}
	}
	return list
}

// trimmed appends a conflict without the lines on which local and remote agree at its start and
// end.
func (m *textMerge) trimmed(list []shownText, h Hunk) []shownText {
	l, r := m.local.ids[h.Local.Start:h.Local.End], m.remote.ids[h.Remote.Start:h.Remote.End]
	prefix, suffix := 0, 0
	for prefix < len(l) && prefix < len(r) && l[prefix] == r[prefix] {
		prefix++
	}
	for suffix < len(l)-prefix && suffix < len(r)-prefix && l[len(l)-1-suffix] == r[len(r)-1-suffix] {
		suffix++
	}
	before := Range{h.Local.Start, h.Local.Start + prefix}
	after := Range{h.Local.End - suffix, h.Local.End}
	h.Local = Range{before.End, after.Start}
	h.Remote = Range{h.Remote.Start + prefix, h.Remote.End - suffix}
	return append(list,
		shownText{text: m.local.lines(before)},
		shownText{conflict: true, Hunk: h},
		shownText{text: m.local.lines(after)})
}

// refined appends a conflict as the places in which local and remote differ from each other.
func (m *textMerge) refined(list []shownText, h Hunk) []shownText {
	l, r := m.local.ids[h.Local.Start:h.Local.End], m.remote.ids[h.Remote.Start:h.Remote.End]
	var i, j int
	emit := func(toL, toR int, conflict bool) {
		if i == toL && j == toR {
			return
		}
		s := shownText{conflict: conflict, common: !conflict}
		s.Local = Range{h.Local.Start + i, h.Local.Start + toL}
		s.Remote = Range{h.Remote.Start + j, h.Remote.Start + toR}
		if !conflict {
			s.text = m.local.lines(s.Local)
		}
		list = append(list, s)
		i, j = toL, toR
	}
	for _, run := range lcs.Common(l, r) {
		emit(run.A, run.B, true)
		emit(run.A+run.N, run.B+run.N, false)
	}
	emit(len(l), len(r), true)
	return list
}

// joinNear joins conflicts that have only common text between them, and little of that.
func (m *textMerge) joinNear(list []shownText) []shownText {
	out := list[:0]
	last := -1 // index in out of a conflict with only common text after it
	for _, s := range list {
		if s.conflict && last >= 0 {
			between := Range{out[last].Local.End, s.Local.Start}
			if between.Len() <= 3 || !hasAlphanumeric(m.local.lines(between)) {
				out[last].Local.End, out[last].Remote.End = s.Local.End, s.Remote.End
				out = out[:last+1]
				continue
			}
		}
		out = append(out, s)
		if s.conflict {
			last = len(out) - 1
		} else if !s.common {
			last = -1
		}
	}
	return out
}

// hasAlphanumeric reports whether text has an ASCII letter or digit, the test that git applies.
func hasAlphanumeric(text []byte) bool {
	return bytes.ContainsFunc(text, func(r rune) bool {
		return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	})
}

// markerWriter writes conflicts.
type markerWriter struct {
	m                   *textMerge
	out                 []byte
	style               MarkerStyle
	size                int
	local, base, remote string // labels with a space before them
}

func (w *markerWriter) write(h Hunk) {
	end := w.m.markerEnd(h)
	w.marker("<", w.local, end)
	w.lines(w.m.local.lines(h.Local), end)
	if w.style == MarkersDiff3 || w.style == MarkersZdiff3 {
		w.marker("|", w.base, end)
		w.lines(w.m.base.lines(h.Base), end)
	}
	w.marker("=", "", end)
	w.lines(w.m.remote.lines(h.Remote), end)
	w.marker(">", w.remote, end)
}

func (w *markerWriter) marker(char, label, end string) {
	w.out = append(w.out, strings.Repeat(char, w.size)...)
	w.out = append(w.out, label...)
	w.out = append(w.out, end...)
}

// lines writes the lines of one side; a last line without an end gets one, so that the marker
// stands on its own line.
func (w *markerWriter) lines(text []byte, end string) {
	w.out = append(w.out, text...)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		w.out = append(w.out, end...)
	}
}

func markerLabel(label, ifEmpty string) string {
	if label == "" {
		label = ifEmpty
	}
	return " " + strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, label)
}

// markerEnd returns the line end of the markers of a conflict: "\r\n" when the first line of base
// has it, unless the lines before the conflict in local or in remote have "\n" alone. This is git's
// rule.
func (m *textMerge) markerEnd(h Hunk) string {
	local, remote := m.local.lineEnd(h.Local.Start-1), m.remote.lineEnd(h.Remote.Start-1)
	if local != "\n" && remote != "\n" && m.base.lineEnd(0) == "\r\n" {
		return "\r\n"
	}
	return "\n"
}
