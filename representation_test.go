package ifmatch_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestAValueIsAViewOfItsDocument(t *testing.T) {
	type sub struct {
		ID  string `json:"id"`
		Qty int    `json:"qty"`
	}
	type view struct {
		Name  string         `json:"name"`
		Count int            `json:"count,omitempty"`
		Big   float64        `json:"big"`
		Ptr   *int           `json:"ptr"`
		Born  day            `json:"born"`
		List  []sub          `json:"list,omitempty"`
		Map   map[string]any `json:"map,omitempty"`
	}
	const rest = `"born": "2020-01-02T03:04:05Z"`
	for _, tc := range []struct {
		name, before string
		edit         func(*view)
		want         string
	}{
		{name: "nothing changed", before: `{"name": "a", ` + rest + `}`, edit: func(*view) {},
			want: `{"name": "a", ` + rest + `}`},
		{name: "a member without a field stays", before: `{"x": [1.50, null], "name": "a", ` + rest + `}`,
			edit: func(v *view) { v.Name = "b" }, want: `{"x": [1.50, null], "name": "b", ` + rest + `}`},
		{name: "omitempty that becomes empty is removed", before: `{"name": "a", "count": 3, ` + rest + `}`,
			edit: func(v *view) { v.Count = 0 }, want: `{"name": "a", ` + rest + `}`},
		{name: "omitempty that was empty stays", before: `{"name": "a", "count": 0, ` + rest + `}`,
			edit: func(v *view) { v.Name = "b" }, want: `{"name": "b", "count": 0, ` + rest + `}`},
		{name: "omitempty that was empty is set in its place",
			before: `{"count": 0, "name": "a", ` + rest + `}`, edit: func(v *view) { v.Count = 5 },
			want: `{"count": 5, "name": "a", ` + rest + `}`},
		{name: "a null that shows as zero stays", before: `{"name": null, ` + rest + `}`,
			edit: func(v *view) { v.Count = 1 }, want: `{"name": null, ` + rest + `, "count": 1}`},
		{name: "a null is replaced when it is changed", before: `{"name": null, ` + rest + `}`,
			edit: func(v *view) { v.Name = "b" }, want: `{"name": "b", ` + rest + `}`},
		{name: "a missing member is added when it is changed", before: `{` + rest + `}`,
			edit: func(v *view) { v.Name = "b" }, want: `{` + rest + `, "name": "b"}`},
		{name: "a missing member with a null for nothing stays missing", before: `{"name": "a", ` + rest + `}`,
			edit: func(v *view) { v.Name = "b" }, want: `{"name": "b", ` + rest + `}`},
		{name: "a number beyond float64 keeps its digits",
			before: `{"big": 9223372036854775809, "name": "a", ` + rest + `}`,
			edit:   func(v *view) { v.Name = "b" },
			want:   `{"big": 9223372036854775809, "name": "b", ` + rest + `}`},
		{name: "unless it is changed", before: `{"big": 9223372036854775809, "name": "a", ` + rest + `}`,
			edit: func(v *view) { v.Big = 2 }, want: `{"big": 2, "name": "a", ` + rest + `}`},
		{name: "another case is the same member", before: `{"NAME": "a", ` + rest + `}`,
			edit: func(v *view) { v.Name = "b" }, want: `{"NAME": "b", ` + rest + `}`},
		{name: "an encoding of one's own is written when it differs", before: `{"name": "a", ` + rest + `}`,
			edit: func(v *view) { v.Born.Time = v.Born.AddDate(1, 0, 0) },
			want: `{"name": "a", "born": "2021-01-02"}`},
		{name: "and left alone when it does not", before: `{"name": "a", ` + rest + `}`,
			edit: func(v *view) { v.Born.Time = v.Born.Add(time.Hour) }, want: `{"name": "a", ` + rest + `}`},
		{name: "an element in front shifts nothing",
			before: `{"list": [{"id": "1", "qty": 1, "x": 1}, {"id": "2", "qty": 2, "x": 2}], ` + rest + `}`,
			edit:   func(v *view) { v.List = append([]sub{{"0", 0}}, v.List...); v.List[2].Qty = 3 },
			want: `{"list": [{"id": "0", "qty": 0}, {"id": "1", "qty": 1, "x": 1}, {"id": "2", "qty": 3, "x": 2}], ` +
				rest + `}`},
		{name: "a removed element takes only its own",
			before: `{"list": [{"id": "1", "qty": 1, "x": 1}, {"id": "2", "qty": 2, "x": 2}], ` + rest + `}`,
			edit:   func(v *view) { v.List = v.List[1:] },
			want:   `{"list": [{"id": "2", "qty": 2, "x": 2}], ` + rest + `}`},
		{name: "moved elements take theirs along",
			before: `{"list": [{"id": "1", "qty": 1, "x": 1}, {"id": "2", "qty": 2, "x": 2}], ` + rest + `}`,
			edit:   func(v *view) { v.List[0], v.List[1] = v.List[1], v.List[0] },
			want:   `{"list": [{"id": "2", "qty": 2, "x": 2}, {"id": "1", "qty": 1, "x": 1}], ` + rest + `}`},
		{name: "a map shows all of its members",
			before: `{"map": {"a": 1.0, "b": 12345678901234567890}, ` + rest + `}`,
			edit:   func(v *view) { delete(v.Map, "a"); v.Map["c"] = "<&>" },
			want:   `{"map": {"b": 12345678901234567890, "c": "<&>"}, ` + rest + `}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := edited(t, tc.before, tc.edit, nil)
			// What the view adds of its own accord, a plain marshal would too; it must not.
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestElementsAreRecognisedByADeclaredKey(t *testing.T) {
	type container struct {
		Name  string `json:"name"`
		Image string `json:"image"`
	}
	type pod struct {
		Containers []container `json:"containers"`
	}
	const before = `{"containers": [{"name": "a", "image": "1", "ports": [80]}, {"name": "b", "image": "1", ` +
		`"ports": [81]}]}`
	got := edited(t, before, func(p *pod) {
		p.Containers = []container{{"b", "2"}, {"c", "1"}, {"a", "2"}}
	}, map[string][]string{"/containers": {"name"}})
	assert.Equal(t,
		`{"containers": [{"name": "b", "image": "2", "ports": [81]}, {"name": "c", "image": "1"}, {"name": "a", `+
			`"image": "2", "ports": [80]}]}`, got)
}

func TestAnElementWithAnotherKeyIsAnotherElement(t *testing.T) {
	type listener struct {
		Port int    `json:"port"`
		Host string `json:"host"`
		TLS  bool   `json:"tls"`
	}
	type gateway struct {
		Listeners []listener `json:"listeners"`
	}
	const before = `{"listeners": [{"port": 1, "host": "h", "tls": true, "note": "first"}]}`
	move := func(g *gateway) { g.Listeners[0].Port = 2 }
	assert.Equal(t, `{"listeners": [{"port": 2, "host": "h", "tls": true, "note": "first"}]}`,
		edited(t, before, move, nil), "without a key, it is the same one")
	assert.Equal(t, `{"listeners": [{"port": 2, "host": "h", "tls": true}]}`,
		edited(t, before, move, map[string][]string{"/listeners": {"port"}}), "with one, the note was another's")
}

func TestOtherTypesStandForTheirContent(t *testing.T) {
	t.Run("map[string]any", func(t *testing.T) {
		got := edited(t, `{"a": 1.0, "n": 12345678901234567890, "s": "x"}`, func(m *map[string]any) {
			(*m)["s"] = "y"
		}, nil)
		assert.Equal(t, `{"a": 1.0, "n": 12345678901234567890, "s": "y"}`, got)
	})
	t.Run("any", func(t *testing.T) {
		got := edited(t, `[1.0, 12345678901234567890]`, func(v *any) { *v = append((*v).([]any), "x") }, nil)
		assert.Equal(t, `[1.0, 12345678901234567890, "x"]`, got)
	})
	t.Run("json.RawMessage", func(t *testing.T) {
		got := edited(t, `{"a": 1.0}`, func(m *json.RawMessage) { *m = json.RawMessage(`{ "a":2 }`) }, nil)
		assert.Equal(t, `{ "a":2 }`, got)
	})
	t.Run("[]byte", func(t *testing.T) {
		got := edited(t, "\x00\xff not JSON", func(b *[]byte) { *b = append(*b, 0xfe) }, nil)
		assert.Equal(t, "\x00\xff not JSON\xfe", got)
	})
	t.Run("string", func(t *testing.T) {
		got := edited(t, "text\r\n", func(s *string) { *s += "more" }, nil)
		assert.Equal(t, "text\r\nmore", got)
	})
	t.Run("a scalar", func(t *testing.T) {
		assert.Equal(t, `8`, edited(t, `7`, func(n *int) { *n++ }, nil))
	})
}

func TestContentThatIsNotWhatItShouldBeIsAClearError(t *testing.T) {
	for _, tc := range []struct{ name, body, want string }{
		{name: "not JSON", body: `<html>`, want: "decoding"},
		{name: "another shape", body: `[1]`, want: "decoding"},
		{name: "trailing data", body: `{} {}`, want: "decoding"},
		{name: "empty", body: ``, want: "decoding"},
		{name: "a duplicate member, found when it would be edited", body: `{"name":"a","name":"b"}`, want: "name"},
		{name: "bad UTF-8, found when it would be edited", body: "{\"name\":\"a\",\"x\":\"\xff\"}", want: "UTF-8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, `{}`)
			origin.SetContent("/doc", "application/json", []byte(tc.body))
			_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
			require.Error(t, err)
			assert.ErrorContains(t, err, tc.want)
			assert.Equal(t, 0, origin.Arrived("PUT"))
		})
	}
	origin, url := serve(t, nil, `{}`)
	broken := func(m *json.RawMessage) error { *m = json.RawMessage(`{"a":`); return nil }
	_, err := ifmatch.Update(t.Context(), brisk(), url, broken)
	require.Error(t, err)
	_, err = ifmatch.Create(t.Context(), brisk(), url+"/x", make(chan int))
	require.Error(t, err)
	_, err = ifmatch.Create(t.Context(), brisk(), url+"/x", json.RawMessage(`{`))
	require.Error(t, err)
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestARebuiltRepresentationWritesAsTheFetchedOne(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1,"x":1}`)
	u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
	require.NoError(t, err)
	stored, err := json.Marshal(u)
	require.NoError(t, err)
	var again ifmatch.Representation[doc]
	require.NoError(t, json.Unmarshal(stored, &again))
	again.Value.Count = 2
	_, err = ifmatch.Put(t.Context(), brisk(), &again)
	require.NoError(t, err)
	assert.Equal(t, `{"name":"a","count":2,"x":1}`, origin.Body("/doc"))
}

func TestStrangeContentIsAnErrorOrStaysAsItCame(t *testing.T) {
	const good = `{"n":5,"kept":true}`
	withstand(t, []hostile{
		{does: "sends a page of HTML",
			get:  says("200 OK", "ETag: \"2\"\nContent-Type: text/html", "<!DOCTYPE html><title>Log in</title>"+secret),
			gets: "not decodable"},
		{does: "sends nothing", get: says("200 OK", `ETag: "2"`, ""),
			gets: "not decodable"},
		{does: "sends bare words labelled as JSON", get: says("200 OK", `ETag: "2"`, "Service up. "+secret),
			gets: "not decodable"},
		{does: "sends half of a document, honestly measured", get: says("200 OK", `ETag: "2"`, `{"n":5,"kept":[1,2`),
			gets: "not decodable"},
		{does: "sends two documents", get: says("200 OK", `ETag: "2"`, good+good),
			gets: "not decodable"},
		{does: "sends an array where an object was", get: says("200 OK", `ETag: "2"`, `[{"n":5}]`),
			gets: "not decodable"},
		{does: "begins with a byte order mark", get: says("200 OK", `ETag: "2"`, "\ufeff"+good),
			gets: "not decodable"},
		{does: "writes in UTF-16", get: says("200 OK", `ETag: "2"`, "\xff\xfe{\x00}\x00"),
			gets: "not decodable"},
		{does: "hides a NUL byte in a string", get: says("200 OK", `ETag: "2"`, "{\"n\":5,\"note\":\"a\x00b\"}"),
			gets: "not decodable"},
		{does: "nests a million arrays",
			get: says("200 OK", `ETag: "2"`, `{"n":5,"deep":`+strings.Repeat("[", 500_000)+
				strings.Repeat("]", 500_000)+`}`),
			gets: "not decodable"},
		{does: "sends 2^63 for an int64", get: says("200 OK", `ETag: "2"`, `{"n":9223372036854775808}`),
			gets: "not decodable"},
		{does: "sends a number of half a million digits",
			get:  says("200 OK", `ETag: "2"`, `{"n":`+strings.Repeat("9", 500_000)+`}`),
			gets: "not decodable"},
		{does: "sends a number for a string", get: says("200 OK", `ETag: "2"`, `{"n":5,"note":17}`),
			gets: "not decodable"},
		{does: "sends numbers that no float64 holds, where nobody looks",
			get:  says("200 OK", `ETag: "2"`, `{"n":5,"big":9223372036854775808,"huge":1e999999}`),
			gets: "ok", keeps: `"big":9223372036854775808,"huge":1e999999`},
		{does: "sends an escaped NUL, where nobody looks", get: says("200 OK", `ETag: "2"`, `{"n":5,"odd":"\u0000"}`),
			gets: "ok", keeps: `"odd":"\u0000"`},
		{does: "sends half of a surrogate pair, where nobody looks",
			get:  says("200 OK", `ETag: "2"`, `{"n":5,"odd":"\ud800"}`),
			gets: "ok", updates: "ambiguous"},
		{does: "sends a member twice", get: says("200 OK", `ETag: "2"`, `{"n":5,"kept":1,"kept":2}`),
			gets: "ok", updates: "ambiguous"},
		{does: "sends bytes that are no UTF-8, where nobody looks",
			get:  says("200 OK", `ETag: "2"`, "{\"n\":5,\"odd\":\"\xff\xfe\"}"),
			gets: "ok", updates: "ambiguous"},
		{does: "sends null", get: says("200 OK", `ETag: "2"`, `null`),
			gets: "ok", saves: "undecided"},
	})
}
