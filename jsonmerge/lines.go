package jsonmerge

import (
	"bytes"
	"slices"
)

// textLines is a text cut into lines.
type textLines struct {
	text []byte
	ends []int   // the offset after each line's end
	ids  []int32 // equal lines of any of the three texts have equal ids
}

func countLines(text []byte) int {
	n := bytes.Count(text, newline)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

var newline = []byte("\n")

func splitLines(text []byte) textLines {
	ends := make([]int, 0, countLines(text))
	for at := 0; at < len(text); {
		n := bytes.IndexByte(text[at:], '\n') + 1
		if n == 0 {
			n = len(text) - at
		}
		at += n
		ends = append(ends, at)
	}
	return textLines{text: text, ends: ends}
}

// offset returns where line i starts, or the end of the text when there are i lines.
func (t *textLines) offset(i int) int {
	if i == 0 {
		return 0
	}
	return t.ends[i-1]
}

func (t *textLines) line(i int) []byte { return t.text[t.offset(i):t.ends[i]] }

func (t *textLines) lines(r Range) []byte {
	return slices.Clip(t.text[t.offset(r.Start):t.offset(r.End)])
}

// internLines numbers the distinct lines of three texts. Most lines of local and remote follow in
// base on the line that matched before them: a comparison with that one saves the look-up.
func internLines(base, local, remote *textLines) (b, l, r []int32) {
	table := lineTable{ids: make(map[string]int32, len(base.ends)), last: make([]int32, 0, len(base.ends))}
	b = table.number(base, nil, nil)
	l = table.number(local, base, b)
	r = table.number(remote, base, b)
	return b, l, r
}

// lineTable holds the lines seen so far.
type lineTable struct {
	ids  map[string]int32
	last []int32 // by id: the last place in base, -1 for none
}

// number gives each line of t its id. A nil base means that t is base.
func (table *lineTable) number(t, base *textLines, baseIDs []int32) []int32 {
	ids := make([]int32, len(t.ends))
	var keys string // t.text as a string, made once and only when a line is new
	expected := 0
	for i := range ids {
		line := t.line(i)
		if base != nil && expected < len(baseIDs) && bytes.Equal(line, base.line(expected)) {
			ids[i] = baseIDs[expected]
			expected++
			continue
		}
		id, known := table.ids[string(line)]
		if !known {
			if keys == "" {
				keys = string(t.text)
			}
			id = int32(len(table.last))
			table.ids[keys[t.offset(i):t.ends[i]]] = id
			table.last = append(table.last, -1)
		}
		ids[i] = id
		if base == nil {
			table.last[id] = int32(i)
		} else if at := table.last[id]; at >= 0 {
			expected = int(at) + 1
		}
	}
	return ids
}

// lineEnd returns how line i ends, or the line before it when it is a last line without an end; ""
// means that there is no line to tell by. The line before the first is the first.
func (t *textLines) lineEnd(i int) string {
	i = max(0, i)
	if i == len(t.ends)-1 && t.text[len(t.text)-1] != '\n' {
		i--
	}
	switch {
	case i < 0 || i >= len(t.ends):
		return ""
	case bytes.HasSuffix(t.line(i), []byte("\r\n")):
		return "\r\n"
	default:
		return "\n"
	}
}
