package jsonmerge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCountersAreExact(t *testing.T) {
	for _, c := range []struct{ base, local, remote, want string }{
		{`10`, `13`, `8`, `11`},
		{`9007199254740993`, `9007199254740994`, `9007199254740995`, `9007199254740996`},
		{`0.1`, `0.3`, `0.2`, `0.4`},
		{`10.50`, `12.50`, `10.25`, `12.25`},
		{`1.50`, `2.00`, `1.00`, `1.50`},
		{`0`, `1e2`, `1`, `101`},
		{`0`, `1e-2`, `1`, `1.01`},
		{`5`, `3`, `1`, `-1`},
		{`0.5`, `0.25`, `0.2`, `-0.05`},
		{`1`, `0`, `0`, `-1`},
		{`-3`, `-5`, `-4`, `-6`},
		{`1`, `1`, `5.00`, `5.00`},
	} {
		assert.Equal(t, c.want, merged(t, c.base, c.local, c.remote, rules(`"" counter`)), c)
	}
	// Too long to write out: reported, not computed.
	for _, far := range []string{`1e5000`, `1e-5000`, `1e1000000000`, strings.Repeat("1", 5000)} {
		conflicts(t, `0`, far, `1`, rules(`"" counter`))
	}
}

// Raising what both counters count alike must not be taken for one and the same change, wherever
// the counter is.
func TestCountersCountWhatBothSidesDidAlike(t *testing.T) {
	opts := rules("/**/n counter", "/keyed key=id")
	for base, want := range map[string]string{
		`{"n":%d}`:                       `{"n":3}`,
		`{"o":{"x":{"n":%d}}}`:           `{"o":{"x":{"n":3}}}`,
		`{"keyed":[{"id":1,"n":%d}]}`:    `{"keyed":[{"id":1,"n":3}]}`,
		`{"list":[0,{"id":1,"n":%d},2]}`: `{"list":[0,{"id":1,"n":3},2]}`,
		// Not aligned: an array in an array is one value.
		`{"list":[[{"n":%d}]],"x":{"y":"n"}}`: `{"list":[[{"n":2}]],"x":{"y":"n"}}`,
	} {
		doc := func(n int) string { return fmt.Sprintf(base, n) }
		assert.Equal(t, want, merged(t, doc(1), doc(2), doc(2), opts))
	}
	// Without usable keys nothing is looked into: what both did alike stands.
	twice := `{"keyed":[{"id":1,"n":2},{"id":1,"n":3}]}`
	assert.Equal(t, twice, merged(t, `{"keyed":[{"id":1,"n":1}]}`, twice, twice, opts))
}
