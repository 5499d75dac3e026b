package probe

import (
	"strconv"
	"strings"
	"unicode"
)

// Everything that a server sent passes through here before a person sees it.

// quote puts the server's text into quotes: one line, bounded, and without what a terminal would
// act on.
func quote(s string) string {
	const most = 72
	if len(s) > most {
		return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "..."
	}
	return strconv.Quote(s)
}

// verbatim is quote for an entity tag, whose own quotes are part of it.
func verbatim(s string) string { return printable(s, 72) }

// printable bounds a text and takes from it what could steer a terminal or forge a line.
func printable(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
