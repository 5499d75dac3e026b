package ifmatch

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files of the tables")

// requireGolden compares a text with a file that the documentation shows.
func requireGolden(t *testing.T, file, text string) {
	t.Helper()
	if *updateGolden {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "go test -run Golden -update . rewrites it")
}

// markdownRow prints a row of a table.
func markdownRow(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// markdownHead prints the first two lines of a table.
func markdownHead(columns ...string) string {
	return markdownRow(columns...) + strings.Repeat("|---", len(columns)) + "|\n"
}

// tableCase is one combination of what a cell may depend on, and what holds there.
type tableCase struct {
	at   []string // the value of each dimension, in words
	text string
}

// branch is what holds under a condition; "" is none, and "otherwise" all that is left.
type branch struct{ condition, text string }

// branches tells cases apart by as few dimensions as can tell them apart.
func branches(cases []tableCase) []branch {
	if len(cases) == 0 {
		return nil
	}
	dims := decidingDimensions(cases)
	values := make([][]string, len(dims)) // that occur in each dimension
	under := map[string][]tableRow{}      // where each text holds
	var order []string                    // of the texts, as they come
	seen := map[string]bool{}
	for _, c := range cases {
		at := project(c, dims)
		key := strings.Join(at, "\x00")
		if seen[key] {
			continue
		}
		seen[key] = true
		r := tableRow{values: make([][]string, len(dims))}
		for d, v := range at {
			r.values[d] = []string{v}
			if !slices.Contains(values[d], v) {
				values[d] = append(values[d], v)
			}
		}
		if under[c.text] == nil {
			order = append(order, c.text)
		}
		under[c.text] = append(under[c.text], r)
	}
	if len(order) == 1 {
		return []branch{{"", order[0]}}
	}
	rest := order[0] // what holds under the most conditions; the later one, if several do
	for _, text := range order {
		if len(under[text]) >= len(under[rest]) {
			rest = text
		}
	}
	var all []branch
	for _, text := range order {
		if text == rest {
			continue
		}
		var conditions []string
		for _, r := range collapse(under[text]) {
			var words []string
			for d := range dims {
				if w := valuesText(r.values[d], values[d]); w != whichever {
					words = append(words, w)
				}
			}
			conditions = append(conditions, strings.Join(words, " and "))
		}
		all = append(all, branch{strings.Join(conditions, " or "), text})
	}
	return append(all, branch{"otherwise", rest})
}

// decidingDimensions returns the fewest dimensions that the text depends on.
func decidingDimensions(cases []tableCase) (best []int) {
	found := false
	for set := range 1 << len(cases[0].at) {
		var dims []int
		for d := range cases[0].at {
			if set&(1<<d) != 0 {
				dims = append(dims, d)
			}
		}
		if (!found || len(dims) < len(best)) && toldApartBy(cases, dims) {
			found, best = true, dims
		}
	}
	return best
}

// toldApartBy reports whether the text is the same wherever these dimensions are.
func toldApartBy(cases []tableCase, dims []int) bool {
	texts := map[string]string{}
	for _, c := range cases {
		at := strings.Join(project(c, dims), "\x00")
		if text, ok := texts[at]; ok && text != c.text {
			return false
		}
		texts[at] = c.text
	}
	return true
}

func project(c tableCase, dims []int) (values []string) {
	for _, d := range dims {
		values = append(values, c.at[d])
	}
	return values
}

// cellText prints cases into one cell: "spent: unknown; otherwise: send again".
func cellText(cases []tableCase) string {
	var parts []string
	for _, b := range branches(cases) {
		if b.condition == "" {
			parts = append(parts, b.text)
		} else {
			parts = append(parts, b.condition+": "+b.text)
		}
	}
	return strings.Join(parts, "; ")
}

// yesNo names the two values of a dimension.
func yesNo(yes bool, name string) string {
	if yes {
		return name
	}
	return "not " + name
}

// tableRow is a row for every combination of these values.
type tableRow struct {
	values [][]string // for each dimension
	cells  []string
}

// collapse merges rows with equal cells that differ in one dimension only, the last dimension first.
func collapse(rows []tableRow) []tableRow {
	key := func(r tableRow, without int) string {
		var b strings.Builder
		for d, values := range r.values {
			if d != without {
				b.WriteString(strings.Join(values, "\x00") + "\x01")
			}
		}
		return b.String() + strings.Join(r.cells, "\x00")
	}
	for d := len(rows[0].values) - 1; d >= 0; d-- {
		var merged []tableRow
		at := map[string]int{}
		for _, r := range rows {
			k := key(r, d)
			if i, ok := at[k]; ok {
				merged[i].values[d] = append(merged[i].values[d], r.values[d]...)
				continue
			}
			at[k] = len(merged)
			merged = append(merged, r)
		}
		rows = merged
	}
	return rows
}

// printRows prints rows. names are all values of each dimension, so that a long list of them can
// be told by what it leaves out.
func printRows(rows []tableRow, names ...[]string) string {
	var b strings.Builder
	for _, r := range collapse(rows) {
		var words []string
		for d, values := range r.values {
			words = append(words, valuesText(values, names[d]))
		}
		b.WriteString(markdownRow(append(words, r.cells...)...))
	}
	return b.String()
}

const whichever = "any"

func valuesText(values, all []string) string {
	var others []string
	for _, v := range all {
		if !slices.Contains(values, v) {
			others = append(others, v)
		}
	}
	switch {
	case len(others) == 0:
		return whichever
	case 2*len(others) < len(values):
		return "any but " + strings.Join(others, ", ")
	}
	return strings.Join(values, ", ")
}
