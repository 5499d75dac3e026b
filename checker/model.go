package checker

import (
	"math"
	"slices"

	"github.com/anishathalye/porcupine"
)

// step is one call, or the shadow of one, as the model sees it.
type step struct {
	call   *Call
	may    Permit
	shadow bool  // another effect of the same call, which it may have
	final  State // the state at the end; for the last step only
	isEnd  bool
}

// linearizable asks porcupine whether some order of the calls explains all that they claim, and the
// state at the end. It is the second of two judges, and knows nothing of what the origin knows.
func linearizable(h *History, may map[*Call]Permit) bool {
	const end = math.MaxInt64 - 1
	var ops []porcupine.Operation
	add := func(s step, called, returned int64) {
		ops = append(ops, porcupine.Operation{ClientId: len(ops), Input: s, Call: called, Return: returned})
	}
	for _, c := range h.Calls {
		if c.Class == Skipped || !c.Ended {
			continue
		}
		returned := c.Returned
		if c.Class == Uncertain || may[c]&MayLand != 0 {
			returned = end // what is still on its way may take effect after the call
		}
		add(step{call: c, may: may[c]}, c.Called, returned)
		for n := 1; may[c]&MayTwice != 0 && n < max(2, len(c.Applied)); n++ {
			add(step{call: c, may: may[c], shadow: true}, c.Called, end)
		}
	}
	newest := h.Versions[len(h.Versions)-1].State()
	add(step{isEnd: true, final: newest}, math.MaxInt64, math.MaxInt64)
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{h.Versions[0].State()} },
		Step: func(state, input, _ any) []any {
			var out []any
			for _, s := range input.(step).next(state.(State)) {
				out = append(out, s)
			}
			return out
		},
	}
	return porcupine.CheckOperations(m.ToModel(), ops)
}

// next returns the states in which the step may leave the resource; none if it cannot happen here.
func (s step) next(from State) []State {
	if s.isEnd {
		if from == s.final {
			return []State{from}
		}
		return nil
	}
	c := s.call
	if c.Op.Verb.isRival() {
		if from == c.From {
			return []State{c.To}
		}
		return nil
	}
	effect, result, ok := c.effect(from)
	var out []State
	stay := s.shadow
	switch {
	case s.shadow:
	case c.Class == Success:
		ok = ok && (result == c.Result || s.may&(MayTwice|MayOld) != 0)
		stay = s.may&MayNone != 0 || c.inForce(from)
	default:
		ok = ok && (c.Class == Uncertain || s.may&MayLand != 0)
		stay = c.Class != Conflict || c.explained(from) || s.may&(MayLand|MayNobody|MayOld) != 0
	}
	if stay {
		out = append(out, from)
	}
	if ok && !slices.Contains(out, effect) {
		out = append(out, effect)
	}
	return out
}

// effect is what the call does to a state, if its condition lets it.
func (c *Call) effect(from State) (to State, result string, ok bool) {
	d := from.Doc()
	switch c.Op.Verb {
	case Create:
		return StateOf(c.Local), c.Result, !from.Present
	case Delete:
		return State{}, c.Result, from == StateOf(c.Base)
	case Put, SaveBlind:
		return StateOf(c.Local), c.Result, from == StateOf(c.Base)
	case Save:
		merged, ok := MergeDocs(c.Base, c.Local, d)
		return StateOf(merged), c.Result, ok && from.Present
	case Patch:
		c.Op.Act.Do(&d)
		return StateOf(d), c.Result, from == StateOf(c.Base)
	default:
		result = c.Op.Act.Do(&d)
		return StateOf(d), result, from.Present
	}
}

// inForce reports that a declared state is the resource's already.
func (c *Call) inForce(from State) bool {
	switch c.Op.Verb {
	case Put, SaveBlind:
		return from == StateOf(c.Local)
	case Delete:
		return !from.Present
	default:
		return false
	}
}

// explained reports that the state is a reason for the conflict. A document that others changed and
// changed back has another version though it looks the same, so the audit alone judges whether the
// version moved.
func (c *Call) explained(from State) bool {
	switch c.Op.Verb {
	case Create:
		return from.Present
	case Update, Ensure:
		return !from.Present
	case Save:
		_, ok := MergeDocs(c.Base, c.Local, from.Doc())
		return !ok || !from.Present
	default:
		return true
	}
}
