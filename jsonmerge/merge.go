package jsonmerge

import (
	"bytes"
	"fmt"
	"strconv"
)

// Options are the choices of a [Merge]. A nil *Options and the zero value mean the defaults. Options are only read.
type Options struct {
	// Rules say how values at certain paths are merged; without any, see the package documentation.
	Rules Rules

	// Arrays is the strategy for arrays that no rule speaks of: one of [Sequence], the default, [Atomic], [Set],
	// [Multiset], [Append] and [Key].
	Arrays Strategy

	// AddAddObjects merges two objects that both sides added at the same place, as if there had been an empty one
	// before, instead of reporting an [AddAdd] conflict. The strategy [MergeAdded] does it for chosen paths.
	AddAddObjects bool

	// Resolve, if not nil, is asked about each conflict that no rule decides, in the order in which the result is
	// written. Its error ends the merge and is returned as it is.
	Resolve func(Conflict) (Resolution, error)

	// StandIn is the side whose value stands in [ConflictError.Partial] for an undecided one; the default is [Remote].
	StandIn Side

	// Limits bounds size, depth and the number of conflicts that are listed.
	Limits Limits
}

// Merge joins the changes that local and remote made to base, and returns the merged document. A nil document is absent:
// one that was created or deleted; merging can come out as nil, too.
//
// What only one side changed is taken from that side. What both changed is merged member by member in objects and
// element by element in arrays, and by the rules in opts. What is left is a conflict: opts.Resolve decides it, or the
// error is a [*ConflictError] that lists all of them. Spans that no side changed come out byte for byte: order of
// members, white space, spelling of numbers and strings. Members stand in local's order, those only in remote after
// them.
//
// To write over a resource that changed again, merge the same base and local with the newest remote; merging a result
// once more with an older remote as the base can lose changes.
//
// The documents must pass [Check] within opts.Limits; the error is then a [*SyntaxError] or [*LimitError], wrapped to
// say which document it is. The result never shares memory with the arguments, which are not changed. Time and memory
// grow with the size of the documents, n log n at most. Merge may be called concurrently.
func Merge(base, local, remote []byte, opts *Options) ([]byte, error) {
	if opts == nil {
		opts = &Options{}
	}
	m := merger{opts: opts, maxConflicts: opts.Limits.conflicts()}
	if opts.Arrays != "" {
		var err error
		if m.arrays, err = opts.Arrays.parse(); err != nil {
			return nil, fmt.Errorf("jsonmerge: Options.Arrays: %w", err)
		}
		if !m.arrays.shape.isArray() || m.arrays.prefer != unset || m.arrays.deletion != unset || m.arrays.added != unset {
			return nil, fmt.Errorf("jsonmerge: Options.Arrays: %s is no strategy for arrays alone", quoteBounded(string(opts.Arrays)))
		}
	} else {
		m.arrays.shape = shapeSequence
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
	m.base, m.local, m.remote = &docs[0], &docs[1], &docs[2]
	return m.run()
}

// same reports whether two documents are both absent or have the same bytes.
func same(a, b []byte) bool {
	return (a == nil) == (b == nil) && bytes.Equal(a, b)
}

// A merger is one merge under way.
type merger struct {
	base, local, remote *document
	baseLocal           comparison
	baseRemote          comparison
	localRemote         comparison

	opts   *Options
	arrays plan // for arrays without a rule
	walk   ruleWalk
	out    output

	pointer  []byte // of the value being merged
	depth    int    // tokens in it
	elements []lead // those tokens that are elements of arrays

	maxConflicts int
	listed       int // bytes that the pointers of conflicts take
	conflicts    []Conflict
	omitted      int
	err          error // of a callback: everything stops
}

// A lead is an array element on the way to the value being merged.
type lead struct {
	Element
	key func() [][]byte // nil if it has none
}

func (m *merger) run() ([]byte, error) {
	m.baseLocal = comparison{a: m.base, b: m.local, match: matcher{a: m.base.raw, b: m.local.raw}}
	m.baseRemote = comparison{a: m.base, b: m.remote, match: matcher{a: m.base.raw, b: m.remote.raw}}
	m.localRemote = comparison{a: m.local, b: m.remote, match: matcher{a: m.local.raw, b: m.remote.raw}}
	m.walk = newRuleWalk(m.opts.Rules)
	m.out.buf = make([]byte, 0, max(len(m.local.raw), len(m.remote.raw), len(m.local.raw)+len(m.remote.raw)-len(m.base.raw))+16)

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

// root is the root of a document, absent if the document is.
func (d *document) root() int {
	if len(d.nodes) == 0 {
		return absent
	}
	return 0
}

// take writes a value of one document; false if it is absent.
func (m *merger) take(doc *document, i int) bool {
	if i == absent {
		return false
	}
	m.out.copy(doc, doc.start(i), doc.end(i))
	return true
}

func (m *merger) takeSide(side Side, b, l, r int) bool {
	switch side {
	case Local:
		return m.take(m.local, l)
	case Base:
		return m.take(m.base, b)
	}
	return m.take(m.remote, r)
}

// rawEqual reports whether both are absent or have the same bytes.
func (c *comparison) rawEqual(i, j int) bool {
	if i == absent || j == absent {
		return i == j
	}
	return c.raw(i, j)
}

// bothEqual reports whether both are absent or mean the same.
func (c *comparison) bothEqual(i, j int) bool {
	if i == absent || j == absent {
		return i == j
	}
	return c.equal(i, j)
}

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

// enter goes to a member, or, when e is not nil, to an element; leave comes back.
func (m *merger) enter(name []byte, e *lead) place {
	p := place{len(m.pointer), m.depth, len(m.elements), 0}
	m.pointer = append(m.pointer, '/')
	if e != nil {
		e.Depth = m.depth
		m.elements = append(m.elements, *e)
		index := e.Local
		if index < 0 {
			index = e.Remote
		}
		m.pointer = strconv.AppendInt(m.pointer, int64(index), 10)
	} else {
		m.pointer = appendToken(m.pointer, name)
	}
	m.depth++
	p.level = m.walk.enter(name)
	return p
}

func (m *merger) leave(p place) {
	m.walk.leave(p.level)
	m.pointer, m.depth, m.elements = m.pointer[:p.pointer], p.depth, m.elements[:p.elements]
}

// A place is where leave goes back to.
type place struct{ pointer, depth, elements, level int }

// changed merges a value whose text both sides changed.
func (m *merger) changed(b, l, r int, outer policy) bool {
	var p plan
	here := outer
	if m.walk.active() {
		p, here = m.walk.plan(outer)
	}
	kl, kr := m.local.kindOr(l, kindName), m.remote.kindOr(r, kindName) // a name is no value: it stands for absence
	kb := m.base.kindOr(b, kindName)

	// Objects are taken apart without comparing them first: that would cost size times depth.
	whole := p.shape == shapeNewest || p.shape == shapeFunc
	objects := kl == kindObject && kr == kindObject && !whole && p.shape != shapeAtomic
	counting := m.walk.counting()
	if objects && kb == kindObject {
		if !counting && m.localRemote.raw(l, r) {
			return m.take(m.local, l)
		}
		return m.object(b, l, r, here)
	}
	switch {
	case m.baseLocal.bothEqual(b, l):
		return m.take(m.remote, r)
	case m.baseRemote.bothEqual(b, r):
		return m.take(m.local, l)
	}
	if p.shape == shapeCounter && m.counter(b, l, r) {
		return true
	}
	arrays := kl == kindArray && kr == kindArray && !whole && (b == absent || kb == kindArray)
	convergent := m.localRemote.bothEqual(l, r)
	switch {
	case convergent && !(counting && arrays && b != absent):
		return m.take(m.local, l)
	case objects && b == absent && here.added.is == mergeAdded:
		return m.object(b, l, r, here)
	case p.shape == shapeFunc:
		c := m.conflictAt(m.kindOf(b, l, r), b, l, r)
		return m.apply(c, p.decide, b, l, r)
	case l == absent || r == absent:
		return m.clash(m.kindOf(b, l, r), b, l, r, here, nil, "")
	case arrays:
		inner := p // a variable of its own: only arrays pay for it
		if !inner.shape.isArray() {
			inner = m.arrays
		}
		return m.array(arrayMerge{merger: m, b: b, l: l, r: r, convergent: convergent, plan: &inner, policy: here})
	case p.shape == shapeText && kl == kindString && kr == kindString && kb == kindString:
		return m.text(b, l, r, here)
	}
	if side, ok := m.choose(&p, l, r); ok {
		return m.takeSide(side, b, l, r)
	}
	reason := ""
	if p.shape > shapeAtomic {
		reason = "strategy " + p.String() + " is not for these values"
	}
	return m.clash(m.kindOf(b, l, r), b, l, r, here, nil, reason)
}

func (d *document) kindOr(i int, none kind) kind {
	if i == absent {
		return none
	}
	return d.kind(i)
}

// kindOf names a conflict by what is there.
func (m *merger) kindOf(b, l, r int) Kind {
	switch {
	case l == absent:
		return DeleteModify
	case r == absent:
		return ModifyDelete
	case b == absent:
		return AddAdd
	}
	switch kl := m.local.kind(l); {
	case kl != m.remote.kind(r):
		return TypeClash
	case kl == kindArray && m.base.kind(b) == kindArray:
		return ArrayClash
	}
	return ModifyModify
}

// object merges two objects member by member; b may be absent, which is like an empty one.
func (m *merger) object(b, l, r int, outer policy) bool {
	w := m.listing(l, r)
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

// clash settles a conflict by the policy, or by asking, or reports it and writes what stands in.
func (m *merger) clash(kind Kind, b, l, r int, here policy, hunks []Hunk, reason string) bool {
	switch {
	case (l == absent || r == absent) && here.deletion.is == deleteWins:
		return false
	case (l == absent || r == absent) && here.deletion.is == modifyWins:
		return m.take(m.local, l) || m.take(m.remote, r)
	case here.prefer.is == preferLocal:
		return m.take(m.local, l)
	case here.prefer.is == preferRemote:
		return m.take(m.remote, r)
	}
	if m.opts.Resolve == nil && m.full() {
		m.omitted++
		return m.takeSide(m.opts.StandIn, b, l, r)
	}
	c := m.conflictAt(kind, b, l, r)
	c.Hunks, c.Reason = hunks, reason
	return m.apply(c, m.opts.Resolve, b, l, r)
}

// maxListed is how many bytes the pointers of listed conflicts may take: many conflicts deep down have long ones.
const maxListed = 16 << 20

// full reports whether no more conflicts are listed.
func (m *merger) full() bool { return len(m.conflicts) == m.maxConflicts || m.listed > maxListed }

// conflictAt describes a conflict at the current path.
func (m *merger) conflictAt(kind Kind, b, l, r int) Conflict {
	c := Conflict{Kind: kind, Base: m.base.value(b), Local: m.local.value(l), Remote: m.remote.value(r)}
	c.Pointer = string(m.pointer)
	for _, e := range m.elements {
		if e.key != nil {
			e.Key = e.key()
		}
		c.Elements = append(c.Elements, e.Element)
	}
	return c
}

// apply asks decide, which may be nil, about a conflict, and does what it says.
func (m *merger) apply(c Conflict, decide func(Conflict) (Resolution, error), b, l, r int) bool {
	res, ok := m.ask(c, decide)
	switch {
	case !ok:
		return false
	case !res.decided:
		m.report(c)
		return m.takeSide(m.opts.StandIn, b, l, r)
	case !res.literal:
		return m.takeSide(res.side, b, l, r)
	case res.value == nil:
		return false
	}
	m.out.write(res.value)
	return true
}

// ask calls decide and checks its answer; false when the merge has to stop.
func (m *merger) ask(c Conflict, decide func(Conflict) (Resolution, error)) (Resolution, bool) {
	if decide == nil {
		return Resolution{}, true
	}
	res, err := decide(c)
	if err == nil && res.literal && res.value != nil {
		var d document
		if d, err = parse(res.value, m.opts.Limits); err != nil {
			err = fmt.Errorf("resolution of %s: %w", quoteBounded(c.Pointer), err)
		} else {
			res.value = d.span(0)
		}
	}
	if err != nil {
		m.err = err
		return Resolution{}, false
	}
	return res, true
}

func (m *merger) report(c Conflict) {
	if m.full() {
		m.omitted++
		return
	}
	m.conflicts = append(m.conflicts, c)
	m.listed += len(c.Pointer) + 64*len(c.Elements)
}
