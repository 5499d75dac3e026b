package jsonmerge

// whole reports whether the arrays are not taken apart.
func (a *arrayMerge) whole() bool {
	switch a.plan.shape {
	case shapeAtomic:
		return true
	case shapeKeyed, shapeSequence, shapeAppend:
		return false
	}
	return a.convergent // sets have no elements to merge
}

// decide finds the pieces of an array without a key. Otherwise it returns where the changes clash,
// and a reason if that does not show.
func (a *arrayMerge) decide() (clashes []Hunk, reason string, ok bool) {
	switch a.plan.shape {
	case shapeSet:
		a.intern(false)
		a.set()
		return nil, "", true
	case shapeMultiset:
		a.intern(false)
		a.multiset()
		return nil, "", true
	}
	a.intern(true)
	switch {
	case a.sequence(a.mergeBoth):
		return nil, "", true
	case a.clashes == nil:
		return a.allChanges(), "an element was moved on both sides", false
	}
	return a.clashes, "", false
}
