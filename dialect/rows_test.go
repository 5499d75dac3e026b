package dialect_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ifmatch-go/ifmatch/dialect"
)

func TestRowsFindsTheTagsOfACollectionsMembers(t *testing.T) {
	at, _ := url.Parse("http://example.com/users")
	for _, tc := range []struct {
		name, items, target, tag, content string
		want                              map[string]string
	}{
		{
			name: "OData", items: "/value", target: "@odata.id", tag: "@odata.etag",
			content: `{"value":[{"@odata.id":"/users(1)","@odata.etag":"W/\"1\""},{"@odata.id":"/users(2)"}]}`,
			want: map[string]string{
				"/users(1)": `W/"1"`,
			},
		},
		{
			name: "identifiers", target: "id", tag: "_etag",
			content: `[{"id":7,"_etag":"\"a\""},{"id":"b c","_etag":"\"b\""},{"id":null,"_etag":"\"c\""}]`,
			want: map[string]string{
				"/users/7": `"a"`, "/users/b c": `"b"`,
			},
		},
		{name: "not a collection", target: "id", tag: "_etag", content: `{"id":7}`},
		{name: "not JSON", items: "/value", target: "id", tag: "_etag", content: `<html>`},
		{name: "elsewhere", items: "/rows", target: "id", tag: "_etag", content: `{"value":[]}`},
		{name: "no pointer", items: "rows", target: "id", tag: "_etag", content: `{"rows":[]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert.Equal(t, tc.want, dialect.Rows(tc.items, tc.target, tc.tag)(at, []byte(tc.content)))
		})
	}
}

func ExampleRows() {
	at, _ := url.Parse("http://example.com/users")
	rows := dialect.Rows("/items", "id", "etag") // for ifmatch.Options{Rows: rows}
	fmt.Println(rows(at, []byte(`{"items": [{"id": "7", "etag": "\"v3\"", "name": "ann"}]}`)))
	// Output: map[/users/7:"v3"]
}
