package jsonmerge

import "bytes"

// single merges what is not taken apart into members or elements.
func (m *merger) single(p *plan, b, l, r int, here policy) bool {
	switch {
	case p.shape == shapeFunc:
		return m.apply(m.conflictAt(m.kindOf(b, l, r), b, l, r), p.decide, b, l, r)
	case l == absent || r == absent:
		return m.clash(m.kindOf(b, l, r), b, l, r, here, nil, "")
	case p.shape == shapeText:
		if k := m.kinds(b, l, r); k.are(kindString) && k.base == kindString {
			return m.text(b, l, r, here)
		}
	}
	if side, ok := m.choose(p, l, r); ok {
		return m.takeSide(side, b, l, r)
	}
	reason := ""
	if p.shape > shapeAtomic {
		reason = "strategy " + p.String() + " is not for these values"
	}
	return m.clash(m.kindOf(b, l, r), b, l, r, here, nil, reason)
}

// text merges three strings line by line.
func (m *merger) text(b, l, r int, here policy) bool {
	base, local, remote := m.base.text(b), m.local.text(l), m.remote.text(r)
	merged, hunks, ok := mergeText(base, local, remote)
	switch {
	case !ok:
		return m.clash(TextClash, b, l, r, here, hunks, "")
	case bytes.Equal(merged, local):
		return m.take(m.local, l)
	case bytes.Equal(merged, remote):
		return m.take(m.remote, r)
	}
	m.out.write(appendQuoted(nil, merged))
	return true
}

// arrayClash settles a conflict of arrays as wholes.
func (m *merger) arrayClash(a *arrayMerge, here policy, hunks []Hunk, reason string) bool {
	if a.convergent {
		return m.take(m.local, a.l)
	}
	return m.clash(m.kindOf(a.b, a.l, a.r), a.b, a.l, a.r, here, hunks, reason)
}

// decideOrder settles an order conflict: by the order of one side, or else by what it writes, and
// then it reports whether that is a value.
func (m *merger) decideOrder(k *keyedMerge, here policy) (order []int32, present, ok bool) {
	switch here.prefer.is {
	case preferLocal:
		return k.common(Local), false, true
	case preferRemote:
		return k.common(Remote), false, true
	}
	c := m.conflictAt(OrderClash, k.b, k.l, k.r)
	res, ok := m.ask(c, m.opts.Resolve)
	switch {
	case !ok:
		return nil, false, false
	case res.decided && !res.literal:
		return k.common(res.side), false, true
	}
	return nil, m.follow(c, res, k.b, k.l, k.r), false
}
