package ifmatch_test

import (
	"strings"
	"testing"
)

// What the members say must not hide the status, and must not show in the error's text.
func TestAProblemThatIsAnAttackHidesNoStatusAndShowsInNoText(t *testing.T) {
	var lines []hostile
	for _, p := range []struct{ does, head, content string }{
		{does: "members of the wrong types", head: problemJSON,
			content: `{"type":7,"title":[],"status":"409","detail":{},"instance":null}`},
		{does: "a status of its own (200)", head: problemJSON, content: `{"type":"about:blank","status":200}`},
		{does: "a status of 1e400", head: problemJSON, content: `{"status":1e400}`},
		{does: "terminal commands", head: problemJSON,
			content: `{"type":"\u001b[31m","title":"\u001b[2J","detail":"\u001b]0;x\u0007","code":"\u001b[0m",` +
				`"instance":"\u001b"}`},
		{does: "line breaks, to forge the log", head: problemJSON,
			content: `{"type":"x\r\n2026-01-01 ERROR root logged in","code":"a\nb","detail":"\r\n"}`},
		{does: "marks that turn the direction of text", head: problemJSON,
			content: `{"type":"\u202etxt.exe","code":"\u2066x\u2069"}`},
		{does: "a type of 60 KiB", head: problemJSON,
			content: `{"type":"https://x.test/` + strings.Repeat(kilobyte, 60) + `"}`},
		{does: "a title of 64 KiB", head: problemJSON, content: `{"title":"` + strings.Repeat(kilobyte, 64) + `"}`},
		{does: "a code of 50 KiB", head: problemJSON,
			content: `{"code":"` + strings.Repeat(kilobyte, 50) + `","error":{"code":"` + kilobyte + `"}}`},
		{does: "30 000 levels", head: problemJSON,
			content: `{"type":"about:blank","deep":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + `}`},
		{does: "10 000 members", head: problemJSON, content: `{` + strings.Repeat(`"a":1,`, 10_000) + `"z":1}`},
		{does: "a type twice", head: problemJSON, content: `{"type":"https://a.test/","type":"https://b.test/"}`},
		{does: "a type in another case", head: problemJSON, content: `{"TYPE":"https://a.test/"}`},
		{does: "a byte order mark", head: problemJSON, content: "\ufeff" + `{"detail":"x"}`},
		{does: "a NUL byte", head: problemJSON, content: "{\"detail\":\"a\x00b\"}"},
		{does: "an array", head: problemJSON, content: `[]`},
		{does: "half of itself", head: problemJSON, content: `{"detail":"half`},
		{does: "nothing", head: problemJSON, content: ``},
		{does: "bare words", head: problemJSON, content: `no`},
		{does: "100 MiB in 100 KiB", head: problemJSON + "Content-Encoding: gzip",
			content: zipped(`{"detail":"`, megabyte, 100)},
		{does: "a coding that it does not have", head: problemJSON + "Content-Encoding: gzip",
			content: `{"detail":"plain"}`},
		{does: "XML that includes a file", head: "Content-Type: application/problem+xml",
			content: `<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><problem ` +
				`xmlns="urn:ietf:rfc:7807"><title>&x;</title></problem>`},
		{does: "XML that doubles and doubles", head: "Content-Type: application/problem+xml",
			content: `<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b ` +
				`"&a;&a;&a;&a;&a;&a;&a;&a;">]><problem><title>&b;</title></problem>`},
		{does: "5000 levels of XML", head: "Content-Type: application/problem+xml",
			content: `<problem>` + strings.Repeat("<a>", 5000)},
		{does: "a content type of nonsense", head: "Content-Type: ;;;/\"", content: `{"detail":"x"}`},
	} {
		lines = append(lines,
			hostile{does: "refuses with a problem of " + p.does, put: says("409 Conflict", p.head, p.content),
				updates: "conflict: unknown, 409"})
	}
	withstand(t, lines)
}
