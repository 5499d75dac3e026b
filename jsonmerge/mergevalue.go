package jsonmerge

// unchanged deals with a value whose text one side left as it was: the other side's is taken.
func (m *merger) unchanged(b, l, r int) (present, done bool) {
	switch {
	case m.err != nil:
		return false, true
	case m.baseLocal.rawEqual(b, l):
		return m.take(m.remote, r), true
	case m.baseRemote.rawEqual(b, r):
		return m.take(m.local, l), true
	}
	return false, false
}

// alike deals with a value that means on one side what it meant before.
func (m *merger) alike(b, l, r int) (present, done bool) {
	switch {
	case m.baseLocal.bothEqual(b, l):
		return m.take(m.remote, r), true
	case m.baseRemote.bothEqual(b, r):
		return m.take(m.local, l), true
	}
	return false, false
}

// changed merges a value whose text both sides changed.
func (m *merger) changed(b, l, r int, outer policy) bool {
	var p plan
	here := outer
	if m.walk.active() {
		p, here = m.walk.plan(outer)
	}
	k := m.kinds(b, l, r)
	objects := k.apart(kindObject) && !p.whole() && p.shape != shapeAtomic
	// Objects are taken apart without comparing them first: that would cost size times depth.
	if objects && b != absent {
		if !m.walk.counting() && m.localRemote.raw(l, r) {
			return m.take(m.local, l)
		}
		return m.object(b, l, r, here)
	}
	if present, done := m.alike(b, l, r); done {
		return present
	}
	if p.shape == shapeCounter {
		if sum, ok := m.counter(b, l, r); ok {
			m.out.write(sum)
			return true
		}
	}
	arrays := k.apart(kindArray) && !p.whole()
	convergent := m.localRemote.bothEqual(l, r)
	switch {
	case convergent && !(arrays && b != absent && m.walk.counting()):
		return m.take(m.local, l)
	case objects && here.added.is == mergeAdded: // both were added
		return m.object(b, l, r, here)
	case arrays:
		return m.array(p, b, l, r, convergent, here)
	}
	return m.single(&p, b, l, r, here)
}

// object merges two objects member by member; b may be absent, which is like an empty one.
func (m *merger) object(b, l, r int, outer policy) bool {
	w := newListing(&m.out, &m.versions, l, r)
	var inBase, inRemote, inLocal lookup
	if b != absent {
		inBase = m.base.lookup(b)
	}
	findBase := func(doc *document, name int) int {
		if b == absent {
			return absent
		}
		_, v := inBase.findSame(doc, name)
		return v
	}
	inRemote = m.remote.lookup(r)
	shared, end := 0, 0
	for name, lv := range m.local.members(l) {
		_, rv := inRemote.findSame(m.local, name)
		if rv != absent {
			shared++
		}
		m.member(&w, m.local, name, end, findBase(m.local, name), lv, rv, outer)
		end = m.local.end(lv)
	}
	if shared < m.remote.count(r) {
		inLocal = m.local.lookup(l)
		end = 0
		for name, rv := range m.remote.members(r) {
			if _, lv := inLocal.findSame(m.remote, name); lv == absent {
				m.member(&w, m.remote, name, end, findBase(m.remote, name), absent, rv, outer)
			}
			end = m.remote.end(rv)
		}
	}
	w.close()
	return true
}

// member merges one member, named in doc, whose neighbour before it ends at previous.
func (m *merger) member(w *listing, doc *document, name, previous, b, l, r int, outer policy) {
	before, count := m.out.mark(), w.count
	w.next(doc, name, previous)
	m.out.copy(doc, doc.start(name), doc.start(name+1))
	present, done := m.unchanged(b, l, r)
	if !done {
		here := m.enter(doc.text(name), nil)
		present = m.changed(b, l, r, outer)
		m.leave(here)
	}
	if !present {
		m.out.reset(before)
		w.count = count
	}
}

// array merges two arrays that differ from each other and from base.
func (m *merger) array(p plan, b, l, r int, convergent bool, here policy) bool {
	if !p.shape.isArray() {
		p = m.arrays
	}
	a := &arrayMerge{
		versions: &m.versions, b: b, l: l, r: r, plan: &p,
		counting: m.walk.counting(), convergent: convergent,
	}
	if a.whole() {
		return m.arrayClash(a, here, nil, "")
	}
	a.read()
	if a.plan.shape == shapeKeyed {
		return m.keyed(a, here)
	}
	if clashes, reason, ok := a.decide(); !ok {
		return m.arrayClash(a, here, clashes, reason)
	}
	w := newListing(&m.out, &m.versions, a.l, a.r)
	for i := range a.pieces {
		p := &a.pieces[i]
		if p.merge {
			m.element(&w, a, p.Base.Start, p.Local.Start, p.Remote.Start, here, nil)
			continue
		}
		doc, nodes := a.side(p.side)
		from, to := p.of(p.side).Start, p.of(p.side).End
		w.next(doc, nodes[from], endBefore(doc, nodes, from))
		m.out.copy(doc, doc.start(nodes[from]), doc.end(nodes[to-1]))
		w.count += to - from - 1
	}
	w.close()
	return true
}

// keyed merges arrays whose elements are known by a key: each element on its own, and then the
// order.
func (m *merger) keyed(a *arrayMerge, here policy) bool {
	k, reason := a.byKey()
	if reason != "" {
		return m.arrayClash(a, here, nil, reason)
	}
	order, ok := k.order()
	if !ok {
		var present bool
		if order, present, ok = m.decideOrder(&k, here); !ok {
			return present
		}
	}
	before, reported, omitted := m.out.mark(), len(m.conflicts), m.omitted
	w := newListing(&m.out, &m.versions, a.l, a.r)
	k.each(order, func(id int32) {
		key := func() [][]byte { return k.key(id) }
		m.element(&w, a, k.find(Base, id), k.find(Local, id), k.find(Remote, id), here, key)
	})
	w.close()
	inLocalOrder(m.depth, m.conflicts[reported:])
	if ambiguous(m.depth, m.conflicts[reported:]) {
		m.out.reset(before)
		m.conflicts, m.omitted = m.conflicts[:reported], omitted
		return m.arrayClash(a, here, nil, "the elements in conflict have no pointers that tell them apart")
	}
	return true
}

// endBefore is where the element before nodes[index] ends, 0 if it is the first.
func endBefore(doc *document, nodes []int, index int) int {
	if index == 0 {
		return 0
	}
	return doc.end(nodes[index-1])
}

// element merges one element, given by its index on each side, -1 where it is absent; local or
// remote has it.
func (m *merger) element(w *listing, a *arrayMerge, b, l, r int, here policy, key func() [][]byte) {
	doc, nodes, index := a.local, a.inL, l
	if l < 0 {
		doc, nodes, index = a.remote, a.inR, r
	}
	before, count := m.out.mark(), w.count
	w.next(doc, nodes[index], endBefore(doc, nodes, index))
	node := func(nodes []int, index int) int {
		if index < 0 {
			return absent
		}
		return nodes[index]
	}
	nb, nl, nr := node(a.inB, b), node(a.inL, l), node(a.inR, r)
	present, done := m.unchanged(nb, nl, nr)
	if !done {
		back := m.enter(nil, &lead{Element{Base: b, Local: l, Remote: r}, key})
		present = m.changed(nb, nl, nr, here)
		m.leave(back)
	}
	if !present {
		m.out.reset(before)
		w.count = count
	}
}
