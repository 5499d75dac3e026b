package jsonmerge_test

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEqualSeesThroughTheSpelling(t *testing.T) {
	nines := strings.Repeat("9", 30)
	for _, c := range [][2]string{
		{`{"a":1,"b":[true,null]}`, ` { "b" : [ true , null ] , "\u0061" : 1.0 } `},
		{`1`, `1.000`}, {`1`, `10e-1`}, {`1`, `0.1E+1`}, {`100`, `1e2`}, {`-0`, `0`}, {`-0.0e5`, `0`}, {`0.001`, `1e-3`},
		{`0.0010`, `0.1e-2`}, {`123.456`, `123456e-3`}, {`0e999999999999999999999`, `0`},
		{`1e1000000000`, `10e999999999`}, {`1e` + nines, `10e` + strings.Repeat("9", 29) + `8`},
		{`1e-` + nines, `0.1e-` + strings.Repeat("9", 29) + `8`},
		{`1e100000000000000000`, `10e99999999999999999`}, {`1e-100000000000000000`, `0.1e-99999999999999999`},
		{`1e+00000000000000000000000000000002`, `100`},
		{`9007199254740993`, `9007199254740993.0`},
		{`"é"`, `"\u00e9"`}, {`"😀"`, `"\uD83D\ude00"`}, {`"\/"`, `"/"`},
		{`"\b\f\n\r\t\"\\"`, `"\u0008\u000c\u000a\u000d\u0009\u0022\u005c"`},
	} {
		assert.True(t, equal(t, []byte(c[0]), []byte(c[1])), "%s and %s", c[0], c[1])
		assert.True(t, equal(t, []byte(c[1]), []byte(c[0])), "%s and %s", c[1], c[0])
	}
}

func TestEqualTellsDifferentDocumentsApart(t *testing.T) {
	nines := strings.Repeat("9", 30)
	for _, c := range [][2]string{
		{`1`, `-1`}, {`1`, `2`}, {`12`, `1.2`}, {`0.1`, `0.1000000000000000000001`}, {`9007199254740993`, `9007199254740992`},
		{`1e400`, `1e401`}, {`1e` + nines, `1e-` + nines}, {`1e` + nines, `1e9` + nines}, {`1e` + nines, `1`}, {`101`, `11`},
		{`1.01`, `10.1`},
		{`null`, `false`}, {`0`, `false`}, {`""`, `null`}, {`"1"`, `1`}, {`[]`, `{}`}, {`true`, `false`},
		{`"é"`, `"e\u0301"`}, {`"a"`, `"\u0062"`},
		{`[1,2]`, `[2,1]`}, {`[1]`, `[1,1]`}, {`[[1],2]`, `[1,[2]]`}, {`{"a":1}`, `{"b":1}`}, {`{"a":1}`, `{"a":1,"b":1}`},
		{`{"a":null}`, `{}`},
		{`{"a":1,"b":2}`, `{"a":2,"b":1}`}, {`{"a":{"b":1}}`, `{"b":{"a":1}}`},
	} {
		assert.False(t, equal(t, []byte(c[0]), []byte(c[1])), "%s and %s", c[0], c[1])
	}
}

func TestEqualNamesTheDocumentThatIsWrong(t *testing.T) {
	_, err := jsonmerge.Equal([]byte(`{`), []byte(`1`))
	assert.ErrorContains(t, err, "first document: jsonmerge: at byte 1")
	_, err = jsonmerge.Equal([]byte(`1`), []byte(`01`))
	assert.ErrorContains(t, err, "second document: jsonmerge: at byte 1")
}

func TestEqualAgreesWithRationalArithmetic(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(1, 2))}
	number := func() string {
		s := m.pick("", "-") + m.pick("0", "1", "10", "100", "12", "120")
		if m.IntN(2) == 0 {
			s += "." + m.pick("0", "00", "01", "10", "2", "020")
		}
		if m.IntN(2) == 0 {
			s += m.pick("e", "E") + m.pick("", "+", "-") + m.pick("0", "1", "2", "03")
		}
		return s
	}
	equals := 0
	for range 20_000 {
		a, b := number(), number()
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		require.Equal(t, x.Cmp(y) == 0, equal(t, []byte(a), []byte(b)), "%s and %s", a, b)
		if x.Cmp(y) == 0 {
			equals++
		}
		// max and min order the same way.
		want := map[int]string{-1: b, 0: a, 1: a}[x.Cmp(y)]
		if x.Sign() != 0 && y.Sign() != 0 {
			require.Equal(t, want, merged(t, `0`, a, b, rules(`"" max`)), "max of %s and %s", a, b)
		}
	}
	require.Greater(t, equals, 500)
}

func FuzzEqual(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.50e3,"\u00e9"]}`), []byte(` { "a" : [ 1.0 , 2500 , "é" ] } `))
	f.Add([]byte(`1e99999999999999999999`), []byte(`10e99999999999999999998`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		same, err := jsonmerge.Equal(a, b)
		if err != nil {
			return
		}
		back, err := jsonmerge.Equal(b, a)
		require.NoError(t, err)
		require.Equal(t, same, back)
		self, err := jsonmerge.Equal(a, append([]byte(" "), a...))
		require.NoError(t, err)
		require.True(t, self)
	})
}
