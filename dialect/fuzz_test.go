package dialect_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"testing"
)

// FuzzGuard lets a fake of each family judge what Guard makes of any version, content and media
// type: no write is sent without a condition, and none takes effect on a version other than the one
// that it was made from.
func FuzzGuard(f *testing.F) {
	for i := range subjects {
		for _, version := range []string{"", "101", `W/"1"`, `*`, `"a", "b"`, "5/1", "5\r\nIf-Match: *", `"\ud800"`} {
			f.Add(uint8(i), uint8(0), version, []byte(first), "application/json")
		}
		f.Add(uint8(i), uint8(1), "7", []byte(`{"metadata":null,"etag":null,"lock_version":null}`), mergePatch)
		f.Add(uint8(i), uint8(1), "7",
			[]byte(`[{"op":"remove","path":"/metadata"},{"op":"move","from":"/count","path":"/lock_version"}]`),
			jsonPatch)
		f.Add(uint8(i), uint8(2), "7", []byte(nil), "")
	}
	f.Fuzz(func(t *testing.T, which, method uint8, version string, content []byte, mediaType string) {
		s := subjects[int(which)%len(subjects)]
		key := s.key
		if key == "" {
			key = s.url
		}
		fake := &fake{family: s.family, docs: map[string]stored{}, arrived: map[string]int{}, clock: 100}
		if version == fake.put(key, []byte(first)).version {
			t.Skip("a write on the current version may take effect")
		}
		before := fake.docs[key]

		u, err := url.Parse("http://h" + s.url)
		if err != nil {
			t.Fatal(err)
		}
		w := &http.Request{Method: []string{"PUT", "PATCH", "DELETE"}[method%3], URL: u, Header: http.Header{}}
		if w.Method == "DELETE" {
			content = nil
		} else {
			w.Header.Set("Content-Type", mediaType)
		}
		body := bytes.Clone(content)
		if s.dialect.Form != nil {
			body, err = s.dialect.Form(w, body)
		}
		if err == nil {
			body, err = s.dialect.Guard(w, version, body)
		}
		if err != nil {
			return
		}
		arriving, err := http.NewRequest(w.Method, w.URL.String(), bytes.NewReader(body))
		if err != nil {
			t.Fatalf("%s makes a request that cannot be sent: %v", s.name, err)
		}
		for name, values := range w.Header {
			for _, v := range values {
				if !sendable(v) {
					return // net/http refuses to send it
				}
				arriving.Header.Set(name, v)
			}
		}
		sent, err := io.ReadAll(arriving.Body)
		if err != nil {
			t.Fatal(err)
		}
		s.family.serve(fake, arriving, sent)
		if len(fake.unguarded) > 0 {
			t.Errorf("%s: without a condition: %v %s", s.name, fake.unguarded, body)
		}
		if after := fake.docs[key]; after.version != before.version || !bytes.Equal(after.content, before.content) {
			t.Errorf("%s: a write made from version %q took effect on %q", s.name, version, before.version)
		}
	})
}

// sendable is what net/http lets pass as the value of a field.
func sendable(v string) bool {
	for i := range len(v) {
		if v[i] < ' ' && v[i] != '\t' || v[i] == 0x7f {
			return false
		}
	}
	return true
}

// FuzzRead gives any answer to every dialect: no panic, no error without reason, and what comes
// from a write whose content is not known stays unknown.
func FuzzRead(f *testing.F) {
	for i := range subjects {
		f.Add(uint8(i), true, `"t"`, []byte(first), []byte(nil))
		f.Add(uint8(i), false, `W/"t"`,
			[]byte(`{"ok":true,"rev":"1-x","now":3,"meta":{"versionId":"1"},"content":{"sha":""}}`), []byte(first))
		f.Add(uint8(i), false, ``, []byte(nil), []byte(`[]`))
	}
	f.Fuzz(func(t *testing.T, which uint8, read bool, tag string, content, sent []byte) {
		s := subjects[int(which)%len(subjects)]
		u, err := url.Parse("http://h" + s.url)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: "PUT", URL: u}
		if read {
			r.Method, sent = "GET", nil
		} else if sent == nil {
			sent = []byte{}
		}
		before := bytes.Clone(sent)
		doc, version, err := s.dialect.Read(&http.Response{
			StatusCode: 200, Header: http.Header{"Etag": {tag}}, Request: r,
		}, bytes.Clone(content), sent)
		switch {
		case !bytes.Equal(before, sent):
			t.Errorf("%s changed what was sent", s.name)
		case err != nil && (doc != nil || version != ""):
			t.Errorf("%s: an error and a result", s.name)
		case err == nil && read && doc == nil:
			t.Errorf("%s: a read without a document", s.name)
		}
		// What was read guards the next write, or that write is refused.
		if err == nil && version != "" {
			w := &http.Request{Method: "PUT", URL: u, Header: http.Header{}}
			if _, err := s.dialect.Guard(w, version, []byte(first)); err != nil {
				t.Logf("%s cannot guard by %q: %v", s.name, version, err)
			}
		}
	})
}
