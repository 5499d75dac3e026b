package lcs

// slide moves each group of changed elements of s to the latest place where it means the same (in
// "a x a y", removing the first "a x" equals removing "x a"), joins groups that meet, and moves a
// group back to the last place where it stands beside a group of the other side, so that a
// replacement stays one.
func (d *blocks) slide(s, other *side) {
	g, o := group{s: s}, group{s: other}
	g.extend()
	o.extend()
	up := func() bool {
		moved := g.up()
		if moved {
			o.previous()
		}
		return moved
	}
	down := func() bool { return g.down() && o.next() }
	for {
		for g.start < g.end {
			size, beside := g.end-g.start, false
			for up() {
				d.budget--
			}
			first := g.end
			beside = o.start < o.end
			for down() {
				d.budget--
				beside = beside || o.start < o.end
			}
			if g.end-g.start != size && d.budget > 0 {
				continue // it has met others and may reach further now
			}
			if beside && g.end != first {
				for o.start == o.end && up() {
					d.budget--
				}
			}
			break
		}
		if d.budget <= 0 || !g.next() {
			return
		}
		o.next()
	}
}

// group is a maximal stretch of changed elements, or the empty one between two unchanged elements.
type group struct {
	s          *side
	start, end int
}

// extend makes the group maximal.
func (g *group) extend() {
	for g.start > 0 && g.s.changed[g.start-1] {
		g.start--
	}
	for g.end < len(g.s.changed) && g.s.changed[g.end] {
		g.end++
	}
}

// next steps over one unchanged element to the group after it.
func (g *group) next() bool {
	if g.end == len(g.s.changed) {
		return false
	}
	g.start, g.end = g.end+1, g.end+1
	g.extend()
	return true
}

// previous steps back over one unchanged element, which must be there, to the group before it.
func (g *group) previous() {
	g.start, g.end = g.start-1, g.start-1
	g.extend()
}

// up moves the group by one element towards the start, if it means the same there.
func (g *group) up() bool {
	if g.start == 0 || g.s.ids[g.start-1] != g.s.ids[g.end-1] {
		return false
	}
	g.start--
	g.end--
	g.s.changed[g.start], g.s.changed[g.end] = true, false
	g.extend()
	return true
}

// down moves the group by one element towards the end, if it means the same there.
func (g *group) down() bool {
	if g.end == len(g.s.ids) || g.s.ids[g.start] != g.s.ids[g.end] {
		return false
	}
	g.s.changed[g.start], g.s.changed[g.end] = false, true
	g.start++
	g.end++
	g.extend()
	return true
}
