package jsonmerge_test

import (
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
		{"into an empty object", "{\n  \"a\": {}\n}", `{"a":{}}`, `{"a":{"b":1}}`, "{\n  \"a\": {\n    \"b\": 1\n  }\n}",
			nil},
		{"commas first", "{ \"a\": 1\n, \"b\": 2\n}", `{"a":1,"b":2}`, `{"a":1,"b":2,"c":3}`,
			"{ \"a\": 1\n, \"b\": 2\n, \"c\": 3\n}", nil},
		{"lines of compact elements stay so", "[\n  {\"a\": 1},\n  {\"a\": 2}\n]", `[{"a":1},{"a":2}]`,
			`[{"a":1},{"a":2},{"a":3}]`,
			"[\n  {\"a\": 1},\n  {\"a\": 2},\n  {\"a\":3}\n]", nil},
		{"a matrix keeps its lines", "[1, 2,\n 3, 4]", `[1,2,3,4]`, `[1,2,5,4]`, "[1, 2,\n 5, 4]", nil},
		{"an element removed from lines", "[\n  1,\n  2,\n  3\n]", `[1,2,3]`, `[1,3]`, "[\n  1,\n  3\n]", nil},
		{"an element put in front", "[\n  1,\n  2\n]", `[1,2]`, `[0,1,2]`, "[\n  0,\n  1,\n  2\n]", nil},
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
		"duplicate name": {doc: `{"a":1,"a":2}`, before: `{}`, after: `{}`,
			want: `document to edit: jsonmerge: at byte 7`},
		"bad UTF-8":       {doc: "{\"a\":\"\xff\"}", before: `{}`, after: `{}`, want: `pointer "/a"`},
		"trailing data":   {doc: `{} x`, before: `{}`, after: `{}`, want: `document to edit`},
		"empty document":  {doc: ``, before: `{}`, after: `{}`, want: `document to edit`},
		"bad view before": {doc: `{}`, before: `{`, after: `{}`, want: `view before the edit`},
		"bad view after":  {doc: `{}`, before: `{}`, after: ``, want: `view after the edit`},
		"key without members": {doc: `{}`, before: `{}`, after: `{}`, keys: map[string][]string{"/a": nil},
			want: `"/a": no member is named`},
		"bad pointer": {doc: `{}`, before: `{}`, after: `{}`, keys: map[string][]string{"a": {"x"}},
			want: `path does not begin with /`},
		"too large": {doc: `{"a":"0123456789"}`, before: `{}`, after: `{}`, limits: jsonmerge.Limits{MaxBytes: 10},
			want: `larger than 10 bytes`},
		"too deep": {doc: `[[[]]]`, before: `[]`, after: `[]`, limits: jsonmerge.Limits{MaxDepth: 2},
			want: `deeper than 2 levels`},
		"result too large": {doc: `{"u":"012345"}`, before: `{"a":1}`, after: `{"a":"012345"}`,
			limits: jsonmerge.Limits{MaxBytes: 14}, want: `larger than 14 bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jsonmerge.Edit([]byte(c.doc), []byte(c.before), []byte(c.after),
				&jsonmerge.EditOptions{Keys: c.keys, Limits: c.limits})
			require.ErrorContains(t, err, c.want)
			assert.Nil(t, got)
		})
	}
}
