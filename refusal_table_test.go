package ifmatch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// formNames are the forms of a precondition in words, in the order of the constants.
var formNames = [...]string{"none", "If-Match", "If-Match: *", "If-Unmodified-Since", "If-None-Match: *", "version",
	"no version yet"}

// everyRefusal yields every combination of the evidence.
func everyRefusal(yield func(refusalEvidence) bool) {
	outcomes := []decision{refuse, superseded, unknown}
	for n := range len(outcomes) * len(kindNames) * len(classNames) * len(formNames) << 5 {
		digit := func(base int) int {
			d := n % base
			n /= base
			return d
		}
		e := refusalEvidence{answered: digit(2) == 0, doubles: digit(2) == 0, canAsk: digit(2) == 0,
			settled: digit(2) == 0, spent: digit(2) == 0}
		e.condition, e.status = preconditionForm(digit(len(formNames))), statusClass(digit(len(classNames)))
		e.kind, e.outcome = Kind(digit(len(kindNames))), outcomes[digit(len(outcomes))]
		if !yield(e) {
			return
		}
	}
}

// forRefusals checks a law for every combination.
func forRefusals(t *testing.T, law func(e refusalEvidence, then course) bool) {
	t.Helper()
	for e := range everyRefusal {
		if then := e.decide(); !law(e, then) {
			require.Fail(t, then.String(), "%+v", e)
		}
	}
}

// forFetches checks a law for every combination and everything that a fetch can show.
func forFetches(t *testing.T, law func(e refusalEvidence, now currency, then course) bool) {
	t.Helper()
	for e := range everyRefusal {
		for now := range currency(len(currencyNames)) {
			if then := e.decideAfterFetch(now); !law(e, now, then) {
				require.Fail(t, then.String(), "%+v, %s", e, now)
			}
		}
	}
}

func TestAnUnknownOutcomeSurfacesUnlessDoubleApplicationIsAllowed(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		return e.outcome != unknown || (then == surface) == !e.doubles
	})
}

func TestAllowingDoubleApplicationConcernsUnknownOutcomesAlone(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		other := e
		other.doubles = !e.doubles
		return e.outcome == unknown || then == other.decide()
	})
}

func TestACallGoesOnOnlyWhereThatCanHelpOrTheCallerTookTheRisk(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		if then != fetchAgain && then != exhausted {
			return true
		}
		return e.outcome == superseded || e.outcome == unknown && e.doubles || e.answered && (e.curable() || e.settled)
	})
}

func TestABoundExhaustsExactlyWhatWouldGoOn(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, _ course) bool {
		e.spent = false
		before := e.decide()
		e.spent = true
		after := e.decide()
		if before == fetchAgain {
			return after == exhausted
		}
		return before != exhausted && after == before
	})
}

func TestTheCallerIsAskedOnlyAboutWhatIsNegotiableAndNotCurable(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		return then != askCaller ||
			e.outcome == refuse && e.answered && e.canAsk && !e.settled && e.negotiable() && !e.curable()
	})
}

func TestTheCallerIsNotAskedWhoMayOrHowBusyTheServerIs(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		who := e.status == statusDenied && (e.kind == Unknown || e.kind == Transient)
		return !who && e.kind != Transient && e.status != statusOther || then != askCaller
	})
}

func TestACallerWhoCannotBeAskedGetsTheRefusal(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		without := e
		without.canAsk = false
		if then == askCaller {
			return without.decide() == surface
		}
		return without.decide() == then
	})
}

func TestACallerIsAskedOnceAndGoesOnWhenTheObstacleIsGone(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		if then != askCaller {
			return true
		}
		e.settled, e.spent = true, false
		return e.decide() == fetchAgain && e.decideAfterFetch(same) == fetchAgain
	})
}

func TestAWriteThatDidNotLeaveSurfaces(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		return e.outcome != refuse || e.answered || then == surface
	})
}

func TestWhatRefusedAWriteDoesNotMatterWhereNothingDid(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, then course) bool {
		bare := refusalEvidence{
			outcome: e.outcome, doubles: e.doubles, canAsk: e.canAsk, settled: e.settled, spent: e.spent,
		}
		return e.answered || then == bare.decide()
	})
}

func TestAValueThatIsTakenIsNotFetchedForUnlessItIsTheResourceItself(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, _ course) bool {
		isResource := e.condition.creates() || e.condition == byVersion // a version in the content may be told so
		return !e.answered || e.kind != AlreadyExists || e.curable() == (isResource && e.status != statusDenied)
	})
}

func TestNoTagCountsAsRefusedBeforeAFetch(t *testing.T) {
	forRefusals(t, func(_ refusalEvidence, then course) bool { return then != refusedTag })
}

func TestAfterAFetchNobodyIsAskedAndNoBoundCounts(t *testing.T) {
	forFetches(t, func(_ refusalEvidence, _ currency, then course) bool {
		return then == fetchAgain || then == surface || then == refusedTag
	})
}

func TestATagIsCalledRefusedOnlyWhereItIsStillCurrent(t *testing.T) {
	forFetches(t, func(e refusalEvidence, now currency, then course) bool {
		return then != refusedTag || now.refusedIsCurrent() && e.answered && e.saysOutdated()
	})
}

func TestAFetchIsTakenForStaleOnlyWhereTheServerSaidThatTheVersionMoved(t *testing.T) {
	forRefusals(t, func(e refusalEvidence, _ course) bool {
		// a 412 is about the version, whatever its kind
		ofVersions := e.condition == byVersion || e.condition == byNoVersion
		said := e.status == statusFailed && (e.kind.outdated() || ofVersions) || e.kind == StaleVersion
		return !e.saysOutdated() || e.answered && said
	})
}

func TestAFetchThatShowsAnotherVersionAlwaysGoesOn(t *testing.T) {
	forFetches(t, func(_ refusalEvidence, now currency, then course) bool {
		return now.refusedIsCurrent() || then == fetchAgain
	})
}

func TestARefusalThatMayBeAboutTheVersionSurfacesWhereTheVersionIsCurrent(t *testing.T) {
	forFetches(t, func(e refusalEvidence, now currency, then course) bool {
		about := e.answered && e.curable() && e.kind != Transient && now.refusedIsCurrent()
		return (then != fetchAgain) == about
	})
}

func TestARaceInsideTheServerIsRunAgainWhateverTheFetchShows(t *testing.T) {
	forFetches(t, func(e refusalEvidence, _ currency, then course) bool {
		return e.kind != Transient || then == fetchAgain
	})
}

func TestTheClassOfAStatusTellsAsMuchAsTheStatus(t *testing.T) {
	for class := range statusClass(len(classNames)) {
		require.Equal(t, class, classOf(class.status()))
	}
	for status := 100; status < 600; status++ {
		class := classOf(status)
		for kind := range Kind(len(kindNames)) {
			for form := range preconditionForm(len(formNames)) {
				require.Equal(t, mayBeOutdated(kind, status, form), mayBeOutdated(kind, class.status(), form),
					"%d %s", status, kind)
			}
			if class == statusDenied {
				require.Equal(t, isConflict(kind, status), isConflict(kind, class.status()), "%d %s", status, kind)
			}
		}
	}
}

func TestTheTableOfRefusalsIsTheGoldenOne(t *testing.T) {
	requireGolden(t, "testdata/refusals.md", printRefusals())
}

// printRefusals prints the two tables for people. The laws above say what the text around them says.
func printRefusals() string {
	var b strings.Builder
	b.WriteString("# What follows a write that did not succeed\n\n" +
		"Where a bound of the rounds is reached, \"" + fetchAgain.String() + "\" is \"" + exhausted.String() + "\".\n" +
		"Without Options.OnConflict, \"" + askCaller.String() + "\" is \"" + surface.String() +
		"\". When the caller says that the obstacle is gone, it is \"" + fetchAgain.String() + "\".\n\n" +
		"## No answer refused it\n\n")
	b.WriteString(markdownHead("outcome", "course"))
	for _, o := range []decision{refuse, superseded, unknown} {
		var cases []tableCase
		for _, doubles := range []bool{true, false} {
			e := refusalEvidence{outcome: o, doubles: doubles, canAsk: true}
			cases = append(cases, tableCase{[]string{yesNo(doubles, "Options.AllowDoubleApply")}, e.decide().String()})
		}
		b.WriteString(markdownRow(o.String(), cellText(cases)))
	}
	b.WriteString("\n## An answer refused it\n\n")
	b.WriteString(markdownHead(append([]string{"kind \\ status", "precondition"}, classNames[:]...)...))
	b.WriteString(printRows(refusalRows(), kindNames[:], formNames[:]))
	b.WriteString("\n## The newest version is fetched\n\n" +
		"Where the refusal may be about the version; after any other fetch: " + fetchAgain.String() + ".\n\n")
	b.WriteString(markdownHead(append([]string{"kind", "precondition", "status \\ now"}, currencyNames[:]...)...))
	b.WriteString(printRows(fetchRows(), kindNames[:], formNames[:], classNames[:]))
	return b.String()
}

// refusalRows returns the course for every kind and form, one cell for each class of status.
func refusalRows() (rows []tableRow) {
	for kind := range Kind(len(kindNames)) {
		for form := range preconditionForm(len(formNames)) {
			r := tableRow{values: [][]string{{kind.String()}, {formNames[form]}}}
			for class := range statusClass(len(classNames)) {
				e := refusalEvidence{
					outcome: refuse, answered: true, kind: kind, status: class, condition: form, canAsk: true,
				}
				r.cells = append(r.cells, e.decide().String())
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// fetchRows returns the course after a fetch for every refusal that may be about the version, one
// cell for each thing that the fetch can show.
func fetchRows() (rows []tableRow) {
	for kind := range Kind(len(kindNames)) {
		for form := range preconditionForm(len(formNames)) {
			for class := range statusClass(len(classNames)) {
				e := refusalEvidence{outcome: refuse, answered: true, kind: kind, status: class, condition: form}
				if !e.curable() {
					continue
				}
				r := tableRow{values: [][]string{{kind.String()}, {formNames[form]}, {class.String()}}}
				for now := range currency(len(currencyNames)) {
					r.cells = append(r.cells, e.decideAfterFetch(now).String())
				}
				rows = append(rows, r)
			}
		}
	}
	return rows
}
