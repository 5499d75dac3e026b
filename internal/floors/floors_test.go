package floors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/internal/floors"
	"github.com/stretchr/testify/require"
)

var lowAndHigh = []floors.Floor{{{"low.go"}}, {{"high.go"}}}

// folder makes a package of files, each given as its name, a line break and its text after the
// package clause.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range files {
		name, text, _ := strings.Cut(file, "\n")
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package p\n"+text), 0o600))
	}
	return dir
}

func check(t *testing.T, plan []floors.Floor, files ...string) (floors.Report, []string) {
	t.Helper()
	report, err := floors.Check(folder(t, files...), plan)
	require.NoError(t, err)
	var texts []string
	for _, r := range report.Reaches {
		require.True(t, strings.HasSuffix(r.String(), r.Text))
		texts = append(texts, r.Text)
	}
	return report, texts
}

func TestAUseOfWhatLiesHigherIsFound(t *testing.T) {
	for name, files := range map[string][]string{
		"function": {"low.go\nfunc a() { x() }", "high.go\nfunc x() {}"},
		"type":     {"low.go\nvar a x", "high.go\ntype x int"},
		"constant": {"low.go\nvar a = x", "high.go\nconst x = 1"},
		"method of a type that lies low": {
			"low.go\ntype T int\nfunc a(t T) { t.x() }", "high.go\nfunc (T) x() {}"},
		"method as a value": {
			"low.go\ntype T int\nvar a = T.x", "high.go\nfunc (T) x() {}"},
		"method of an interface": {
			"low.go\nfunc a(i I) { i.x() }", "high.go\ntype I interface { x() }"},
		"field": {
			"low.go\nvar a = b.x\nvar b T", "high.go\ntype T struct { x int }"},
		"field in a literal": {
			"low.go\nvar a = T{x: 1}", "high.go\ntype T struct { x int }"},
		"method of a type with parameters": {
			"low.go\ntype T[V any] struct { v V }\nvar a = T[int]{}.x()", "high.go\nfunc (T[V]) x() V { panic(0) }"},
	} {
		t.Run(name, func(t *testing.T) {
			report, texts := check(t, lowAndHigh, files...)
			require.NotEmpty(t, texts)
			require.Regexp(t, `^low.go \(floor 1\) uses \w+ of high.go \(floor 2\)$`, texts[0])
			require.Equal(t, 1, report.Up)
		})
	}
}

func TestAMethodAndAFieldAreFoundWithoutAnyOtherUse(t *testing.T) {
	_, texts := check(t, lowAndHigh,
		"low.go\ntype T struct{}\nfunc a(t T) { t.x() }",
		"high.go\nfunc (T) x() {}")
	require.Equal(t, []string{"low.go (floor 1) uses x of high.go (floor 2)"}, texts)

	_, texts = check(t, []floors.Floor{{{"low.go"}}, {{"mid.go"}}, {{"high.go"}}},
		"low.go\nfunc b() T { panic(0) }\nvar a = b().x",
		"mid.go\ntype T = U",
		"high.go\ntype U struct { x int }")
	require.Equal(t, []string{
		"low.go (floor 1) uses T of mid.go (floor 2)",
		"low.go (floor 1) uses x of high.go (floor 3)",
		"mid.go (floor 2) uses U of high.go (floor 3)",
	}, texts)

	_, texts = check(t, []floors.Floor{{{"low.go", "mid.go"}}, {{"high.go"}}},
		"low.go\ntype V struct { x int }\nfunc a(t T) { t.x++ }",
		"mid.go\ntype T = W",
		"high.go\ntype W struct { *U }\ntype U struct { *V }")
	require.Equal(t, []string{
		"low.go (floor 1) uses U of high.go (floor 2)",
		"low.go (floor 1) uses V of high.go (floor 2)",
		"mid.go (floor 1) uses W of high.go (floor 2)",
	}, texts, "the embedded fields on the way to a field count")
}

func TestAUseOfWhatLiesLowerIsAllowed(t *testing.T) {
	report, texts := check(t, lowAndHigh,
		"low.go\ntype T struct { f int }\nfunc (T) m() {}\nfunc g() {}",
		"high.go\nfunc h(t T) { t.m(); t.f++; g(); m := 1; _ = m }")
	require.Empty(t, texts)
	require.Equal(t, floors.Report{Arrows: 1}, report)
}

func TestThemesOfOneFloorDoNotKnowEachOther(t *testing.T) {
	files := []string{"a.go\nfunc f() { g() }", "b.go\nfunc g() {}"}
	report, texts := check(t, []floors.Floor{{{"a.go"}, {"b.go"}}}, files...)
	require.Equal(t, []string{"a.go (floor 1) uses g of b.go (floor 1)"}, texts)
	require.Equal(t, 1, report.Sideways)
	require.Zero(t, report.Up)

	report, texts = check(t, []floors.Floor{{{"a.go", "b.go"}}}, files...)
	require.Empty(t, texts, "the files of one theme do")
	require.Equal(t, floors.Report{Arrows: 1}, report)
}

func TestCirclesAreFoundWithinAThemeAndThroughOthers(t *testing.T) {
	plan := []floors.Floor{{{"a.go", "b.go", "c.go", "d.go", "e.go", "f.go"}}}
	report, texts := check(t, plan,
		"a.go\nfunc a() { b() }", "b.go\nfunc b() { c(); d() }", "c.go\nfunc c() { a() }",
		"d.go\nfunc d() {}", "e.go\nfunc e() { f(); a() }", "f.go\nfunc f() { e() }")
	require.Empty(t, texts)
	require.Equal(t, [][]string{{"a.go", "b.go", "c.go"}, {"e.go", "f.go"}}, report.Circles)
}

func TestEveryUseIsReportedAndEveryArrowCountedOnce(t *testing.T) {
	report, texts := check(t, lowAndHigh, "low.go\nfunc a() { x(); x() }", "high.go\nfunc x() { a() }")
	require.Len(t, texts, 2)
	require.Equal(t, 2, report.Arrows)
	require.Equal(t, 1, report.Up)
	require.Equal(t, 2, report.Reaches[0].Position.Line)
	require.Less(t, report.Reaches[0].Position.Column, report.Reaches[1].Position.Column)
}

func TestNamesThatOnlyLookAlikeAreNotUses(t *testing.T) {
	_, texts := check(t, lowAndHigh,
		"low.go\ntype T struct { x int }\nfunc a(x int) int { return x + T{x: 1}.x }",
		"high.go\nfunc x() {}")
	require.Empty(t, texts)
}

func TestImportsAreResolved(t *testing.T) {
	_, texts := check(t, lowAndHigh,
		"low.go\nimport (\"net/http\"; \"unsafe\")\nvar a = http.Header{}\nvar b unsafe.Pointer",
		"high.go\nimport \"net/http\"\nvar c = http.Header.Get(a, \"x\")")
	require.Empty(t, texts)
}

func TestTestFilesHaveNoFloor(t *testing.T) {
	report, _ := check(t, lowAndHigh, "low.go\n", "high.go\n", "low_test.go\nvar _ = unknown")
	require.Zero(t, report.Arrows)
}

func TestFilesAndPlacesMustMatch(t *testing.T) {
	for want, files := range map[string][]string{
		"other.go has no floor yet":       {"low.go\n", "high.go\n", "other.go\n"},
		"high.go on floor 2 is not there": {"low.go\n"},
		"undefined: unknown":              {"low.go\n", "high.go\nvar _ = unknown"},
		"expected declaration":            {"low.go\n", "high.go\n+"},
		"is not in std":                   {"low.go\n", "high.go\nimport _ \"nowhere\""},
	} {
		_, err := floors.Check(folder(t, files...), lowAndHigh)
		require.ErrorContains(t, err, want)
	}
	_, err := floors.Check(folder(t, "low.go\n"), []floors.Floor{{{"low.go"}}, {{"low.go"}}})
	require.EqualError(t, err, "low.go has two places")
}

func TestThisPackageLiesOnOneFloor(t *testing.T) {
	report, err := floors.Check(".", []floors.Floor{{{"floors.go"}}})
	require.NoError(t, err)
	require.Empty(t, report.Reaches)
}
