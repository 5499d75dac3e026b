package ifmatch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// forPossible checks a law in every cell that can occur.
func forPossible(t *testing.T, law func(e outcomeEvidence, then decision) bool) {
	t.Helper()
	for e := range everyOutcome {
		if e.impossibleBecause() == "" {
			require.True(t, law(e, e.decide().then), "%s: %s", e.cell(), e.decide().then)
		}
	}
}

func TestEveryCellOfTheOutcomesIsDecidedOrImpossibleForAReason(t *testing.T) {
	for e := range everyOutcome {
		row := e.decide()
		require.Equal(t, e.impossibleBecause() != "", row.then == impossible, "%s: %s", e.cell(), row.because)
		require.NotEmpty(t, row.because, e.cell())
	}
}

func TestEveryRowOfTheOutcomesDecidesACell(t *testing.T) {
	used := map[int]bool{}
	forPossible(t, func(e outcomeEvidence, _ decision) bool {
		used[decidingRow(e)] = true
		return true
	})
	for i, row := range outcomeRows {
		require.True(t, used[i], "unreachable: %s: %s", row.then, row.because)
		require.NotEqual(t, impossible, row.then, row.because)
	}
}

// decidingRow returns the index of the row that decides a possible cell.
func decidingRow(e outcomeEvidence) int {
	return slices.IndexFunc(outcomeRows, func(r outcomeRow) bool {
		return r.told.has(e.told) && r.seen.has(e.seen) && (r.only.holds == nil || r.only.holds(e))
	})
}

func TestEveryToldIsInDoubtOrRefusedOrDecided(t *testing.T) {
	for to := range told(len(toldNames)) {
		decided := in(toldNotSent, toldSuccess, toldRepeated, toldIgnored, toldRefused).has(to)
		kinds := 0
		for _, is := range []bool{inDoubt.has(to), byGateway.has(to), decided} {
			if is {
				kinds++
			}
		}
		require.Equal(t, 1, kinds, to.String())
	}
}

func TestAWriteIsSentAgainOnlyWhereTheVersionIsUntouchedAndNoAnswerCame(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		return then != sendAgain ||
			e.seen == seenUntouched && e.told == toldNothing && e.asked != askedCreation && !e.spent
	})
}

func TestACreationThatLeftIsNeverSentAgain(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		return e.asked != askedCreation || then != sendAgain
	})
}

func TestAnActIsRecognisedByItsIdentifierAlone(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if e.asked != askedAct || then != succeed {
			return true
		}
		said := in(toldSuccess, toldUnshown, toldDenied).has(e.told) // the server says that it is done
		return said || e.seen == seenIdentifier
	})
}

func TestEqualContentDecidesNothingForAWriteWithAnIdentifier(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, _ decision) bool {
		return e.identifier == noIdentifier || e.seen != seenInForce
	})
}

func TestATagThatMayHaveComeBackIsNeverAProof(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		return e.seen != seenReturned || then == unknown
	})
}

func TestATagThatMayHaveComeBackNeverTellsMoreThanOneThatDoesNot(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if e.seen != seenUntouched {
			return true
		}
		e.seen = seenReturned
		return e.impossibleBecause() != "" || e.decide().then == unknown || e.decide().then == then
	})
}

func TestARefusalInDoubtIsBelievedOnlyWhereOurWriteIsExcluded(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		inDoubt := e.told == toldRefusedInDoubt || e.told == toldOutdatedInDoubt
		return !inDoubt || (then == refuse) == (e.seen == seenExcluded && e.asked != askedCreation)
	})
}

func TestAWriteCountsAsRefusedOnlyIfItDidNotLeaveOrWasRefusedOrIgnored(t *testing.T) {
	ignored := in(toldIgnored, toldUnshown, toldDenied)
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if then != refuse || e.told == toldNotSent || e.told.refuses() {
			return true
		}
		return ignored.has(e.told) && errors.Is(e.decide().err, ErrIgnored)
	})
}

func TestASuccessIsCalledIgnoredOnlyWhereSomethingShowsThatNothingChanged(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if !errors.Is(e.decide().err, ErrIgnored) {
			return true
		}
		return e.told == toldIgnored || e.seen == seenUntouched || e.seen == seenExcluded
	})
}

func TestOthersCountAsAheadOfAWriteOnlyWhereItIsExcluded(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		return then != superseded || e.seen == seenExcluded && e.told == toldNothing
	})
}

func TestAWriteSucceedsOnlyWhereTheServerSaysSoOrALookShowsIt(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		says := e.told == toldSuccess || e.told == toldUnshown && in(lookFailed, seenGone, seenUnknowable).has(e.seen)
		return then != succeed || says || e.seen == seenIdentifier || e.seen == seenInForce
	})
}

func TestOurIdentifierIsAlwaysSuccess(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		return e.seen != seenIdentifier || then == succeed
	})
}

func TestALookIsTheLastThingBeforeADecision(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		return then != look || e.seen == notLooked
	})
}

func TestWhatIsDecidedWithoutALookIsNeverLookedAfter(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if e.seen != notLooked {
			return true
		}
		canSee := 0
		for s := range seen(len(seenNames)) {
			after := e
			if after.seen = s; s != notLooked && after.impossibleBecause() == "" {
				canSee++
			}
		}
		return (then == look) == (canSee > 0)
	})
}

func TestALookMayFailOrShowNothingWhereverItIsTaken(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		for _, s := range []seen{lookFailed, seenUntouched, seenUnknowable} {
			after := e
			if after.seen = s; then == look && after.impossibleBecause() != "" {
				return false
			}
		}
		return true
	})
}

func TestDoubtNeverTurnsIntoASuccessOrARefusalByItself(t *testing.T) {
	for clear, inDoubt := range map[told]told{toldRefused: toldRefusedInDoubt, toldSuspect: toldRefusedInDoubt,
		toldConflict: toldRefusedInDoubt, toldOutdated: toldOutdatedInDoubt} {
		forPossible(t, func(e outcomeEvidence, then decision) bool {
			if e.told != clear {
				return true
			}
			doubtful := e
			doubtful.told = inDoubt
			if doubtful.impossibleBecause() != "" {
				return false
			}
			switch now := doubtful.decide().then; now {
			case succeed: // a look shows it, or it was one before
				return then == succeed || e.seen == seenInForce
			case refuse:
				return then == refuse && e.seen == seenExcluded
			default:
				return now == look || now == unknown
			}
		})
	}
}

func TestALookThatFailsMakesNothingCertainThatWasNot(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if e.seen != lookFailed {
			return true
		}
		switch e.told {
		case toldUnshown: // the server says so
			return then == succeed
		case toldSuspect: // it says nothing of another copy, and the error says that nobody looked
			return then == refuse && errors.Is(e.decide().err, errNotLookedAfter)
		}
		return then == unknown
	})
}

func TestAConflictIsUncertainWhereAnIdentifierIsNeitherThereNorExcluded(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if e.seen != seenUnknowable {
			return true
		}
		switch {
		case byGateway.has(e.told):
			return (then == unknown) == (e.asked != askedCreation)
		case e.told == toldUnshown:
			return then == succeed
		}
		return then == unknown
	})
}

func TestAConflictIsNotBelievedWithoutALookWhereAWriteCarriesAnIdentifier(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		if !byGateway.has(e.told) || e.seen != notLooked {
			return true
		}
		return (then == look) == (e.identifier != noIdentifier)
	})
}

func TestTheNumberOfCopiesOnlyEndsTheSending(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		e.spent = false
		before := e.decide().then
		e.spent = true
		after := e.decide().then
		return after != sendAgain && (after == before || before == sendAgain && after == unknown)
	})
}

func TestAnIdentifierMakesNothingLessKnownOnceALookTells(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, then decision) bool {
		without := e
		without.identifier = noIdentifier
		if without.impossibleBecause() != "" {
			return true
		}
		return then == without.decide().then || then == look
	})
}

func TestADeletionNeverShowsAnIdentifier(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, _ decision) bool {
		return e.asked != askedDeletion ||
			e.identifier == noIdentifier && e.seen != seenIdentifier && e.seen != seenExcluded
	})
}

func TestOnlyAnIdentifierShowsOrExcludesAWrite(t *testing.T) {
	forPossible(t, func(e outcomeEvidence, _ decision) bool {
		return e.identifier != noIdentifier || e.seen != seenIdentifier && e.seen != seenExcluded
	})
}

func TestAWriteThatTookEffectHasNoError(t *testing.T) {
	for _, row := range outcomeRows {
		require.True(t, row.err == nil || row.then == unknown || row.then == refuse, row.because)
	}
}

func TestTheTableOfOutcomesIsTheGoldenOne(t *testing.T) {
	requireGolden(t, "testdata/outcomes.md", printOutcomes())
}

// printOutcomes prints the table for people, whatever rows it has and whatever they depend on.
func printOutcomes() string {
	reasons, everywhere := impossibleReasons()
	var b strings.Builder
	b.WriteString("# What became of a write\n\n" +
		"What the exchanges told (rows), what a look at the resource told (columns), and what is decided. " +
		"*In doubt*: another copy may have landed. *In force*: what was asked is so. *Excluded*: others have " +
		"written, and provably not we. *Unknowable*: others have written, and perhaps we. *An act* is an edit or a " +
		"patch, *spent* says that as many copies were sent as MaxAttempts allows.\n\n" +
		"The caller gets: nothing for *succeed*, the refusal for *refuse*, ErrUncertain for *unknown*. *Superseded* " +
		"is a conflict to a single write and another round to a loop; *look* and *send again* go on.\n\n")
	b.WriteString(markdownHead(append([]string{"told \\ seen"}, seenNames[:]...)...))
	for to := range told(len(toldNames)) {
		cells := []string{"**" + to.String() + "**"}
		for s := range seen(len(seenNames)) {
			cases, why := outcomeCases(to, s, func(e outcomeEvidence) string { return e.decide().then.String() })
			text := "–"
			if len(cases) > 0 {
				text = cellText(cases)
			}
			for i, r := range reasons {
				if slices.Contains(why, r) && !everywhere[r] {
					text += fmt.Sprintf(" [%d]", i+1)
				}
			}
			cells = append(cells, text)
		}
		b.WriteString(markdownRow(cells...))
	}
	b.WriteString("\n## What does not occur\n\n" +
		"A number marks the cells in which it excludes something, a dash those in which nothing is left.\n\n")
	for i, r := range reasons {
		where := ""
		if everywhere[r] {
			where = " (in every cell)"
		}
		fmt.Fprintf(&b, "%d. %s%s\n", i+1, r, where)
	}
	b.WriteString("\n## Why\n")
	for to := range told(len(toldNames)) {
		fmt.Fprintf(&b, "\n* **%s**\n%s", to, printBecause(to))
	}
	return b.String()
}

// outcomeCases returns what holds in the possible cells of the two, and why the others are impossible.
func outcomeCases(to told, s seen, text func(outcomeEvidence) string) (cases []tableCase, why []string) {
	for e := range everyOutcome {
		if e.told != to || e.seen != s {
			continue
		}
		if r := e.impossibleBecause(); r != "" {
			why = append(why, r)
			continue
		}
		cases = append(cases, tableCase{text: text(e),
			at: []string{e.asked.String(), e.identifier.String(), yesNo(e.spent, "spent")}})
	}
	return cases, why
}

// impossibleReasons returns the reasons in the order in which they come, and which of them
// hold in every cell of the printed table.
func impossibleReasons() (reasons []string, everywhere map[string]bool) {
	count := map[string]int{}
	for to := range told(len(toldNames)) {
		for s := range seen(len(seenNames)) {
			_, why := outcomeCases(to, s, func(outcomeEvidence) string { return "" })
			slices.Sort(why)
			for _, r := range slices.Compact(why) {
				if count[r]++; count[r] == 1 {
					reasons = append(reasons, r)
				}
			}
		}
	}
	everywhere = map[string]bool{}
	for r, n := range count {
		everywhere[r] = n == len(toldNames)*len(seenNames)
	}
	return reasons, everywhere
}

// printBecause prints the reasons of one row of the printed table, equal ones together.
func printBecause(to told) string {
	where := map[string][]string{}
	var order []string
	for s := range seen(len(seenNames)) {
		cases, _ := outcomeCases(to, s, func(e outcomeEvidence) string {
			row := e.decide()
			text := row.then.String() + ", because " + row.because
			if row.err != nil {
				text += " (error: " + innermost(row.err) + ")"
			}
			return text
		})
		for _, c := range branches(cases) {
			at := s.String()
			if c.condition != "" {
				at += " (" + c.condition + ")"
			}
			if where[c.text] == nil {
				order = append(order, c.text)
			}
			where[c.text] = append(where[c.text], at)
		}
	}
	var b strings.Builder
	for _, text := range order {
		fmt.Fprintf(&b, "  * %s: %s\n", strings.Join(where[text], "; "), text)
	}
	return b.String()
}

// innermost returns the text of the sentinel that err wraps.
func innermost(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
