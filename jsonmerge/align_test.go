package jsonmerge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEditRecognisesElements(t *testing.T) {
	const doc = `[{"id":1,"v":"a","u":10},{"id":2,"v":"b","u":20},{"id":3,"v":"c","u":30}]`
	const before = `[{"id":1,"v":"a"},{"id":2,"v":"b"},{"id":3,"v":"c"}]`
	runEdits(t, []editCase{
		{"removed", doc, before, `[{"id":2,"v":"b"},{"id":3,"v":"c"}]`, `[{"id":2,"v":"b","u":20},{"id":3,"v":"c","u":30}]`,
			nil},
		{"inserted in front", doc, before, `[{"id":9,"v":"z"},{"id":1,"v":"a"},{"id":2,"v":"b"},{"id":3,"v":"c"}]`,
			`[{"id":9,"v":"z"},{"id":1,"v":"a","u":10},{"id":2,"v":"b","u":20},{"id":3,"v":"c","u":30}]`, nil},
		{"moved", doc, before, `[{"id":3,"v":"c"},{"id":1,"v":"a"},{"id":2,"v":"b"}]`,
			`[{"id":3,"v":"c","u":30},{"id":1,"v":"a","u":10},{"id":2,"v":"b","u":20}]`, nil},
		{"changed", doc, before, `[{"id":1,"v":"a"},{"id":2,"v":"B"},{"id":3,"v":"c"}]`,
			`[{"id":1,"v":"a","u":10},{"id":2,"v":"B","u":20},{"id":3,"v":"c","u":30}]`, nil},
		{"moved and changed at once", doc, before, `[{"id":3,"v":"C"},{"id":2,"v":"b"},{"id":1,"v":"A"}]`,
			`[{"id":3,"v":"C","u":30},{"id":2,"v":"b","u":20},{"id":1,"v":"A","u":10}]`, nil},
		{"replaced: another identity", doc, before, `[{"id":1,"v":"a"},{"id":7,"v":"b"},{"id":3,"v":"c"}]`,
			`[{"id":1,"v":"a","u":10},{"id":7,"v":"b"},{"id":3,"v":"c","u":30}]`, nil},
		{"first removed, one appended", doc, before, `[{"id":2,"v":"b"},{"id":3,"v":"c"},{"id":4,"v":"d"}]`,
			`[{"id":2,"v":"b","u":20},{"id":3,"v":"c","u":30},{"id":4,"v":"d"}]`, nil},
		{"an object that becomes a scalar", doc, before, `[{"id":1,"v":"a"},5,{"id":3,"v":"c"}]`,
			`[{"id":1,"v":"a","u":10},5,{"id":3,"v":"c","u":30}]`, nil},

		{"without identity, one changed",
			`[{"v":"a","u":10},{"v":"b","u":20},{"v":"c","u":30}]`, `[{"v":"a"},{"v":"b"},{"v":"c"}]`,
			`[{"v":"a"},{"v":"B"},{"v":"c"}]`,
			`[{"v":"a","u":10},{"v":"B","u":20},{"v":"c","u":30}]`, nil},
		{"without identity, first removed and one appended",
			`[{"t":"a","n":1,"u":1},{"t":"a","n":2,"u":2},{"t":"a","n":3,"u":3}]`,
			`[{"t":"a","n":1},{"t":"a","n":2},{"t":"a","n":3}]`,
			`[{"t":"a","n":2},{"t":"a","n":3},{"t":"a","n":4}]`,
			`[{"t":"a","n":2,"u":2},{"t":"a","n":3,"u":3},{"t":"a","n":4}]`, nil},
		{"without identity, most members in common",
			`[{"p":"x","q":1,"c":"r","u":1},{"p":"y","q":1,"c":"g","u":2}]`, `[{"p":"x","q":1,"c":"r"},{"p":"y","q":1,"c":"g"}]`,
			`[{"p":"w","q":9,"c":"b"},{"p":"x","q":2,"c":"r"},{"p":"y","q":2,"c":"g"}]`,
			`[{"p":"w","q":9,"c":"b"},{"p":"x","q":2,"c":"r","u":1},{"p":"y","q":2,"c":"g","u":2}]`, nil},
		{"without identity, moved and changed",
			`[{"p":"x","q":1,"c":"r","u":1},{"p":"y","q":1,"c":"g","u":2}]`, `[{"p":"x","q":1,"c":"r"},{"p":"y","q":1,"c":"g"}]`,
			`[{"p":"y","q":1,"c":"g"},{"p":"x","q":5,"c":"r"}]`,
			`[{"p":"y","q":1,"c":"g","u":2},{"p":"x","q":5,"c":"r","u":1}]`, nil},
		{"every element changed the same way",
			`[{"k":"x","done":false,"u":1},{"k":"x","done":false,"u":2}]`, `[{"k":"x","done":false},{"k":"x","done":false}]`,
			`[{"k":"x","done":true},{"k":"x","done":true}]`,
			`[{"k":"x","done":true,"u":1},{"k":"x","done":true,"u":2}]`, nil},
		{"equal elements, one removed and the other changed: nobody can tell",
			`[{"k":"x","u":1},{"k":"x","u":2}]`, `[{"k":"x","n":0},{"k":"x","n":0}]`, `[{"k":"x","n":1}]`, `[{"k":"x","n":1}]`,
			nil},
		{"equal elements keep their order",
			`[{"v":1,"u":1},{"v":1,"u":2},{"v":2,"u":3}]`, `[{"v":1},{"v":1},{"v":2}]`, `[{"v":2},{"v":1},{"v":1}]`,
			`[{"v":2,"u":3},{"v":1,"u":1},{"v":1,"u":2}]`, nil},
		{"zeros in common are no resemblance",
			`[{"t":"a","done":false,"n":0,"u":1},{"t":"b","done":false,"n":0,"u":2}]`,
			`[{"t":"a","done":false,"n":0},{"t":"b","done":false,"n":0}]`,
			`[{"t":"c","done":false,"n":0},{"t":"d","done":false,"n":0}]`,
			`[{"t":"c","done":false,"n":0},{"t":"d","done":false,"n":0}]`, nil},
		{"an identity of zero is none",
			`[{"id":0,"v":"a","u":1},{"id":0,"v":"b","u":2}]`, `[{"id":0,"v":"a"},{"id":0,"v":"b"}]`,
			`[{"id":4,"v":"a"},{"id":5,"v":"b"}]`,
			`[{"id":4,"v":"a","u":1},{"id":5,"v":"b","u":2}]`, nil},
		{"elements of elements",
			`[[{"v":1,"u":1},{"v":2,"u":2}],[{"v":3,"u":3}]]`, `[[{"v":1},{"v":2}],[{"v":3}]]`, `[[{"v":2}],[{"v":3},{"v":4}]]`,
			`[[{"v":2,"u":2}],[{"v":3,"u":3},{"v":4}]]`, nil},
		{"all removed", doc, before, `[]`, `[]`, nil},
		{"null for the array", `{"a":` + doc + `}`, `{"a":` + before + `}`, `{"a":null}`, `{"a":null}`, nil},
		{"lexemes of scalars that stayed", `[1.0, 2e0, 3.50]`, `[1,2,3.5]`, `[3.5,1]`, `[3.50, 1.0]`, nil},
		{"null where the view has zero", `[1,null,3]`, `[1,0,3]`, `[1,0,4]`, `[1,null,4]`, nil},
	})
}

func TestEditRecognisesElementsByTheirDeclaredKey(t *testing.T) {
	keys := map[string][]string{"/c": {"host", "port"}, "/*/*/ports": {"n"}}
	runEdits(t, []editCase{
		{"changed and moved",
			`{"c":[{"host":"a","port":1,"u":1},{"host":"a","port":2,"u":2}]}`,
			`{"c":[{"host":"a","port":1},{"host":"a","port":2}]}`,
			`{"c":[{"host":"a","port":2,"x":9},{"host":"a","port":1,"x":8}]}`,
			`{"c":[{"host":"a","port":2,"u":2,"x":9},{"host":"a","port":1,"u":1,"x":8}]}`, keys},
		{"another key, everything else alike",
			`{"c":[{"host":"a","port":1,"v":1,"w":2,"u":1}]}`, `{"c":[{"host":"a","port":1,"v":1,"w":2}]}`,
			`{"c":[{"host":"a","port":7,"v":1,"w":2}]}`, `{"c":[{"host":"a","port":7,"v":1,"w":2}]}`, keys},
		{"a key that occurs twice does not count",
			`{"c":[{"host":"a","port":1,"v":1,"u":1},{"host":"a","port":1,"v":2,"u":2}]}`,
			`{"c":[{"host":"a","port":1,"v":1},{"host":"a","port":1,"v":2}]}`, `{"c":[{"host":"a","port":1,"v":2}]}`,
			`{"c":[{"host":"a","port":1,"v":2,"u":2}]}`, keys},
		{"a key deeper in the element",
			`{"c":[],"p":[{"meta":{"n":1},"v":1,"u":1},{"meta":{"n":2},"v":2,"u":2}]}`,
			`{"p":[{"meta":{"n":1},"v":1},{"meta":{"n":2},"v":2}]}`,
			`{"p":[{"meta":{"n":2},"v":8},{"meta":{"n":1},"v":9}]}`,
			`{"c":[],"p":[{"meta":{"n":2},"v":8,"u":2},{"meta":{"n":1},"v":9,"u":1}]}`, map[string][]string{"/p": {"/meta/n"}}},
		{"wildcards reach into elements",
			`{"c":[{"host":"a","port":1,"ports":[{"n":1,"u":1},{"n":2,"u":2}]}]}`,
			`{"c":[{"host":"a","port":1,"ports":[{"n":1},{"n":2}]}]}`,
			`{"c":[{"host":"a","port":1,"ports":[{"n":2,"p":"t"},{"n":1,"p":"t"}]}]}`,
			`{"c":[{"host":"a","port":1,"ports":[{"n":2,"u":2,"p":"t"},{"n":1,"u":1,"p":"t"}]}]}`, keys},
	})
}

func TestEditTakesKeysFromRulesAndTheMoreSpecialPathWins(t *testing.T) {
	doc, before := []byte(`{"c":[{"a":1,"b":1,"u":1},{"a":2,"b":2,"u":2}]}`), []byte(`{"c":[{"a":1,"b":1},{"a":2,"b":2}]}`)
	after := []byte(`{"c":[{"a":2,"b":1},{"a":1,"b":2}]}`)
	byA, byB := `{"c":[{"a":2,"b":1,"u":2},{"a":1,"b":2,"u":1}]}`, `{"c":[{"a":2,"b":1,"u":1},{"a":1,"b":2,"u":2}]}`
	keyB := map[string][]string{"/c": {"b"}}
	for name, c := range map[string]struct {
		opts jsonmerge.EditOptions
		want string
	}{
		"rules":             {jsonmerge.EditOptions{Rules: rules("/c key=a").Rules}, byA},
		"other rules":       {jsonmerge.EditOptions{Rules: rules("/c atomic").Rules, Keys: keyB}, byB},
		"keys before rules": {jsonmerge.EditOptions{Rules: rules("/c key=a").Rules, Keys: keyB}, byB},
		"special last":      {jsonmerge.EditOptions{Keys: map[string][]string{"/*": {"b"}, "/c": {"a"}, "/**": {"b"}}}, byA},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jsonmerge.Edit(doc, before, after, &c.opts)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}

func TestEditNeverMovesUnknownMembersToAnotherElement(t *testing.T) {
	type thing struct {
		Name string `json:"name"`
		A    int    `json:"a"`
		B    string `json:"b"`
	}
	rng := rand.New(rand.NewSource(2))
	for range laws(t, 1000) {
		n := rng.Intn(12)
		docs := make([]string, n)
		for i := range docs {
			docs[i] = fmt.Sprintf(`{"name":"n%d","a":%d,"b":"%d","secret":"of n%d"}`, i, rng.Intn(2), rng.Intn(2), i)
		}
		doc := []byte("[" + strings.Join(docs, ",") + "]")
		var view []thing
		require.NoError(t, json.Unmarshal(doc, &view))
		before := encode(t, view)
		known := map[string]bool{}
		for range 1 + rng.Intn(6) {
			at := rng.Intn(len(view) + 1)
			switch {
			case rng.Intn(3) == 0:
				view = append(view[:at:at], append([]thing{{Name: fmt.Sprint("new", rng.Int())}}, view[at:]...)...)
			case len(view) == 0 || at == len(view):
			case rng.Intn(2) == 0:
				view = append(view[:at:at], view[at+1:]...)
			default:
				view[at].A += 5
				rng.Shuffle(len(view), func(i, j int) { view[i], view[j] = view[j], view[i] })
			}
		}
		for _, v := range view {
			known[v.Name] = !strings.HasPrefix(v.Name, "new")
		}
		got, err := jsonmerge.Edit(doc, before, encode(t, view), nil)
		require.NoError(t, err)
		var out []struct {
			thing
			Secret string
		}
		require.NoError(t, json.Unmarshal(got, &out))
		require.Len(t, out, len(view))
		for i, o := range out {
			require.Equal(t, view[i], o.thing)
			want := ""
			if known[o.Name] {
				want = "of " + o.Name
			}
			require.Equal(t, want, o.Secret, "%s\nbefore %s\nafter %s\ngave %s", doc, before, encode(t, view), got)
		}
	}
}

func TestEditOfLargeArraysTakesLinearTime(t *testing.T) {
	// Nothing tells these elements apart but their order: 20,000 objects, all changed, and one more
	// in front. Without a bound this is 400 million comparisons of elements.
	build := func(n, by int, secret string) []byte {
		var b bytes.Buffer
		for i := range n {
			fmt.Fprintf(&b, `,{"a":%d,"b":%d,"c":"x"%s}`, i%7+by, i%5+by, secret)
		}
		return append(append([]byte("["), b.Bytes()[1:]...), ']')
	}
	const n = 20_000
	doc, before := build(n, 0, `,"s":1`), build(n, 0, "")
	for _, after := range [][]byte{build(n, 100, ""), build(n+1, 100, "")} {
		got, err := jsonmerge.Edit(doc, before, after, nil)
		require.NoError(t, err)
		var view []struct{ A, B int }
		require.NoError(t, json.Unmarshal(got, &view))
		assert.Equal(t, 100, view[0].A)
	}
}
