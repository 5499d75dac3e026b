package integration_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
)

// document is what the contract reads and changes: the view of the typed form, and what the raw
// form's bytes hold among other things.
type document struct {
	Title string `json:"title"`
	Count int    `json:"count"`
}

// A subject is a resource in one of the two forms in which ifmatch shows content.
type subject[T any] struct {
	form      string // its name in the report
	extension string // of the resource's URL; tells a file server the media type
	mediaType string
	content   []byte // as first stored: title "first", count 0
	edit      func(*T, func(*document)) error
}

// holding is the subject with another content, for servers that cannot store what others can.
func (subject subject[T]) holding(content []byte) subject[T] {
	subject.content = content
	return subject
}

// Both contents are longer than 256 bytes, below which lighttpd does not compress, and hold what a
// careless client loses: members that the view does not know, numbers that a float64 cannot hold,
// spacing, line ends, bytes that are no text.

var typed = subject[document]{
	form: "typed", extension: ".json", mediaType: "application/json",
	content: []byte(`{
  "apiVersion": "example.com/v1",
  "title": "first",
  "limits": {"bytes": 18446744073709551615, "ratio": 1.10, "none": null, "huge": 1E400},
  "count": 0,
  "owners": [ {"name": "Ann", "since": "2019-04-01"},   {"name": "Bo", "since": null, "tags": ["b", "a", "b"]} ],
  "note": "caf\u00e9 \/ <b>&amp;</b> \ud83d\ude00",
  "description": "A document of somebody else's, of which the client knows two members and must leave the others alone."
}
`),
	edit: func(v *document, change func(*document)) error { change(v); return nil },
}

var raw = subject[[]byte]{
	form: "raw", extension: ".txt", mediaType: "text/plain",
	content: []byte("# settings of somebody else's, which the client has to leave alone but for two lines\r\n" +
		"\r\n" +
		"\"title\": \"first\"\r\n" +
		"\r\n" +
		"latin-1 = caf\xe9, no text = \x00\x01\xfe\xff, trailing blanks =   \r\n" +
		"a line that ends like Unix\n" +
		"\r\n" +
		"\"count\": 0\r\n" +
		"\r\n" +
		"filler = 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\r\n" +
		"no line end after this"),
	edit: func(v *[]byte, change func(*document)) error {
		d, err := documentIn(*v)
		if err != nil {
			return err
		}
		before := d
		change(&d)
		if d != before {
			*v = with(*v, d)
		}
		return nil
	},
}

var (
	titleIn = regexp.MustCompile(`"title": ?"([^"]*)"`)
	countIn = regexp.MustCompile(`"count": ?(\d+)`)
)

// documentIn finds the document in content of either form.
func documentIn(content []byte) (document, error) {
	title, count := titleIn.FindSubmatch(content), countIn.FindSubmatch(content)
	if title == nil || count == nil {
		return document{}, fmt.Errorf("no document in %q", content)
	}
	n, err := strconv.Atoi(string(count[1]))
	return document{Title: string(title[1]), Count: n}, err
}

// with returns content with d in it and everything else as it was, byte for byte.
func with(content []byte, d document) []byte {
	content = titleIn.ReplaceAllLiteral(bytes.Clone(content), fmt.Appendf(nil, `"title": "%s"`, d.Title))
	return countIn.ReplaceAllLiteral(content, fmt.Appendf(nil, `"count": %d`, d.Count))
}

func addOne(d *document) { d.Count++ }
