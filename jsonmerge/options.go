package jsonmerge

import "fmt"

// Options are the choices of a [Merge]. A nil *Options and the zero value mean the defaults.
// Options are only read.
type Options struct {
	// Rules say how values at certain paths are merged; without any, see the package documentation.
	Rules Rules

	// Arrays is the strategy for arrays that no rule speaks of: one of [Sequence], the default,
	// [Atomic], [Set], [Multiset], [Append] and [Key].
	Arrays Strategy

	// AddAddObjects merges two objects that both sides added at the same place, as if there had
	// been an empty one before, instead of reporting an [AddAdd] conflict. The strategy
	// [MergeAdded] does it for chosen paths.
	AddAddObjects bool

	// Resolve, if not nil, is asked about each conflict that no rule decides, in the order in which
	// the result is written. Its error ends the merge and is returned as it is.
	Resolve func(Conflict) (Resolution, error)

	// StandIn is the side whose value stands in [ConflictError.Partial] for an undecided one; the
	// default is [Remote].
	StandIn Side

	// Limits bounds size, depth and the number of conflicts that are listed.
	Limits Limits
}

// arraysPlan reads Arrays.
func (o *Options) arraysPlan() (plan, error) {
	if o.Arrays == "" {
		return plan{shape: shapeSequence}, nil
	}
	p, err := o.Arrays.parse()
	if err != nil {
		return plan{}, fmt.Errorf("jsonmerge: Options.Arrays: %w", err)
	}
	if !p.shape.isArray() || p.prefer != unset || p.deletion != unset || p.added != unset {
		return plan{}, fmt.Errorf("jsonmerge: Options.Arrays: %s is no strategy for arrays alone",
			quoteBounded(string(o.Arrays)))
	}
	return p, nil
}
