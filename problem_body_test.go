package ifmatch_test

import (
	"strings"
	"testing"
)

// What the members say must not hide the status, and must not show in the error's text.
func TestAProblemThatIsAnAttackHidesNoStatusAndShowsInNoText(t *testing.T) {
	var lines []hostile
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
	withstand(t, lines)
}
