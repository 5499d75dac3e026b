package jsonmerge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMaxOrdersNumbersOfAnySize(t *testing.T) {
	nines := strings.Repeat("9", 30)
	inOrder := []string{`-1e1` + nines, `-1e` + nines, `-1e1000`, `-2`, `-1.5`, `-1e-1000`, `-1e-` + nines, `0`,
		`1e-1` + nines, `1e-` + nines, `1e-1000`, `0.015`, `1.2`, `1.25`, `12`, `1e1000`, `1e` + nines,
		`2e` + nines, `1e1` + nines}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if i == j {
				continue
			}
			assert.Equal(t, inOrder[max(i, j)], merged(t, `null`, a, b, rules(`"" max`)))
			assert.Equal(t, inOrder[min(i, j)], merged(t, `null`, a, b, rules(`"" min`)))
		}
	}
}
