package ifmatch_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func hostileAnswersToGET() []hostile {
	good := `{"n":5,"kept":true}`
	return []hostile{
		// Validators.
		{does: "gives * as the entity tag", get: says("200 OK", `ETag: *`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives a list as the entity tag", get: says("200 OK", `ETag: "2", "3"`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives two different entity tags", get: says("200 OK", "ETag: \"2\"\nETag: \"3\"", good),
			gets: "ok", updates: "no validator"},
		{does: "gives an empty entity tag", get: says("200 OK", `ETag:`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives an entity tag that ends in the middle", get: says("200 OK", `ETag: "2`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives an entity tag of 100 KiB", get: says("200 OK", `ETag: "`+strings.Repeat(kilobyte, 100)+`"`, good),
			gets: "ok", updates: "no validator"},
		{does: "folds a second tag into the field", get: says("200 OK", "ETag: \"2\"\n \"3\"", good),
			gets: "ok", updates: "no validator"},
		{does: "hides a line break of one byte in the tag", get: says("200 OK", "ETag: \"2\rIf-Match: *\"", good),
			gets: "no answer"},
		{does: "hides a NUL byte in the tag", get: says("200 OK", "ETag: \"2\x00\"", good),
			gets: "no answer"},
		{does: "dates the content after the answer", get: says("200 OK", "Last-Modified: Tue, 01 Jan 2999 00:00:00 GMT\nDate: Mon, 02 Jan 2006 15:04:05 GMT", good),
			gets: "ok", updates: "no validator"},
		{does: "dates the content in the year 0000", get: says("200 OK", "Last-Modified: Sat, 00 Jan 0000 00:00:00 GMT\nDate: Mon, 02 Jan 2006 15:04:05 GMT", good),
			gets: "ok", updates: "no validator"},
		{does: "gives no validator of any kind", get: says("200 OK", "", good),
			gets: "ok", updates: "no validator"},
		{does: "says that a proxy changed the content (203)", get: says("203 Changed", `ETag: "2"`, good),
			gets: "ok", updates: "no validator"},

		// Content.
		{does: "sends a page of HTML", get: says("200 OK", "ETag: \"2\"\nContent-Type: text/html", "<!DOCTYPE html><title>Log in</title>"+secret),
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
		{does: "nests a million arrays", get: says("200 OK", `ETag: "2"`, `{"n":5,"deep":`+strings.Repeat("[", 500_000)+strings.Repeat("]", 500_000)+`}`),
			gets: "not decodable"},
		{does: "sends 2^63 for an int64", get: says("200 OK", `ETag: "2"`, `{"n":9223372036854775808}`),
			gets: "not decodable"},
		{does: "sends a number of half a million digits", get: says("200 OK", `ETag: "2"`, `{"n":`+strings.Repeat("9", 500_000)+`}`),
			gets: "not decodable"},
		{does: "sends a number for a string", get: says("200 OK", `ETag: "2"`, `{"n":5,"note":17}`),
			gets: "not decodable"},
		{does: "sends numbers that no float64 holds, where nobody looks", get: says("200 OK", `ETag: "2"`, `{"n":5,"big":9223372036854775808,"huge":1e999999}`),
			gets: "ok", keeps: `"big":9223372036854775808,"huge":1e999999`},
		{does: "sends an escaped NUL, where nobody looks", get: says("200 OK", `ETag: "2"`, `{"n":5,"odd":"\u0000"}`),
			gets: "ok", keeps: `"odd":"\u0000"`},
		{does: "sends half of a surrogate pair, where nobody looks", get: says("200 OK", `ETag: "2"`, `{"n":5,"odd":"\ud800"}`),
			gets: "ok", updates: "ambiguous"},
		{does: "sends a member twice", get: says("200 OK", `ETag: "2"`, `{"n":5,"kept":1,"kept":2}`),
			gets: "ok", updates: "ambiguous"},
		{does: "sends bytes that are no UTF-8, where nobody looks", get: says("200 OK", `ETag: "2"`, "{\"n\":5,\"odd\":\"\xff\xfe\"}"),
			gets: "ok", updates: "ambiguous"},
		{does: "sends null", get: says("200 OK", `ETag: "2"`, `null`),
			gets: "ok", saves: "undecided"},

		// Codings and lengths.
		{does: "sends a compressed answer that nobody asked for, and is well-behaved otherwise", get: says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", zipped(good, "", 0)),
			gets: "ok", keeps: `"kept":true`},
		{does: "sends 100 MiB of content in 100 KiB", get: says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", zipped(`{"note":"`, megabyte, 100)),
			gets: "too large"},
		{does: "sends content without end", get: pours("HTTP/1.1 200 OK\r\nETag: \"2\"\r\n\r\n{\"note\":\"", megabyte),
			gets: "too large"},
		{does: "sends a compressed answer cut short", get: says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", zipped(good, "", 0)[:20]),
			gets: "no answer"},
		{does: "labels plain text as gzip", get: says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", good),
			gets: "no answer"},
		{does: "labels plain text as br", get: says("200 OK", "ETag: \"2\"\nContent-Encoding: br", good),
			gets: "ok"},
		{does: "announces more than it sends", get: says("200 OK", "ETag: \"2\"\nContent-Length: 1000", good),
			gets: "no answer"},
		{does: "announces less than it sends", get: says("200 OK", "ETag: \"2\"\nContent-Length: 7", good),
			gets: "not decodable"},
		{does: "announces two lengths", get: says("200 OK", "ETag: \"2\"\nContent-Length: 7\nContent-Length: 19", good),
			gets: "no answer"},
		{does: "announces a negative length", get: says("200 OK", "ETag: \"2\"\nContent-Length: -1", good),
			gets: "no answer"},
		{does: "announces an exabyte and sends a little", get: says("200 OK", "ETag: \"2\"\nContent-Length: 1152921504606846976", good),
			gets: "no answer"},
		{does: "sends a chunk of no size", get: says("200 OK", "ETag: \"2\"\nTransfer-Encoding: chunked", "zz\r\n"+good),
			gets: "no answer"},

		// Status codes that are no answer to a GET.
		{does: "answers 202", get: says("202 Accepted", `ETag: "2"`, good), gets: "202"},
		{does: "answers 204", get: says("204 No Content", `ETag: "2"`, ""), gets: "204"},
		{does: "answers 206, though no range was asked for", get: says("206 Partial Content", "ETag: \"2\"\nContent-Range: bytes 0-18/1000", good),
			gets: "206"},
		{does: "answers 304, though nothing was asked conditionally", get: says("304 Not Modified", `ETag: "2"`, ""),
			gets: "304"},
		{does: "answers 999", get: says("999 \x1b[31mRequest Denied", `ETag: "2"`, good), gets: "999"},

		// Heads.
		{does: "sends header fields without end", get: pours("HTTP/1.1 200 OK\r\n", "X-"+kilobyte+": y\r\n"),
			gets: "no answer"},
		{does: "sends one header field without end", get: pours("HTTP/1.1 200 OK\r\nX: ", kilobyte),
			gets: "no answer"},
		{does: "sends a line of terminal commands for a header field", get: raw("HTTP/1.1 200 OK\r\n" + escape + strings.Repeat(escape, 500) + "\r\n\r\n"),
			gets: "no answer"},
		{does: "breaks a header field that holds a secret", get: raw("HTTP/1.1 200 OK\r\nSet-Cookie: session=" + secret + "\x00\r\n\r\n"),
			gets: "no answer"},
		{does: "sends interim answers without end", get: pours("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
			gets: "no answer"},
		{does: "sends an interim answer before the answer", get: raw("HTTP/1.1 103 Early Hints\r\nETag: \"0\"\r\n\r\nHTTP/1.1 200 OK\r\nETag: \"2\"\r\nContent-Length: 19\r\n\r\n" + good),
			gets: "ok", keeps: `"kept":true`},
		{does: "speaks another protocol", get: raw("220 mail.example ESMTP " + escape + "\r\n"),
			gets: "no answer"},
		{does: "hangs up without a word", get: raw(""),
			gets: "no answer"},
		{does: "takes the request and says nothing", get: silence,
			gets: "timeout"},
		{does: "sends a byte each second, without end", get: drips("HTTP/1.1 200 OK\r\nETag: \"2\"\r\n\r\n"),
			gets: "timeout"},

		// Redirects.
		{does: "redirects to itself", get: says("302 Found", "Location: "+hostileURL, ""), gets: "no answer"},
		{does: "redirects in a circle that grows", get: func(c net.Conn, n int) {
			says("307 Again", fmt.Sprint("Location: ?n=", n, "&token=", secret), "")(c, n)
		},
			gets: "no answer"},
		{does: "redirects to another host", get: says("302 Found", "Location: http://evil.test/things/7", ""), gets: "302"},
		{does: "redirects to the cloud's metadata", get: says("307 There", "Location: http://169.254.169.254/latest", ""), gets: "307"},
		{does: "redirects to a file", get: says("302 Found", "Location: file:///etc/passwd", ""), gets: "302"},
		{does: "redirects to nowhere", get: says("302 Found", "", ""), gets: "302"},
		{does: "redirects to 100 KiB of nonsense", get: says("302 Found", "Location: http://%zz"+strings.Repeat(kilobyte, 100)+secret, ""),
			gets: "no answer"},

		{does: "redirects to nonsense that holds a secret", get: says("302 Found", "Location: http://%zz/?token="+secret, ""), gets: "no answer"},
		{does: "redirects to a path of 100 KiB, and to HTML", get: func(c net.Conn, n int) {
			if n%2 == 1 {
				says("302 Found", "Location: /"+strings.Repeat(kilobyte, 100), "")(c, n)
			} else {
				says("200 OK", `ETag: "2"`, "<html>")(c, n)
			}
		}, gets: "not decodable"},

		// Refusals.
		{does: "is busy for 10^20 seconds", get: says("503 Busy", "Retry-After: 100000000000000000000", ""),
			gets: "exhausted, 503"},
		{does: "is busy until the year 2999", get: says("503 Busy", "Retry-After: Tue, 01 Jan 2999 00:00:00 GMT", ""),
			gets: "exhausted, 503"},
		{does: "is busy for -5 seconds", get: says("503 Busy", "Retry-After: -5", ""),
			gets: "503"},
		{does: "refuses with a page of terminal commands", get: says("401 Unauthorized", "Content-Type: text/html\nWWW-Authenticate: "+secret, "<html>"+escape+secret),
			gets: "401"},
		{does: "refuses with content without end", get: pours("HTTP/1.1 403 Forbidden\r\n"+problemJSON+"\r\n{\"detail\":\"", megabyte),
			gets: "403"},
	}
}

func hostileAnswersToPUT() []hostile {
	fresh := func(c net.Conn, n int) { // another version each time
		says("200 OK", fmt.Sprintf("ETag: %q", fmt.Sprint(n)), fmt.Sprintf(`{"n":1,"seen":%d}`, n))(c, n)
	}
	lines := []hostile{
		{does: "gives * for the tag of what was written", put: says("204 No Content", `ETag: *`, ""), updates: "ok"},
		{does: "returns another resource's content", put: says("200 OK", "ETag: \"2\"\nContent-Location: http://evil.test/\nPreference-Applied: return=representation", `{"n":666}`), updates: "ok"},
		{does: "returns garbage for the new representation", put: says("200 OK", "ETag: \"2\"\nPreference-Applied: return=representation", "\xff\xfe"), updates: "ok"},
		{does: "answers 200 and content without end", put: pours("HTTP/1.1 200 OK\r\n\r\n", megabyte), updates: "uncertain, exhausted, too large"},
		{does: "answers 200 and 100 MiB of content in 100 KiB", put: says("200 OK", "Content-Encoding: gzip", zipped("", megabyte, 100)), updates: "uncertain, exhausted, too large"},
		{does: "answers 200 and breaks off", put: says("200 OK", "Content-Length: 10", "{"), updates: "uncertain, exhausted, no answer"},
		{does: "hangs up without a word", put: raw(""), updates: "uncertain, exhausted, no answer"},
		{does: "takes the request and says nothing", put: silence, updates: "uncertain, exhausted, timeout"},
		{does: "sends interim answers without end", put: pours("", "HTTP/1.1 100 Continue\r\n\r\n"), updates: "uncertain, exhausted, no answer"},
		{does: "sends header fields without end", put: pours("HTTP/1.1 200 OK\r\n", "X-"+kilobyte+": y\r\n"), updates: "uncertain, exhausted, no answer"},
		{does: "speaks another protocol", put: raw(escape + "\r\n\r\n"), updates: "uncertain, exhausted, no answer"},
		{does: "always accepts and never does (202)", put: says("202 Accepted", "", ""), updates: "uncertain, 202"},
		{does: "reports a mixture (207)", put: says("207 Multi-Status", "Content-Type: application/xml", "<multistatus/>"), updates: "uncertain, 207"},
		{does: "answers 304", put: says("304 Not Modified", `ETag: "1"`, ""), updates: "304"},
		{does: "redirects the write into a GET (303)", put: says("303 See Other", "Location: /", ""), updates: "uncertain, 303"},
		{does: "redirects the write to another host (307)", put: says("307 There", "Location: http://evil.test/", ""), updates: "307"},
		{does: "redirects the write to plain text on another port (308)", put: says("308 There", "Location: http://origin.test:81/", ""), updates: "308"},
		{does: "redirects the write in a circle (307)", put: says("307 There", "Location: "+hostileURL, ""), updates: "307"},
		{does: "redirects the write to nonsense (307)", put: says("307 There", "Location: http://%zz"+escape[1:2]+"/", ""), updates: "307"},
		{does: "fails, and wants a year of patience", put: says("500 Oops", "Retry-After: 31536000", ""), updates: "uncertain, exhausted, 500"},
		{does: "turns the write away, and wants a year of patience", put: says("429 Slow down", "Retry-After: 31536000", ""), updates: "exhausted, 429"},
		{does: "turns the write away for ever", put: says("429 Slow down", "", ""), updates: "429"},
		{does: "fails for ever", put: says("500 Oops", "", ""), updates: "uncertain, exhausted, 500"},
		{does: "refuses the tag that it gives, for ever", put: says("412 No", "", ""), updates: "conflict: stale version, refused tag"},
		{does: "has another version each time, for ever", get: fresh, put: says("412 No", "", ""), updates: "conflict: stale version, exhausted"},
		{does: "refuses with a bare 409, the version unchanged", put: says("409 Conflict", "", ""), updates: "conflict: unknown, 409"},
		{does: "refuses with 409 and HTML", put: says("409 Conflict", "Content-Type: text/html", "<html>"+secret), updates: "conflict: unknown, 409"},
		{does: "demands the condition that was sent (428)", put: says("428 Precondition Required", "", ""), updates: "conflict: precondition required, 428"},
	}
	// Problems whose content is an attack. What they say must not hide the status,
	// and must not show in the error's text.
	for _, p := range []struct{ does, head, content string }{
		{"members of the wrong types", problemJSON, `{"type":7,"title":[],"status":"409","detail":{},"instance":null}`},
		{"a status of its own (200)", problemJSON, `{"type":"about:blank","status":200}`},
		{"a status of 1e400", problemJSON, `{"status":1e400}`},
		{"terminal commands", problemJSON, `{"type":"\u001b[31m","title":"\u001b[2J","detail":"\u001b]0;x\u0007","code":"\u001b[0m","instance":"\u001b"}`},
		{"line breaks, to forge the log", problemJSON, `{"type":"x\r\n2026-01-01 ERROR root logged in","code":"a\nb","detail":"\r\n"}`},
		{"marks that turn the direction of text", problemJSON, `{"type":"\u202etxt.exe","code":"\u2066x\u2069"}`},
		{"a type of 60 KiB", problemJSON, `{"type":"https://x.test/` + strings.Repeat(kilobyte, 60) + `"}`},
		{"a title of 64 KiB", problemJSON, `{"title":"` + strings.Repeat(kilobyte, 64) + `"}`},
		{"a code of 50 KiB", problemJSON, `{"code":"` + strings.Repeat(kilobyte, 50) + `","error":{"code":"` + kilobyte + `"}}`},
		{"30 000 levels", problemJSON, `{"type":"about:blank","deep":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + `}`},
		{"10 000 members", problemJSON, `{` + strings.Repeat(`"a":1,`, 10_000) + `"z":1}`},
		{"a type twice", problemJSON, `{"type":"https://a.test/","type":"https://b.test/"}`},
		{"a type in another case", problemJSON, `{"TYPE":"https://a.test/"}`},
		{"a byte order mark", problemJSON, "\ufeff" + `{"detail":"x"}`},
		{"a NUL byte", problemJSON, "{\"detail\":\"a\x00b\"}"},
		{"an array", problemJSON, `[]`},
		{"half of itself", problemJSON, `{"detail":"half`},
		{"nothing", problemJSON, ``},
		{"bare words", problemJSON, `no`},
		{"100 MiB in 100 KiB", problemJSON + "Content-Encoding: gzip", zipped(`{"detail":"`, megabyte, 100)},
		{"a coding that it does not have", problemJSON + "Content-Encoding: gzip", `{"detail":"plain"}`},
		{"XML that includes a file", "Content-Type: application/problem+xml", `<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><problem xmlns="urn:ietf:rfc:7807"><title>&x;</title></problem>`},
		{"XML that doubles and doubles", "Content-Type: application/problem+xml", `<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><problem><title>&b;</title></problem>`},
		{"5000 levels of XML", "Content-Type: application/problem+xml", `<problem>` + strings.Repeat("<a>", 5000)},
		{"a content type of nonsense", "Content-Type: ;;;/\"", `{"detail":"x"}`},
	} {
		lines = append(lines, hostile{does: "refuses with a problem of " + p.does, put: says("409 Conflict", p.head, p.content),
			updates: "conflict: unknown, 409"})
	}
	return lines
}

func TestHostileAnswers(t *testing.T) {
	table := slices.Concat(hostileAnswersToGET(), hostileAnswersToPUT())
	require.GreaterOrEqual(t, len(table), 100)
	for _, line := range table {
		of := "PUT"
		if line.put == nil {
			of = "GET"
		}
		t.Run(of+": "+line.does, func(t *testing.T) {
			if of == "GET" {
				face(t, line, "Get", line.gets, func(ctx context.Context, c *ifmatch.Client) error {
					_, err := ifmatch.Get[thing](ctx, c, hostileURL)
					return err
				})
			}
			updates := cmp.Or(line.updates, line.gets)
			face(t, line, "Update", updates, func(ctx context.Context, c *ifmatch.Client) error {
				_, err := ifmatch.Update(ctx, c, hostileURL, func(v *thing) error { v.N = 7; return nil })
				return err
			})
			saves := cmp.Or(line.saves, updates)
			face(t, line, "Save", saves, func(ctx context.Context, c *ifmatch.Client) error {
				u := &ifmatch.Representation[thing]{URL: hostileURL, ETag: `"1"`, Content: []byte(thingV1), Value: thing{N: 1, Note: "mine"}}
				_, err := ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
				return err
			})
		})
	}
}

func TestTheRefusalThatCameBeforeIsKept(t *testing.T) {
	// The write was refused, and then the newest version could not be had, or not be
	// used. Both facts matter to the caller.
	for name, get := range map[string]func() *http.Response{
		"forbidden":     func() *http.Response { return reply(403, "") },
		"not decodable": func() *http.Response { return reply(200, "<html>", `ETag: "2"`) },
		"no validator":  func() *http.Response { return reply(200, `{"n":5}`) },
		"ambiguous":     func() *http.Response { return reply(200, `{"n":5,"x":5,"x":6}`, `ETag: "2"`) },
	} {
		network := func(a arrival) (*http.Response, error) {
			switch {
			case a.method == http.MethodPut:
				return reply(412, `{"type":"https://example.com/probs/moved"}`, "Content-Type: application/problem+json"), nil
			case a.n == 1 && a.header.Get("Cache-Control") == "": // Update's first read
				return reply(200, thingV1, `ETag: "1"`), nil
			}
			return get(), nil
		}
		check := func(t *testing.T, err error, attempts int) {
			require.ErrorIs(t, err, ifmatch.ProblemType("https://example.com/probs/moved"))
			var failed *ifmatch.WriteError
			require.ErrorAs(t, err, &failed)
			require.Error(t, failed.Cause, "why it stopped")
			require.Error(t, failed.Last, "what failed last")
			require.Len(t, failed.Attempts, attempts)
			again, ok := ifmatch.Resume[thing](err)
			require.True(t, ok)
			require.EqualValues(t, 2, again.Value.N)
		}
		t.Run("Save, "+name, func(t *testing.T) {
			client, _ := through(network, nil)
			u := bump()
			same, err := ifmatch.Save(t.Context(), client, u, ifmatch.KeepLocal)
			require.Same(t, u, same)
			check(t, err, 2)
		})
		t.Run("Update, "+name, func(t *testing.T) {
			client, _ := through(network, nil)
			check(t, update(t.Context(), client), 3)
		})
	}
}
