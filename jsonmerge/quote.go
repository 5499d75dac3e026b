package jsonmerge

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// escapeLen is the length of the escape sequence that b begins with, a surrogate pair being one; 0
// and the reason when it is not valid.
func escapeLen(b []byte) (int, string) {
	if len(b) < 2 {
		return 0, "escape sequence is cut off"
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, ""
	case 'u':
	default:
		return 0, fmt.Sprintf("unknown escape %q", b[:2])
	}
	r, ok := hex4(b)
	switch {
	case !ok:
		return 0, `\u is not followed by four hexadecimal digits`
	case r < 0xD800 || r > 0xDFFF:
		return 6, ""
	case r < 0xDC00:
		if low, ok := hex4(b[6:]); ok && low >= 0xDC00 && low <= 0xDFFF {
			return 12, ""
		}
	}
	return 0, fmt.Sprintf("unpaired surrogate %s", b[:6])
}

// hex4 reads \uXXXX.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// appendUnescaped appends the text that the content of a valid JSON string stands for.
func appendUnescaped(dst, content []byte) []byte {
	for {
		i := bytes.IndexByte(content, '\\')
		if i < 0 {
			return append(dst, content...)
		}
		dst = append(dst, content[:i]...)
		n := 2
		switch c := content[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, _ := hex4(content[i:])
			n = 6
			if r >= 0xD800 && r <= 0xDFFF {
				low, _ := hex4(content[i+6:])
				r = (r-0xD800)<<10 | (low - 0xDC00) + 0x10000
				n = 12
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
		content = content[i+n:]
	}
}

// appendQuoted appends text, which is valid UTF-8, as a JSON string. Only what RFC 8259 §7 demands
// is escaped: never <, > or &, which nobody asked to change.
func appendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i, c := range text {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, text[from:]...), '"')
}
