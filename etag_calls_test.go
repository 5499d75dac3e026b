package ifmatch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestEntityTagsGoBackByteForByte(t *testing.T) {
	verbatim := &ifmatch.Options{}
	strip := &ifmatch.Options{StripWeakTags: true}
	refuse := &ifmatch.Options{RefuseWeakTags: true}
	long := `"` + strings.Repeat("x", 8190) + `"`
	for _, c := range []struct {
		name    string
		options *ifmatch.Options
		fields  []string
		trailer string
		want    string // the If-Match field; "" for a write that must not be sent
	}{
		{name: "a strong tag", options: verbatim, fields: []string{`"abc"`}, want: `"abc"`},
		{name: "the empty tag, which is a tag", options: verbatim, fields: []string{`""`}, want: `""`},
		{name: "a tag of a star, which is a tag", options: verbatim, fields: []string{`"*"`}, want: `"*"`},
		{name: "commas inside", options: verbatim, fields: []string{`"a,b, c"`}, want: `"a,b, c"`},
		{name: "spaces inside", options: verbatim, fields: []string{`"a b  c"`}, want: `"a b  c"`},
		{name: "a backslash", options: verbatim, fields: []string{`"a\b"`}, want: `"a\b"`},
		{name: "obs-text", options: verbatim, fields: []string{"\"caf\xe9\x80\""}, want: "\"caf\xe9\x80\""},
		{name: "no quotes", options: verbatim, fields: []string{`33a64df5`}, want: `33a64df5`},
		{name: "a suffix outside of the quotes", options: verbatim, fields: []string{`"abc";gzip`}, want: ""},
		{name: "a suffix inside", options: verbatim, fields: []string{`"abc;gzip"`}, want: `"abc;gzip"`},
		{name: "exactly 8 KiB", options: verbatim, fields: []string{long}, want: long},
		{name: "more than 8 KiB", options: verbatim, fields: []string{long[:8191] + `x"`}, want: ""},

		{name: "a weak tag, as it came", options: verbatim, fields: []string{`W/"abc"`}, want: `W/"abc"`},
		{name: "a weak tag, stripped", options: strip, fields: []string{`W/"abc"`}, want: `"abc"`},
		{name: "a weak tag, refused", options: refuse, fields: []string{`W/"abc"`}, want: ""},
		{name: "a strong tag where weak ones are refused", options: refuse, fields: []string{`"abc"`}, want: `"abc"`},
		{name: "a strong tag where weak ones are stripped", options: strip, fields: []string{`"W/abc"`},
			want: `"W/abc"`},
		{name: "a weak tag without quotes", options: verbatim, fields: []string{`W/abc`}, want: `W/abc`},
		{name: "w/ in lower case is no prefix, and no tag", options: strip, fields: []string{`w/"abc"`}, want: ""},

		{name: "twice the same", options: verbatim, fields: []string{`"a"`, `"a"`}, want: `"a"`},
		{name: "weak and strong: the strong one", options: verbatim, fields: []string{`W/"a"`, `"a"`}, want: `"a"`},
		{name: "strong and weak: the strong one", options: refuse, fields: []string{`"a"`, `W/"b"`}, want: `"a"`},
		{name: "two strong ones prove nothing", options: verbatim, fields: []string{`"a"`, `"b"`}, want: ""},
		{name: "two weak ones prove nothing", options: verbatim, fields: []string{`W/"a"`, `W/"b"`}, want: ""},
		{name: "a list in one field", options: verbatim, fields: []string{`"a", "b"`}, want: ""},
		{name: "a list without quotes", options: verbatim, fields: []string{`a,b`}, want: ""},

		{name: "a bare star", options: verbatim, fields: []string{`*`}, want: ""},
		{name: "a weak star", options: strip, fields: []string{`W/*`}, want: ""},
		{name: "an empty field", options: verbatim, fields: []string{``}, want: ""},
		{name: "only the prefix", options: strip, fields: []string{`W/`}, want: ""},
		{name: "a lone quote", options: verbatim, fields: []string{`"`}, want: ""},
		{name: "cut short", options: verbatim, fields: []string{`"abc`}, want: ""},
		{name: "a control character", options: verbatim, fields: []string{"\"a\tb\""}, want: ""},
		{name: "DEL", options: verbatim, fields: []string{"\"a\x7fb\""}, want: ""},
		{name: "none", options: verbatim, want: ""},

		{name: "in the trailer", options: verbatim, trailer: `"abc"`, want: `"abc"`},
		{name: "in the trailer, a star", options: verbatim, trailer: `*`, want: ""},
		{name: "in both: the header's", options: verbatim, fields: []string{`"a"`}, trailer: `"b"`, want: `"a"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method != http.MethodGet {
					return reply(204, ""), nil
				}
				r := reply(200, thingV1, "Content-Type: application/json")
				r.Header["Etag"] = c.fields
				if c.trailer != "" {
					r.Trailer = http.Header{"Etag": {c.trailer}}
				}
				return r, nil
			}, c.options)
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			require.NoError(t, err, "a strange tag does not forbid reading")

			patch := func() error {
				_, err := ifmatch.Patch(t.Context(), client, u, "application/merge-patch+json", []byte(`{"n":2}`))
				return err
			}
			put := func() error { v := *u; v.Value.N = 2; _, err := ifmatch.Put(t.Context(), client, &v); return err }
			save := func() error {
				v := *u
				v.Value.N = 2
				_, err := ifmatch.Save(t.Context(), client, &v, nil)
				return err
			}
			del := func() error { return ifmatch.Delete(t.Context(), client, u) }
			update := func() error {
				_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
				return err
			}
			for _, write := range []func() error{patch, put, save, del, update} {
				err := write()
				if c.want == "" {
					require.ErrorIs(t, err, ifmatch.ErrNoValidator)
				} else {
					require.NoError(t, err)
				}
			}
			if c.want == "" {
				require.Empty(t, s.writes(), "not a byte leaves without a validator")
				return
			}
			require.Len(t, s.writes(), 5)
			for _, w := range s.writes() {
				assert.Equal(t, "If-Match: "+c.want, w.condition(), w.method)
			}
		})
	}
}

func TestEveryFormOfTagMakesTheRoundTripWithARealServer(t *testing.T) {
	for name, o := range map[string]*ifmatchtest.Options{
		"strong":          {Tags: ifmatchtest.VersionTags},
		"content":         {Tags: ifmatchtest.ContentTags},
		"weak":            {Tags: ifmatchtest.WeakTags, WeakMatch: true},
		"unquoted":        {Tags: ifmatchtest.UnquotedTags},
		"doubled":         {Tags: ifmatchtest.DoubledTags},
		"trailer":         {Tags: ifmatchtest.TrailerTags},
		"receipts":        {WriteTags: ifmatchtest.ReceiptWriteTags},
		"none on a write": {WriteTags: ifmatchtest.NoWriteTags},
		"a date":          {Tags: ifmatchtest.NoTags, Now: clockInSteps(time.Minute)},
		"suffixed":        {Compress: ifmatchtest.CompressSuffix},
		"weakened":        {Compress: ifmatchtest.CompressWeaken},
		"dropped":         {Compress: ifmatchtest.CompressDrop},
	} {
		t.Run(name, func(t *testing.T) {
			origin := ifmatchtest.New(o)
			origin.Set("/a", `{"n":0,"kept":[1,2]}`)
			url := origin.Serve(t).URL + "/a"
			for range 3 {
				_, err := ifmatch.Update(t.Context(), nil, url, func(v *thing) error { v.N++; return nil })
				require.NoError(t, err)
			}
			u, err := ifmatch.Get[thing](t.Context(), nil, url)
			require.NoError(t, err)
			for range 3 { // each under what the answer before it told, or after a look
				u.Value.N++
				u, err = ifmatch.Put(t.Context(), nil, u)
				require.NoError(t, err)
			}
			require.JSONEq(t, `{"n":6,"kept":[1,2]}`, origin.Body("/a"))
			for _, r := range origin.Requests("PUT") {
				require.NotEmpty(t, r.Condition)
				require.True(t, r.Applied, "%s: nobody else wrote", r)
			}
		})
	}
}

func ExampleEntityTag() {
	answer := &http.Response{Header: http.Header{"Etag": {`"v1"`, `W/"v1"`}}}
	fmt.Println(ifmatch.EntityTag(answer)) // the strong one
	// Output: "v1"
}

func ExampleETag_Guard() {
	write := &http.Request{Header: http.Header{}}
	fmt.Println(ifmatch.ETag(`"v1"`).Guard(write), write.Header)
	fmt.Println(ifmatch.ETag(`"v1", "v2"`).Guard(write))

	create := &http.Request{Header: http.Header{}}
	fmt.Println(ifmatch.ETag("").Guard(create), create.Header)
	// Output:
	// <nil> map[If-Match:["v1"]]
	// the representation has no validator that could guard a write: entity tag with misplaced quotes
	// <nil> map[If-None-Match:[*]]
}
