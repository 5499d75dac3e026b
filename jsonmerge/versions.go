package jsonmerge

// versions are the three documents of a merge, and how they compare.
type versions struct {
	base, local, remote *document
	baseLocal           comparison
	baseRemote          comparison
	localRemote         comparison
}

func newVersions(base, local, remote *document) versions {
	between := func(a, b *document) comparison {
		return comparison{a: a, b: b, match: matcher{a: a.raw, b: b.raw}}
	}
	return versions{
		base: base, local: local, remote: remote,
		baseLocal:   between(base, local),
		baseRemote:  between(base, remote),
		localRemote: between(local, remote),
	}
}

// kinds are the kinds of a value in the three documents. A name is no value: it stands for absence.
type kinds struct{ base, local, remote kind }

func (v *versions) kinds(b, l, r int) kinds {
	return kinds{v.base.kindOr(b, kindName), v.local.kindOr(l, kindName), v.remote.kindOr(r, kindName)}
}

// are reports whether local and remote have values of one kind.
func (k kinds) are(of kind) bool { return k.local == of && k.remote == of }

// apart reports whether values of one kind can be taken apart: base has one too, or nothing.
func (k kinds) apart(of kind) bool { return k.are(of) && (k.base == of || k.base == kindName) }

// kindOf names a conflict by what is there.
func (v *versions) kindOf(b, l, r int) Kind {
	k := v.kinds(b, l, r)
	switch {
	case l == absent:
		return DeleteModify
	case r == absent:
		return ModifyDelete
	case b == absent:
		return AddAdd
	case k.local != k.remote:
		return TypeClash
	case k.are(kindArray) && k.base == kindArray:
		return ArrayClash
	}
	return ModifyModify
}
