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
		{"a strong tag", verbatim, []string{`"abc"`}, "", `"abc"`},
		{"the empty tag, which is a tag", verbatim, []string{`""`}, "", `""`},
		{"a tag of a star, which is a tag", verbatim, []string{`"*"`}, "", `"*"`},
		{"commas inside", verbatim, []string{`"a,b, c"`}, "", `"a,b, c"`},
		{"spaces inside", verbatim, []string{`"a b  c"`}, "", `"a b  c"`},
		{"a backslash", verbatim, []string{`"a\b"`}, "", `"a\b"`},
		{"obs-text", verbatim, []string{"\"caf\xe9\x80\""}, "", "\"caf\xe9\x80\""},
		{"no quotes", verbatim, []string{`33a64df5`}, "", `33a64df5`},
		{"a suffix outside of the quotes", verbatim, []string{`"abc";gzip`}, "", ""},
		{"a suffix inside", verbatim, []string{`"abc;gzip"`}, "", `"abc;gzip"`},
		{"exactly 8 KiB", verbatim, []string{long}, "", long},
		{"more than 8 KiB", verbatim, []string{long[:8191] + `x"`}, "", ""},

		{"a weak tag, as it came", verbatim, []string{`W/"abc"`}, "", `W/"abc"`},
		{"a weak tag, stripped", strip, []string{`W/"abc"`}, "", `"abc"`},
		{"a weak tag, refused", refuse, []string{`W/"abc"`}, "", ""},
		{"a strong tag where weak ones are refused", refuse, []string{`"abc"`}, "", `"abc"`},
		{"a strong tag where weak ones are stripped", strip, []string{`"W/abc"`}, "", `"W/abc"`},
		{"a weak tag without quotes", verbatim, []string{`W/abc`}, "", `W/abc`},
		{"w/ in lower case is no prefix, and no tag", strip, []string{`w/"abc"`}, "", ""},

		{"twice the same", verbatim, []string{`"a"`, `"a"`}, "", `"a"`},
		{"weak and strong: the strong one", verbatim, []string{`W/"a"`, `"a"`}, "", `"a"`},
		{"strong and weak: the strong one", refuse, []string{`"a"`, `W/"b"`}, "", `"a"`},
		{"two strong ones prove nothing", verbatim, []string{`"a"`, `"b"`}, "", ""},
		{"two weak ones prove nothing", verbatim, []string{`W/"a"`, `W/"b"`}, "", ""},
		{"a list in one field", verbatim, []string{`"a", "b"`}, "", ""},
		{"a list without quotes", verbatim, []string{`a,b`}, "", ""},

		{"a bare star", verbatim, []string{`*`}, "", ""},
		{"a weak star", strip, []string{`W/*`}, "", ""},
		{"an empty field", verbatim, []string{``}, "", ""},
		{"only the prefix", strip, []string{`W/`}, "", ""},
		{"a lone quote", verbatim, []string{`"`}, "", ""},
		{"cut short", verbatim, []string{`"abc`}, "", ""},
		{"a control character", verbatim, []string{"\"a\tb\""}, "", ""},
		{"DEL", verbatim, []string{"\"a\x7fb\""}, "", ""},
		{"none", verbatim, nil, "", ""},

		{"in the trailer", verbatim, nil, `"abc"`, `"abc"`},
		{"in the trailer, a star", verbatim, nil, `*`, ""},
		{"in both: the header's", verbatim, []string{`"a"`}, `"b"`, `"a"`},
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
			save := func() error { v := *u; v.Value.N = 2; _, err := ifmatch.Save(t.Context(), client, &v, nil); return err }
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
