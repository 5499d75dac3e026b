package checker

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/ifmatch-go/ifmatch/checker/reference"
)

// Focus narrows the plans down to where something can show. The zero value narrows nothing.
type Focus struct {
	Workloads []string
	Features  map[Feature][]uint8 // values to draw from; the others are drawn as ever
	Twists    []TwistKind
	Percent   int // of the exchanges that are twisted; 0: as ever
}

// Plan draws a plan within the focus.
func (f Focus) Plan(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	loads := workloads
	if f.Workloads != nil {
		loads = slices.DeleteFunc(slices.Clone(loads), func(w workload) bool {
			return !slices.Contains(f.Workloads, w.name)
		})
	}
	w := loads[r.IntN(len(loads))]
	p := Plan{Seed: seed, Workload: w.name, Product: drawProduct(r)}
	for _, feature := range slices.Sorted(maps.Keys(f.Features)) {
		values := f.Features[feature]
		p.Product[feature] = values[r.IntN(len(values))]
	}
	p.Shared = r.IntN(4) == 0 && p.Product[Wire] == WireHTTP1
	w.draw(r, &p)
	kinds := p.Product.twists()
	if f.Twists != nil {
		kinds = f.Twists
	}
	p.drawTwists(r, kinds, cmp.Or(f.Percent, 22))
	p.drawOrder(r)
	return p
}

// FocusOf is where a bug of the reference client can show. Without a focus most of them show as well,
// in fewer histories.
func FocusOf(bug reference.Bug) Focus {
	lost := []TwistKind{AnswerLost, AnswerLost, Lost, Late, Held}
	switch bug {
	case reference.ChainWrongTag:
		return Focus{Workloads: []string{"document"}, Features: map[Feature][]uint8{
			Answers: {AnswerSilent, AnswerReceipt, AnswerOld}, Tags: {TagUnique}, Keeps: {KeepsNothing},
			Reads: {ReadsFresh}, Gateways: {GatewayNone},
		}, Twists: []TwistKind{Held}}
	case reference.TrustReceiptTag:
		return Focus{Workloads: []string{"document", "set"}, Features: map[Feature][]uint8{
			Answers: {AnswerReceipt}, Reads: {ReadsFresh}, Tags: {TagUnique, TagWeak},
		}, Twists: []TwistKind{Held}}
	case reference.ResendCreationAfter404:
		return Focus{Workloads: []string{"lifecycle"}, Twists: lost, Percent: 40}
	case reference.BelieveStaleLook:
		return Focus{Workloads: []string{"lifecycle", "queue"}, Features: map[Feature][]uint8{
			Reads: {ReadsReplica}, Wire: {WireHTTP1}, Gateways: {GatewayNone},
		}, Twists: []TwistKind{AnswerLost, Stale, Stale, Stale}, Percent: 50}
	case reference.MiscountOverHTTP2:
		return Focus{Features: map[Feature][]uint8{Wire: {WireHTTP2}}, Twists: []TwistKind{ResetAfter, Held}}
	case reference.SkipIdentifierOn409:
		return Focus{Features: map[Feature][]uint8{
			Gateways: {GatewayRepeats}, Refusals: {Refuse409, Refuse409Problem}, Identifiers: {IDList}, Reads: {ReadsFresh},
		}, Twists: []TwistKind{Replayed, Held}, Percent: 40}
	case reference.TakeHashForVersion:
		return Focus{Workloads: []string{"counter", "queue", "lifecycle"}, Features: map[Feature][]uint8{
			Tags: {TagMD5, TagSHA1, TagSHA256}, Identifiers: {IDNone},
		}, Twists: lost, Percent: 40}
	default:
		return Focus{}
	}
}
