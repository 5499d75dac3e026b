package checker

import (
	"fmt"
	"slices"
	"strings"
)

// Doc is the document that all workloads write to. The tags tell the library how Save merges.
type Doc struct {
	N     int      `json:"n" merge:"counter"`
	Stock int      `json:"stock"`
	Items []string `json:"items" merge:"set"`
	Queue []string `json:"queue"`
	A     string   `json:"a"`
	B     string   `json:"b"`
	C     string   `json:"c"`
	Held  bool     `json:"held"`
}

// State is a Doc, or its absence, in a form that can be compared. Items have no order, and texts no
// case, because some origins store them in lower case.
type State struct {
	Present  bool
	N, Stock int
	Items    string
	Queue    string
	A, B, C  string
	Held     bool
}

// StateOf returns the state in which a document puts a resource.
func StateOf(d Doc) State {
	items := slices.Sorted(slices.Values(d.Items))
	return State{
		Present: true, N: d.N, Stock: d.Stock,
		Items: strings.Join(items, " "), Queue: strings.Join(d.Queue, " "),
		A: strings.ToLower(d.A), B: strings.ToLower(d.B), C: strings.ToLower(d.C), Held: d.Held,
	}
}

// Doc returns a document that has this state.
func (s State) Doc() Doc {
	return Doc{
		N: s.N, Stock: s.Stock, Items: strings.Fields(s.Items), Queue: strings.Fields(s.Queue),
		A: s.A, B: s.B, C: s.C, Held: s.Held,
	}
}

func (s State) String() string {
	if !s.Present {
		return "absent"
	}
	return fmt.Sprintf("n=%d stock=%d items=[%s] queue=[%s] a=%q b=%q c=%q held=%v",
		s.N, s.Stock, s.Items, s.Queue, s.A, s.B, s.C, s.Held)
}

// Clone returns a copy that shares nothing. Its arrays are never nil, so that they are written as
// arrays.
func (d Doc) Clone() Doc {
	d.Items = append([]string{}, d.Items...)
	d.Queue = append([]string{}, d.Queue...)
	return d
}

// ActKind says what an edit does to a document.
type ActKind int

// The kinds of acts.
const (
	Add     ActKind = iota // adds By to n
	Append                 // appends Value to items without looking
	Contain                // appends Value to items unless it is there
	Set                    // sets member Key to Value
	Take                   // takes one of the stock, if there is one
	Push                   // appends Value to the queue
	Pop                    // removes the head of the queue
)

var actNames = []string{"add", "append", "contain", "set", "take", "push", "pop"}

// Act is one edit.
type Act struct {
	Kind  ActKind
	Key   string
	Value string
	By    int
}

func (a Act) String() string {
	switch a.Kind {
	case Add:
		return fmt.Sprintf("add %+d", a.By)
	case Set:
		return fmt.Sprintf("set %s=%s", a.Key, a.Value)
	case Take, Pop:
		return actNames[a.Kind]
	default:
		return actNames[a.Kind] + " " + a.Value
	}
}

// Do applies the act and returns what its caller learns: the item that was taken or popped, empty if
// there was none.
func (a Act) Do(d *Doc) (result string) {
	switch a.Kind {
	case Add:
		d.N += a.By
	case Append:
		d.Items = append(d.Items, a.Value)
	case Contain:
		if !slices.Contains(d.Items, a.Value) {
			d.Items = append(d.Items, a.Value)
		}
	case Set:
		*d.member(a.Key) = a.Value
	case Take:
		if d.Stock > 0 {
			d.Stock--
			return "one"
		}
	case Push:
		d.Queue = append(d.Queue, a.Value)
	case Pop:
		if len(d.Queue) > 0 {
			result = d.Queue[0]
			d.Queue = append([]string{}, d.Queue[1:]...)
		}
	}
	return result
}

func (d *Doc) member(name string) *string {
	switch name {
	case "a":
		return &d.A
	case "b":
		return &d.B
	default:
		return &d.C
	}
}

// MergeDocs is the three-way merge that Save is asked for: n counts, items are a set, and every other
// member goes to the side that changed it. It reports false where both sides did, differently.
func MergeDocs(base, local, remote Doc) (Doc, bool) {
	out := remote.Clone()
	out.N = remote.N + local.N - base.N
	for _, v := range base.Items {
		if !slices.Contains(local.Items, v) {
			out.Items = slices.DeleteFunc(out.Items, func(x string) bool { return x == v })
		}
	}
	for _, v := range local.Items {
		if !slices.Contains(base.Items, v) && !slices.Contains(out.Items, v) {
			out.Items = append(out.Items, v)
		}
	}
	if StateOf(Doc{Items: base.Items}) != StateOf(Doc{Items: remote.Items}) {
		// What is merged is a set, also where an act was done twice.
		seen := map[string]bool{}
		out.Items = slices.DeleteFunc(out.Items, func(v string) bool {
			again := seen[v]
			seen[v] = true
			return again
		})
	}
	for _, name := range []string{"a", "b", "c"} {
		was, want, is := *base.member(name), *local.member(name), *remote.member(name)
		switch {
		case strings.EqualFold(was, want), strings.EqualFold(want, is):
		case strings.EqualFold(was, is):
			*out.member(name) = want
		default:
			return remote, false
		}
	}
	return out, true
}
