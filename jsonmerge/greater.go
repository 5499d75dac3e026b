package jsonmerge

import "time"

// choose picks a side for max, min and newest; false if the values are not what the strategy is
// for.
func (v *versions) choose(p *plan, l, r int) (Side, bool) {
	order, ok := 0, false
	switch p.shape {
	case shapeMax, shapeMin:
		if v.local.kind(l) != kindNumber || v.remote.kind(r) != kindNumber {
			return 0, false
		}
		order, ok = parseDecimal(v.local.span(l)).compare(parseDecimal(v.remote.span(r))), true
		if p.shape == shapeMin {
			order = -order
		}
	case shapeNewest:
		order, ok = v.newer(p, l, r)
	}
	if order < 0 {
		return Remote, ok
	}
	return Local, ok
}

// newer orders two values, or the members of them that p names, by time or by number.
func (v *versions) newer(p *plan, l, r int) (int, bool) {
	if p.members != nil {
		var okL, okR bool
		l, okL = p.members[0].locateFrom(v.local, l)
		r, okR = p.members[0].locateFrom(v.remote, r)
		if !okL || !okR {
			return 0, false
		}
		if v.local.kind(l) == kindNumber && v.remote.kind(r) == kindNumber {
			return parseDecimal(v.local.span(l)).compare(parseDecimal(v.remote.span(r))), true
		}
	}
	if v.local.kind(l) != kindString || v.remote.kind(r) != kindString {
		return 0, false
	}
	tl, errL := time.Parse(time.RFC3339, string(v.local.text(l)))
	tr, errR := time.Parse(time.RFC3339, string(v.remote.text(r)))
	return tl.Compare(tr), errL == nil && errR == nil
}
