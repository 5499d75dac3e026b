package jsonmerge

import "slices"

// set keeps what local has unless remote removed it, and adds what remote added.
func (a *arrayMerge) set() {
	in := a.counts()
	for k, id := range a.idsL {
		if in[id].b == 0 || in[id].r > 0 {
			a.keep(Local, k, k+1)
		}
	}
	for k, id := range a.idsR {
		if in[id].b == 0 && in[id].l == 0 {
			in[id].l++ // once
			a.keep(Remote, k, k+1)
		}
	}
}

// multiset keeps local + remote - base of each value: local's occurrences first, then as many of
// remote's as are missing.
func (a *arrayMerge) multiset() {
	in := a.counts()
	for id := range in {
		in[id].b = in[id].l + in[id].r - in[id].b // still wanted
	}
	for k, id := range a.idsL {
		if in[id].b > 0 {
			in[id].b--
			a.keep(Local, k, k+1)
		}
	}
	// Remote's last occurrences are the ones that it added.
	var added []int
	for k := len(a.idsR) - 1; k >= 0; k-- {
		if id := a.idsR[k]; in[id].b > 0 {
			in[id].b--
			added = append(added, k)
		}
	}
	for _, k := range slices.Backward(added) {
		a.keep(Remote, k, k+1)
	}
}

type occurrences struct{ b, l, r, merged int }

// counts tells how often each value occurs on each side.
func (a *arrayMerge) counts() []occurrences {
	counts := make([]occurrences, a.terms)
	for _, id := range a.idsB {
		counts[id].b++
	}
	for _, id := range a.idsL {
		counts[id].l++
	}
	for _, id := range a.idsR {
		counts[id].r++
	}
	return counts
}
