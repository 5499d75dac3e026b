package ifmatch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// differences finds where two documents differ, apart from what is left aside.
type differences struct {
	aside []jsonmerge.Pointer // the token * stands for any name or index
	at    jsonmerge.Pointer   // what is being compared
	found []string            // JSON Pointers, one more than is shown at most
}

const (
	maxDifferences = 5  // shown; what a server sends must not decide how long an error is
	maxDescent     = 32 // levels; what differs further in is found where it begins
)

// differencesOf compares two documents. Documents that do not mean one thing differ as a whole.
func differencesOf(a, b []byte, aside []jsonmerge.Pointer) *differences {
	d := &differences{aside: aside}
	for _, doc := range [][]byte{a, b} {
		if jsonmerge.Check(doc, jsonmerge.Limits{}) != nil {
			d.found = []string{""}
			return d
		}
	}
	d.compare(a, b)
	return d
}

func (d *differences) compare(a, b json.RawMessage) {
	if equal, err := jsonmerge.Equal(a, b); err == nil && equal {
		return
	}
	var x, y map[string]json.RawMessage
	var v, w []json.RawMessage
	switch {
	case len(d.at) >= maxDescent:
		d.note()
	case json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && x != nil && y != nil:
		all := maps.Clone(x)
		maps.Copy(all, y)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			d.enter(name, x[name], y[name])
		}
	case json.Unmarshal(a, &v) == nil && json.Unmarshal(b, &w) == nil && len(v) == len(w) && v != nil:
		for i := range v {
			d.enter(strconv.Itoa(i), v[i], w[i])
		}
	default:
		d.note()
	}
}

// enter compares a member or an element; nil: it is not there.
func (d *differences) enter(token string, a, b json.RawMessage) {
	if len(d.found) > maxDifferences {
		return
	}
	d.at = append(d.at, token)
	switch {
	case d.leftAside():
	case a == nil || b == nil:
		d.note()
	default:
		d.compare(a, b)
	}
	d.at = d.at[:len(d.at)-1]
}

func (d *differences) note() { d.found = append(d.found, d.at.String()) }

func (d *differences) leftAside() bool {
	return slices.ContainsFunc(d.aside, func(p jsonmerge.Pointer) bool {
		return slices.EqualFunc(p, d.at, func(token, name string) bool { return token == "*" || token == name })
	})
}

// String lists the places for people.
func (d *differences) String() string {
	var shown []string
	for _, place := range d.found[:min(len(d.found), maxDifferences)] {
		shown = append(shown, quote(place))
	}
	if len(d.found) > maxDifferences {
		shown = append(shown, "and more")
	}
	return strings.Join(shown, ", ")
}

// asError says of two contents, one written and one fetched, where they differ; nil if they do not.
func (d *differences) asError() error {
	if len(d.found) == 0 {
		return nil
	}
	return fmt.Errorf("the newest content is not what the last write sent, but differs at %s: "+
		"if these are the server's own doing, declare them (Options.ServerMembers)", d)
}
