package jsonmerge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

type editCase struct {
	name               string
	doc, before, after string
	want               string
	keys               map[string][]string
}

func runEdits(t *testing.T, cases []editCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := jsonmerge.Edit([]byte(c.doc), []byte(c.before), []byte(c.after), &jsonmerge.EditOptions{Keys: c.keys})
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
			require.NoError(t, jsonmerge.Check(got, jsonmerge.Limits{}))

			same, err := jsonmerge.Edit([]byte(c.doc), []byte(c.before), []byte(c.before), nil)
			require.NoError(t, err)
			assert.Equal(t, c.doc, string(same), "a view that did not change changes nothing")
		})
	}
}

func TestEditChangesOnlyWhatTheCallerChanged(t *testing.T) {
	runEdits(t, []editCase{
		{"members that the view does not know stay",
			`{"x":[1, 2],"n":1,"y":{"a" : null}}`, `{"n":1}`, `{"n":2}`, `{"x":[1, 2],"n":2,"y":{"a" : null}}`, nil},
		{"number lexemes that the view cannot hold stay",
			`{"big":9223372036854775808,"price":1.50,"n":1e0}`, `{"big":9223372036854776000,"price":1.5,"n":1}`,
			`{"big":9223372036854776000,"price":1.5,"n":3}`, `{"big":9223372036854775808,"price":1.50,"n":3}`, nil},
		{"escapes and white space stay",
			"{ \"s\" : \"\\u0041\\/<\" ,\n\t\"n\" : 1 }", `{"s":"A/\u003c","n":1}`, `{"s":"A/\u003c","n":2}`,
			"{ \"s\" : \"\\u0041\\/<\" ,\n\t\"n\" : 2 }", nil},
		{"white space around the document stays", " \n{\"n\":1}\n", `{"n":1}`, `{"n":2}`, " \n{\"n\":2}\n", nil},
		{"null where the view has zero stays", `{"a":null,"b":1}`, `{"a":0,"b":1}`, `{"a":0,"b":2}`, `{"a":null,"b":2}`, nil},
		{"null gives way to a value that was set", `{"a":null}`, `{"a":0}`, `{"a":5}`, `{"a":5}`, nil},
		{"a member that is missing where the view has zero stays missing",
			`{"b":1}`, `{"a":0,"b":1}`, `{"a":0,"b":2}`, `{"b":2}`, nil},
		{"a member that was missing is added when set", `{"b":1}`, `{"a":0,"b":1}`, `{"a":7,"b":1}`, `{"b":1,"a":7}`, nil},
		{"a member that left the view is removed", `{"a":1,"u":0,"b":2}`, `{"a":1,"b":2}`, `{"b":2}`, `{"u":0,"b":2}`, nil},
		{"removing what is not there is no error", `{"b":2}`, `{"a":0,"b":2}`, `{"b":2}`, `{"b":2}`, nil},
		{"a zero that omitempty hid is replaced", `{"a":0,"b":1}`, `{"b":1}`, `{"a":3,"b":1}`, `{"a":3,"b":1}`, nil},
		{"an object that omitzero hid keeps its unknown members",
			`{"spec":{"u":1},"b":1}`, `{"b":1}`, `{"spec":{"a":2},"b":1}`, `{"spec":{"u":1,"a":2},"b":1}`, nil},
		{"nested objects are edited in place",
			`{"m":{"u":1.0,"in":{"v":[ ],"n":1}}}`, `{"m":{"in":{"n":1}}}`, `{"m":{"in":{"n":2}}}`,
			`{"m":{"u":1.0,"in":{"v":[ ],"n":2}}}`, nil},
		{"a value of another kind is replaced", `{"a":{"u":1}}`, `{"a":{}}`, `{"a":[1]}`, `{"a":[1]}`, nil},
		{"a value that the view shows as another kind is replaced",
			`{"a":"short","u":1}`, `{"a":{"name":"short"}}`, `{"a":{"name":"long"}}`, `{"a":{"name":"long"},"u":1}`, nil},
		{"a scalar root", `1.0`, `1`, `2`, `2`, nil},
		{"a root of another kind", ` {"u":1} `, `{}`, `[ 1]`, ` [ 1] `, nil},
		{"the empty name is a name", `{"":1,"u":2}`, `{"":1}`, `{"":3}`, `{"":3,"u":2}`, nil},
		{"names spelled with escapes are found", `{"\u0061b":1}`, `{"ab":1}`, `{"ab":2}`, `{"\u0061b":2}`, nil},
		{"what the document says already is not spelled anew", `{"a":1.0}`, `{"a":0}`, `{"a":1}`, `{"a":1.0}`, nil},
	})
}

func TestEditKeepsTheSpellingOfNames(t *testing.T) {
	runEdits(t, []editCase{
		{"another case", `{"ID":1,"u":0}`, `{"id":1}`, `{"id":2}`, `{"ID":2,"u":0}`, nil},
		{"another case, removed", `{"Name":"x","u":0}`, `{"name":"x"}`, `{}`, `{"u":0}`, nil},
		{"another case, hidden by omitempty", `{"NAME":"","u":0}`, `{}`, `{"name":"x"}`, `{"NAME":"x","u":0}`, nil},
		{"letters that only Unicode folds", `{"\u212Aey":1}`, `{"key":1}`, `{"key":2}`, `{"\u212Aey":2}`, nil},
		{"both spellings: the last counts", `{"id":1,"ID":2}`, `{"id":2}`, `{"id":3}`, `{"id":1,"ID":3}`, nil},
		{"both spellings, the exact one last", `{"ID":1,"id":2}`, `{"id":2}`, `{"id":3}`, `{"ID":1,"id":3}`, nil},
		{"both spellings, a decoder that minds case", `{"id":1,"ID":2}`, `{"id":1}`, `{"id":3}`, `{"id":3,"ID":2}`, nil},
		{"both spellings removed", `{"id":1,"u":0,"ID":2}`, `{"id":2}`, `{}`, `{"u":0}`, nil},
		{"a map has both", `{"id":1,"ID":2}`, `{"ID":2,"id":1}`, `{"ID":2,"id":5}`, `{"id":5,"ID":2}`, nil},
		{"a map's name renamed in case", `{"Name":1}`, `{"Name":1}`, `{"name":1}`, `{"name":1}`, nil},
		{"a map gets a second spelling", `{"Name":1}`, `{"Name":1}`, `{"Name":1,"name":2}`, `{"Name":1,"name":2}`, nil},
		{"two names of the view that match one", `{"\u212A":1,"u":0}`, `{"k":1,"K":1}`, `{}`, `{"u":0}`, nil},
		{"nested", `{"Spec":{"Replicas":1,"u":2}}`, `{"spec":{"replicas":1}}`, `{"spec":{"replicas":3}}`,
			`{"Spec":{"Replicas":3,"u":2}}`, nil},
	})
}

func TestEditWritesLikeTheDocument(t *testing.T) {
	runEdits(t, []editCase{
		{"a line of its own", "{\n  \"a\": 1\n}", `{"a":1}`, `{"a":1,"b":2}`, "{\n  \"a\": 1,\n  \"b\": 2\n}", nil},
		{"containers are spread over lines too", "{\n\t\"a\": 1\n}\n", `{"a":1}`, `{"a":1,"b":{"c":[1,{"d":[]}]}}`,
			"{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": [\n\t\t\t1,\n\t\t\t{\n\t\t\t\t\"d\": []\n\t\t\t}\n\t\t]\n\t}\n}\n", nil},
		{"CRLF", "{\r\n  \"a\": 1\r\n}", `{"a":1}`, `{"a":1,"b":[2]}`,
			"{\r\n  \"a\": 1,\r\n  \"b\": [\r\n    2\r\n  ]\r\n}", nil},
		{"within a line, spaced", `{"a": 1, "b": 2}`, `{"a":1,"b":2}`, `{"a":1,"b":2,"c":[1,{"d":2,"e":3}]}`,
			`{"a": 1, "b": 2, "c": [1, {"d": 2, "e": 3}]}`, nil},
		{"a single member, spaced", `{"a": 1}`, `{"a":1}`, `{"a":1,"b":2}`, `{"a": 1, "b": 2}`, nil},
		{"compact", `{"a":1}`, `{"a":1}`, `{"a":1,"b":{"c":2}}`, `{"a":1,"b":{"c":2}}`, nil},
		{"the first member removed", `{"a": 1, "b": 2, "c": 3}`, `{"a":1,"b":2}`, `{"b":2}`, `{"b": 2, "c": 3}`, nil},
		{"the last member removed", "{\n  \"a\": 1,\n  \"b\": 2\n}", `{"a":1,"b":2}`, `{"a":1}`, "{\n  \"a\": 1\n}", nil},
		{"the only member removed", "{\n  \"a\": 1\n}", `{"a":1}`, `{}`, "{}", nil},
		{"into an empty object", "{\n  \"a\": {}\n}", `{"a":{}}`, `{"a":{"b":1}}`, "{\n  \"a\": {\n    \"b\": 1\n  }\n}", nil},
		{"commas first", "{ \"a\": 1\n, \"b\": 2\n}", `{"a":1,"b":2}`, `{"a":1,"b":2,"c":3}`,
			"{ \"a\": 1\n, \"b\": 2\n, \"c\": 3\n}", nil},
		{"lines of compact elements stay so", "[\n  {\"a\": 1},\n  {\"a\": 2}\n]", `[{"a":1},{"a":2}]`, `[{"a":1},{"a":2},{"a":3}]`,
			"[\n  {\"a\": 1},\n  {\"a\": 2},\n  {\"a\":3}\n]", nil},
		{"a matrix keeps its lines", "[1, 2,\n 3, 4]", `[1,2,3,4]`, `[1,2,5,4]`, "[1, 2,\n 5, 4]", nil},
		{"an element removed from lines", "[\n  1,\n  2,\n  3\n]", `[1,2,3]`, `[1,3]`, "[\n  1,\n  3\n]", nil},
		{"an element put in front", "[\n  1,\n  2\n]", `[1,2]`, `[0,1,2]`, "[\n  0,\n  1,\n  2\n]", nil},
	})
}

func TestEditRecognisesElements(t *testing.T) {
	const doc = `[{"id":1,"v":"a","u":10},{"id":2,"v":"b","u":20},{"id":3,"v":"c","u":30}]`
	const before = `[{"id":1,"v":"a"},{"id":2,"v":"b"},{"id":3,"v":"c"}]`
	runEdits(t, []editCase{
		{"removed", doc, before, `[{"id":2,"v":"b"},{"id":3,"v":"c"}]`, `[{"id":2,"v":"b","u":20},{"id":3,"v":"c","u":30}]`, nil},
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
			`[{"v":"a","u":10},{"v":"b","u":20},{"v":"c","u":30}]`, `[{"v":"a"},{"v":"b"},{"v":"c"}]`, `[{"v":"a"},{"v":"B"},{"v":"c"}]`,
			`[{"v":"a","u":10},{"v":"B","u":20},{"v":"c","u":30}]`, nil},
		{"without identity, first removed and one appended",
			`[{"t":"a","n":1,"u":1},{"t":"a","n":2,"u":2},{"t":"a","n":3,"u":3}]`, `[{"t":"a","n":1},{"t":"a","n":2},{"t":"a","n":3}]`,
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
			`[{"k":"x","u":1},{"k":"x","u":2}]`, `[{"k":"x","n":0},{"k":"x","n":0}]`, `[{"k":"x","n":1}]`, `[{"k":"x","n":1}]`, nil},
		{"equal elements keep their order",
			`[{"v":1,"u":1},{"v":1,"u":2},{"v":2,"u":3}]`, `[{"v":1},{"v":1},{"v":2}]`, `[{"v":2},{"v":1},{"v":1}]`,
			`[{"v":2,"u":3},{"v":1,"u":1},{"v":1,"u":2}]`, nil},
		{"zeros in common are no resemblance",
			`[{"t":"a","done":false,"n":0,"u":1},{"t":"b","done":false,"n":0,"u":2}]`, `[{"t":"a","done":false,"n":0},{"t":"b","done":false,"n":0}]`,
			`[{"t":"c","done":false,"n":0},{"t":"d","done":false,"n":0}]`,
			`[{"t":"c","done":false,"n":0},{"t":"d","done":false,"n":0}]`, nil},
		{"an identity of zero is none",
			`[{"id":0,"v":"a","u":1},{"id":0,"v":"b","u":2}]`, `[{"id":0,"v":"a"},{"id":0,"v":"b"}]`, `[{"id":4,"v":"a"},{"id":5,"v":"b"}]`,
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
			`{"c":[{"host":"a","port":1,"u":1},{"host":"a","port":2,"u":2}]}`, `{"c":[{"host":"a","port":1},{"host":"a","port":2}]}`,
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
			`{"c":[],"p":[{"meta":{"n":1},"v":1,"u":1},{"meta":{"n":2},"v":2,"u":2}]}`, `{"p":[{"meta":{"n":1},"v":1},{"meta":{"n":2},"v":2}]}`,
			`{"p":[{"meta":{"n":2},"v":8},{"meta":{"n":1},"v":9}]}`,
			`{"c":[],"p":[{"meta":{"n":2},"v":8,"u":2},{"meta":{"n":1},"v":9,"u":1}]}`, map[string][]string{"/p": {"/meta/n"}}},
		{"wildcards reach into elements",
			`{"c":[{"host":"a","port":1,"ports":[{"n":1,"u":1},{"n":2,"u":2}]}]}`, `{"c":[{"host":"a","port":1,"ports":[{"n":1},{"n":2}]}]}`,
			`{"c":[{"host":"a","port":1,"ports":[{"n":2,"p":"t"},{"n":1,"p":"t"}]}]}`,
			`{"c":[{"host":"a","port":1,"ports":[{"n":2,"u":2,"p":"t"},{"n":1,"u":1,"p":"t"}]}]}`, keys},
	})
}

func TestEditTakesKeysFromRulesAndTheMoreSpecialPathWins(t *testing.T) {
	doc, before := []byte(`{"c":[{"a":1,"b":1,"u":1},{"a":2,"b":2,"u":2}]}`), []byte(`{"c":[{"a":1,"b":1},{"a":2,"b":2}]}`)
	after := []byte(`{"c":[{"a":2,"b":1},{"a":1,"b":2}]}`)
	byA, byB := `{"c":[{"a":2,"b":1,"u":2},{"a":1,"b":2,"u":1}]}`, `{"c":[{"a":2,"b":1,"u":1},{"a":1,"b":2,"u":2}]}`
	for name, c := range map[string]struct {
		opts jsonmerge.EditOptions
		want string
	}{
		"rules":             {jsonmerge.EditOptions{Rules: jsonmerge.MustRules(jsonmerge.Rule{Path: "/c", Strategy: "key=a"})}, byA},
		"other rules":       {jsonmerge.EditOptions{Rules: jsonmerge.MustRules(jsonmerge.Rule{Path: "/c", Strategy: "atomic"}), Keys: map[string][]string{"/c": {"b"}}}, byB},
		"keys before rules": {jsonmerge.EditOptions{Rules: jsonmerge.MustRules(jsonmerge.Rule{Path: "/c", Strategy: "key=a"}), Keys: map[string][]string{"/c": {"b"}}}, byB},
		"special last":      {jsonmerge.EditOptions{Keys: map[string][]string{"/*": {"b"}, "/c": {"a"}, "/**": {"b"}}}, byA},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jsonmerge.Edit(doc, before, after, &c.opts)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}

func TestEditKeepsElementsThatTheViewDoesNotShow(t *testing.T) {
	runEdits(t, []editCase{
		{"an array of fixed length", `[1.0,2,3,4]`, `[1,2]`, `[1,5]`, `[1.0,5,3,4]`, nil},
		{"left out by the type",
			`[{"id":1,"u":1},{"kind":"odd"},{"id":2,"u":2}]`, `[{"id":1},{"id":2}]`, `[{"id":1,"n":5},{"id":2},{"id":3}]`,
			`[{"id":1,"u":1,"n":5},{"kind":"odd"},{"id":2,"u":2},{"id":3}]`, nil},
		{"left out, its follower replaced", `[1.0,"odd",2]`, `[1,2]`, `[1,5]`, `[1.0,"odd",5]`, nil},
		{"left out in arrays with a key", `{"c":[{"host":"a","port":2},{"x":1},{"host":"b","port":2}]}`,
			`{"c":[{"host":"b","port":2},{"host":"a","port":2}]}`, `{"c":[{"host":"b","port":2,"n":1},{"host":"a","port":2}]}`,
			`{"c":[{"host":"b","port":2,"n":1},{"host":"a","port":2},{"x":1}]}`, map[string][]string{"/c": {"host", "port"}}},
		{"sorted by the type, with a key", `{"c":[{"host":"b","port":2,"u":1},{"host":"a","port":2,"u":2}]}`,
			`{"c":[{"host":"a","port":2},{"host":"b","port":2}]}`, `{"c":[{"host":"a","port":2,"n":1},{"host":"b","port":2}]}`,
			`{"c":[{"host":"a","port":2,"u":2,"n":1},{"host":"b","port":2,"u":1}]}`, map[string][]string{"/c": {"host", "port"}}},
		{"left out at the front, its follower removed", `["odd",1,2]`, `[1,2]`, `[2]`, `["odd",2]`, nil},
		{"sorted by the type", `[3,1.0,2]`, `[1,2,3]`, `[1,3]`, `[1.0,3]`, nil},
		{"sorted by the type, objects",
			`[{"id":3,"u":3},{"id":1,"u":1}]`, `[{"id":1},{"id":3}]`, `[{"id":1,"n":1},{"id":3}]`,
			`[{"id":1,"u":1,"n":1},{"id":3,"u":3}]`, nil},
		{"more shown than there is", `[1.0]`, `[1,0]`, `[1,5]`, `[1.0,5]`, nil},
	})
}

func TestEditOfAnAbsentDocumentIsTheView(t *testing.T) {
	got, err := jsonmerge.Edit(nil, nil, []byte(`{"a":1}`), nil)
	require.NoError(t, err)
	assert.Equal(t, `{"a":1}`, string(got))
}

func TestEditRefusesBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		doc, before, after string
		keys               map[string][]string
		limits             jsonmerge.Limits
		want               string
	}{
		"duplicate name":      {doc: `{"a":1,"a":2}`, before: `{}`, after: `{}`, want: `document to edit: jsonmerge: at byte 7`},
		"bad UTF-8":           {doc: "{\"a\":\"\xff\"}", before: `{}`, after: `{}`, want: `pointer "/a"`},
		"trailing data":       {doc: `{} x`, before: `{}`, after: `{}`, want: `document to edit`},
		"empty document":      {doc: ``, before: `{}`, after: `{}`, want: `document to edit`},
		"bad view before":     {doc: `{}`, before: `{`, after: `{}`, want: `view before the edit`},
		"bad view after":      {doc: `{}`, before: `{}`, after: ``, want: `view after the edit`},
		"key without members": {doc: `{}`, before: `{}`, after: `{}`, keys: map[string][]string{"/a": nil}, want: `"/a": no member is named`},
		"bad pointer":         {doc: `{}`, before: `{}`, after: `{}`, keys: map[string][]string{"a": {"x"}}, want: `path does not begin with /`},
		"too large":           {doc: `{"a":"0123456789"}`, before: `{}`, after: `{}`, limits: jsonmerge.Limits{MaxBytes: 10}, want: `larger than 10 bytes`},
		"too deep":            {doc: `[[[]]]`, before: `[]`, after: `[]`, limits: jsonmerge.Limits{MaxDepth: 2}, want: `deeper than 2 levels`},
		"result too large": {doc: `{"u":"012345"}`, before: `{"a":1}`, after: `{"a":"012345"}`,
			limits: jsonmerge.Limits{MaxBytes: 14}, want: `larger than 14 bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jsonmerge.Edit([]byte(c.doc), []byte(c.before), []byte(c.after), &jsonmerge.EditOptions{Keys: c.keys, Limits: c.limits})
			require.ErrorContains(t, err, c.want)
			assert.Nil(t, got)
		})
	}
}

// order is a view like those that programs have: it knows some members, some under another case,
// some only when set.
type order struct {
	ID    int64             `json:"id"`
	Note  string            `json:"note,omitempty"`
	Price float64           `json:"price"`
	To    *address          `json:"to,omitempty"`
	Items []item            `json:"items"`
	Tags  []string          `json:"tags"`
	Attr  map[string]string `json:"attr,omitempty"`
}

type address struct {
	City string `json:"city"`
	Zip  string `json:"zip,omitempty"`
}

type item struct {
	SKU string `json:"sku"`
	Qty int    `json:"qty"`
	Old bool   `json:"old,omitempty"`
}

const orderDoc = `{
  "v": 1.0,
  "ID": 9007199254740993,
  "price": 1.50,
  "to": {"city": "Bern", "geo": [46.90, 7.40]},
  "items": [
    {"sku": "a", "qty": null, "lot": "L\u0031"},
    {"Sku": "b", "qty": 2, "lot": 18446744073709551615},
    {"sku": "c", "QTY": 3, "lot": {}}
  ],
  "tags": ["x", "\u0079"],
  "attr": {"k": "v"}
}
`

func randomEdit(rng *rand.Rand, o *order) {
	for range 1 + rng.Intn(4) {
		switch rng.Intn(12) {
		case 0:
			o.Note = []string{"", "hi", "a<b"}[rng.Intn(3)]
		case 1:
			o.Price = float64(rng.Intn(4)) / 4
		case 2:
			o.To = nil
		case 3:
			if o.To == nil {
				o.To = new(address)
			}
			o.To.Zip = fmt.Sprint(rng.Intn(3))
		case 4:
			if len(o.Items) > 0 {
				o.Items[rng.Intn(len(o.Items))].Qty = rng.Intn(5)
			}
		case 5:
			at := rng.Intn(len(o.Items) + 1)
			o.Items = append(o.Items[:at:at], append([]item{{SKU: fmt.Sprint("n", rng.Intn(3)), Qty: 1}}, o.Items[at:]...)...)
		case 6:
			if len(o.Items) > 0 {
				at := rng.Intn(len(o.Items))
				o.Items = append(o.Items[:at:at], o.Items[at+1:]...)
			}
		case 7:
			rng.Shuffle(len(o.Items), func(i, j int) { o.Items[i], o.Items[j] = o.Items[j], o.Items[i] })
		case 8:
			o.Tags = append(o.Tags, "z")
		case 9:
			o.Tags = nil
		case 10:
			o.Attr = map[string]string{"k": fmt.Sprint(rng.Intn(2)), "n": "1"}
		case 11:
			o.ID++
		}
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestEditPutsWhatTheViewSays(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	doc := []byte(orderDoc)
	for n := range laws(t, 1000) {
		var o order
		require.NoError(t, json.Unmarshal(doc, &o))
		before := encode(t, o)
		randomEdit(rng, &o)
		after := encode(t, o)

		got, err := jsonmerge.Edit(doc, before, after, nil)
		require.NoError(t, err)
		var back order
		require.NoError(t, json.Unmarshal(got, &back))
		equal, err := jsonmerge.Equal(encode(t, back), after)
		require.NoError(t, err)
		require.True(t, equal, "edit %d of %s\nbefore %s\nafter  %s\ngave   %s", n, doc, before, after, got)
		require.Contains(t, string(got), `"v": 1.0`)

		again, err := jsonmerge.Edit(got, encode(t, back), encode(t, back), nil)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
		if n%10 != 0 {
			doc = got // a long life of one document
		} else {
			doc = []byte(orderDoc)
		}
	}
}

// viewOf is what a program sees that knows no member whose name begins with u.
func viewOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for name, m := range v {
			if !strings.HasPrefix(name, "u") {
				o[name] = viewOf(m)
			}
		}
		return o
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, viewOf(e))
		}
		return list
	}
	return v
}

// withUnknown returns v with members that no view shows, each with another value.
func withUnknown(rng *rand.Rand, v any, serial *int) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for name, m := range v {
			o[name] = withUnknown(rng, m, serial)
		}
		for range rng.Intn(3) {
			*serial++
			o[fmt.Sprint("u", *serial)] = randomJSON(rng, 1)
		}
		return o
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, withUnknown(rng, e, serial))
		}
		return list
	}
	return v
}

func TestEditOfAnyViewPutsWhatItSays(t *testing.T) {
	rng := rand.New(rand.NewSource(7))
	decode := func(raw []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		require.NoError(t, d.Decode(&v))
		return v
	}
	for range laws(t, 2000) {
		serial := 0
		doc := encode(t, withUnknown(rng, randomJSON(rng, 4), &serial))
		if rng.Intn(2) == 0 {
			var spread bytes.Buffer
			require.NoError(t, json.Indent(&spread, doc, "", "  "))
			doc = spread.Bytes()
		}
		before := viewOf(decode(doc))
		after := encode(t, changedJSON(rng, before, 4))
		got, err := jsonmerge.Edit(doc, encode(t, before), after, nil)
		require.NoError(t, err)
		requireEqualJSON(t, after, encode(t, viewOf(decode(got))), "%s\nafter %s\ngave %s", doc, after, got)
		again, err := jsonmerge.Edit(got, after, after, nil)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
		for i := range serial { // what nobody saw is there once at most, with its own value
			name := fmt.Sprintf("\"u%d\":", i+1)
			require.LessOrEqual(t, bytes.Count(got, []byte(name)), 1, "%s gave %s", doc, got)
		}
		if bytes.Equal(after, encode(t, before)) {
			require.Equal(t, string(doc), string(got))
		}
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

func FuzzEdit(f *testing.F) {
	f.Add([]byte(orderDoc), []byte(`{"id":1}`), []byte(`{"id":2,"items":[]}`))
	f.Add([]byte(`[{"a":1,"u":2},null]`), []byte(`[{"a":1},0]`), []byte(`[0,{"a":2}]`))
	f.Add([]byte(`{"A":1,"a":2}`), []byte(`{"a":2}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, doc, before, after []byte) {
		limits := jsonmerge.Limits{MaxBytes: 1 << 16, MaxDepth: 200}
		opts := &jsonmerge.EditOptions{Limits: limits}
		got, err := jsonmerge.Edit(doc, before, after, opts)
		if err != nil {
			return
		}
		require.NoError(t, jsonmerge.Check(got, jsonmerge.Limits{}))
		if doc == nil {
			return
		}
		same, err := jsonmerge.Edit(doc, before, before, opts)
		require.NoError(t, err)
		require.Equal(t, doc, same)

		whole, err := jsonmerge.Edit(doc, doc, after, nil)
		require.NoError(t, err)
		equal, err := jsonmerge.Equal(whole, after)
		require.NoError(t, err)
		require.True(t, equal, "a view that shows all: %s to %s gave %s", doc, after, whole)

		// A struct's view, changed.
		var o order
		if json.Unmarshal(doc, &o) != nil {
			return
		}
		seen := encode(t, o)
		rng := rand.New(rand.NewSource(int64(len(after))))
		randomEdit(rng, &o)
		edited := encode(t, o)
		got, err = jsonmerge.Edit(doc, seen, edited, nil)
		require.NoError(t, err)
		var back order
		if bytes.Count(bytes.ToLower(got), []byte(`"to"`)) > 1 || bytes.Count(bytes.ToLower(got), []byte(`"items"`)) > 1 ||
			bytes.Count(bytes.ToLower(got), []byte(`"attr"`)) > 1 || bytes.Contains(got, []byte(`\u`)) {
			return // encoding/json decodes such twins into each other
		}
		require.NoError(t, json.Unmarshal(got, &back))
		equal, err = jsonmerge.Equal(encode(t, back), edited)
		require.NoError(t, err)
		require.True(t, equal, "%s\nbefore %s\nafter %s\ngave %s", doc, seen, edited, got)
	})
}
