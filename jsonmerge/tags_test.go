package jsonmerge_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type Money string

func (m Money) MarshalText() ([]byte, error) { return []byte(m), nil }

type Audit struct {
	Rev     int       `json:"rev" merge:"max"`
	Changed time.Time `json:"changed" merge:"newest"`
}

type Comment struct {
	ID      int       `json:"id"`
	Body    string    `json:"body" merge:"text"`
	Likes   *int      `json:"likes" merge:"counter"`
	Replies []Comment `json:"replies" merge:"key=id"`
}

type Post struct {
	Audit
	*Extra
	Named    Audit              `json:"named" merge:"newest=changed"`
	Tags     []string           `json:"tags,omitempty" merge:"set"`
	NoTag    string             `merge:"local"`
	Odd      int                `json:"a/b~*" merge:"counter"`
	Comments []*Comment         `json:"comments" merge:"key=id,modify-wins"`
	Labels   map[string]string  `json:"labels" merge:"merge"`
	Stats    map[string]Audit   `json:"stats"`
	Matrix   [2][]Audit         `json:"matrix"`
	Price    Money              `json:"price" merge:"max"` // marshals itself: may be anything
	Any      any                `json:"any" merge:"counter"`
	Blob     []byte             `json:"blob" merge:"atomic"`
	Hidden   int                `json:"-" merge:"counter"`
	secret   int                `merge:"counter"`
	Ptr      **int              `json:"ptr" merge:"min"`
	ByMap    []map[string]Audit `json:"bymap" merge:"key=anything"`
}

type Extra struct {
	Count int `json:"count" merge:"counter"`
}

func TestTagsBecomeRules(t *testing.T) {
	r, err := jsonmerge.RulesFor[[]*Post]()
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(r.String()) {
		if strings.Count(line, "replies") <= 1 {
			lines = append(lines, line)
		}
	}
	assert.Equal(t, `/*/rev max
/*/changed newest
/*/count counter
/*/named newest=changed
/*/named/rev max
/*/named/changed newest
/*/tags set
/*/NoTag local
/*/a~1b~0~2 counter
/*/comments key=id,modify-wins
/*/comments/*/body text
/*/comments/*/likes counter
/*/comments/*/replies key=id
/*/comments/*/replies/*/body text
/*/comments/*/replies/*/likes counter
/*/labels merge
/*/stats/*/rev max
/*/stats/*/changed newest
/*/matrix/*/*/rev max
/*/matrix/*/*/changed newest
/*/price max
/*/any counter
/*/blob atomic
/*/ptr min
/*/bymap key=anything
/*/bymap/*/*/rev max
/*/bymap/*/*/changed newest
`, strings.ReplaceAll(strings.Join(lines, ""), "/*/comments/*/replies/*/replies key=id\n", ""))
	assert.Equal(t, 8, strings.Count(r.String(), "/body text"), "a recursive type is followed eight levels deep")
	assert.Zero(t, Post{}.secret)

	opts := &jsonmerge.Options{Rules: r}
	assert.Equal(t, `[{"rev":4,"comments":[{"id":1,"likes":7}],"unknown":[1]}]`, merged(t,
		`[{"rev":1,"comments":[{"id":1,"likes":5}],"unknown":[]}]`,
		`[{"rev":4,"comments":[{"id":1,"likes":6}],"unknown":[]}]`,
		`[{"rev":3,"comments":[{"id":1,"likes":6}],"unknown":[1]}]`, opts))
}

func TestTypesWithoutTagsGiveNoRules(t *testing.T) {
	for _, f := range []func() (jsonmerge.Rules, error){
		jsonmerge.RulesFor[int], jsonmerge.RulesFor[any], jsonmerge.RulesFor[map[string]any], jsonmerge.RulesFor[time.Time],
		jsonmerge.RulesFor[struct{ A int }],
	} {
		r, err := f()
		require.NoError(t, err)
		assert.Zero(t, r.Len())
	}
	r, err := jsonmerge.RulesForType(nil)
	require.NoError(t, err)
	assert.Zero(t, r.Len())
}

type inner struct {
	N int
}

type MutualA struct{ *MutualB }

type MutualB struct {
	*MutualA
	X int `json:"x"`
}

type Wrong struct {
	A int `merge:"sett"`
}

func TestTagsThatAreWrongNameTheField(t *testing.T) {
	for _, c := range []struct {
		of   any
		want string
	}{
		{struct {
			A int `merge:"sett"`
		}{}, `.A: unknown strategy "sett"`},
		{struct {
			L []struct {
				A string `merge:"counter"`
			}
		}{}, `.L[].A: strategy "counter": string is no number`},
		{struct {
			A []byte `merge:"set"`
		}{}, `.A: strategy "set": []uint8 is no array`},
		{struct {
			A int `merge:"text"`
		}{}, `.A: strategy "text": int is no string`},
		{struct {
			A int `merge:"newest"`
		}{}, `.A: strategy "newest": int is no time`},
		{struct {
			A int `merge:"newest=x"`
		}{}, `.A: strategy "newest=x": int is no object`},
		{struct {
			A inner `merge:"newest=x"`
		}{}, `.A: strategy "newest=x": jsonmerge_test.inner has no member "x"`},
		{struct {
			A []inner `merge:"key=id"`
		}{}, `.A: strategy "key=id": jsonmerge_test.inner has no member "id"`},
		{struct {
			A []string `merge:"key=id"`
		}{}, `.A: strategy "key=id": string is no object`},
		{struct {
			A []MutualA `merge:"key=y"`
		}{}, `.A: strategy "key=y": jsonmerge_test.MutualA has no member "y"`},
		{struct {
			A int `merge:"merge"`
		}{}, `.A: strategy "merge": int is no object`},
		{struct {
			A int `json:",string" merge:"counter"`
		}{}, `.A: strategy "counter": its json tag makes it a string`},
		{struct{ Wrong }{}, `.Wrong.A: unknown strategy "sett"`},
		{struct {
			inner `merge:"local"`
		}{}, `.inner: an embedded struct has no place of its own for strategy "local"`},
	} {
		_, err := jsonmerge.RulesForType(reflect.TypeOf(c.of))
		if assert.Error(t, err) {
			assert.True(t, strings.HasSuffix(err.Error(), c.want), "%v\nwant %s", err, c.want)
			assert.True(t, strings.HasPrefix(err.Error(), "jsonmerge: field struct {"), "%v", err)
		}
	}
	_, err := jsonmerge.RulesFor[wide]()
	assert.ErrorContains(t, err, "more than 4096 rules; is the type recursive in several places?")
	_, err = jsonmerge.RulesFor[struct {
		A []MutualA `merge:"key=x"`
	}]()
	assert.NoError(t, err)
}

type wide struct {
	A          int `merge:"max"`
	B, C, D, E *wide
}

func TestTypesThatContainThemselvesInManyWaysAreNotFollowedForNothing(t *testing.T) {
	type list []list
	type schema struct {
		A, B, C, D, E, F, G, H, I, J, K, L *schema
		M                                  map[string]schema
		N                                  list
	}
	type document struct {
		Schema schema `json:"schema"`
		Hits   int    `json:"hits" merge:"counter"`
	}
	rules, err := jsonmerge.RulesFor[document]()
	require.NoError(t, err)
	assert.Equal(t, 1, rules.Len())
	_, err = jsonmerge.RulesFor[list]()
	require.NoError(t, err)
}
