package ifmatch

import "strings"

// OutcomeCell is a cell of the table of outcomes in words, for tests over a real connection.
type OutcomeCell string

// ObserveOutcomes makes calls with these options tell every decision about a write. hear
// runs on the goroutine of the call.
func ObserveOutcomes(o *Options, hear func(cell OutcomeCell, decision string)) {
	o.onDecision = func(e, d any) { hear(e.(outcomeEvidence).cell(), d.(decision).String()) }
}

// OutcomeCells returns every cell of the table: the possible ones with the decision, the
// impossible ones with the reason.
func OutcomeCells() (possible, impossible map[OutcomeCell]string) {
	possible, impossible = map[OutcomeCell]string{}, map[OutcomeCell]string{}
	for e := range everyOutcome {
		if why := e.impossibleBecause(); why != "" {
			impossible[e.cell()] = why
		} else {
			possible[e.cell()] = e.decide().then.String()
		}
	}
	return possible, impossible
}

// everyOutcome yields every combination of the evidence, the impossible ones too.
func everyOutcome(yield func(outcomeEvidence) bool) {
	for n := range len(toldNames) * len(seenNames) * len(askedNames) * len(identifierNames) * 2 {
		var e outcomeEvidence
		digit := func(base int) int {
			d := n % base
			n /= base
			return d
		}
		e.spent, e.identifier = digit(2) == 0, identifier(digit(len(identifierNames))) // what is so comes first
		e.asked, e.seen, e.told = asked(digit(len(askedNames))), seen(digit(len(seenNames))), told(digit(len(toldNames)))
		if !yield(e) {
			return
		}
	}
}

func (e outcomeEvidence) cell() OutcomeCell {
	words := []string{e.asked.String(), e.identifier.String(), e.told.String(), e.seen.String()}
	if e.spent {
		words = append(words, "spent")
	}
	return OutcomeCell(strings.Join(words, ", "))
}
