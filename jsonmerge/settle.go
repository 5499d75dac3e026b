package jsonmerge

import "fmt"

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

// maxListed is how many bytes the pointers of listed conflicts may take: many conflicts deep down
// have long ones.
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
	return ok && m.follow(c, res, b, l, r)
}

// follow writes what a resolution says, or reports the conflict that it leaves.
func (m *merger) follow(c Conflict, res Resolution, b, l, r int) bool {
	switch {
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
