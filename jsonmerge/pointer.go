package jsonmerge

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// A Pointer is a JSON Pointer (RFC 6901): the names of members and the indexes of elements,
// unescaped, that lead from the root of a document to a value. The empty Pointer is the root.
type Pointer []string

// ParsePointer reads the string form of a pointer, such as "/items/0/a~1b" (RFC 6901 §3): empty, or
// tokens that each begin with a slash, in which ~0 stands for ~ and ~1 for /.
func ParsePointer(s string) (Pointer, error) {
	p, err := parsePointer(s)
	if err != nil {
		return nil, fmt.Errorf("jsonmerge: %w", err)
	}
	return p, nil
}

func parsePointer(s string) (Pointer, error) {
	if s == "" {
		return Pointer{}, nil
	}
	if s[0] != '/' {
		return nil, fmt.Errorf("pointer %s does not begin with /", quoteBounded(s))
	}
	tokens := strings.Split(s[1:], "/")
	for i, token := range tokens {
		plain, ok := unescapeToken(token)
		if !ok {
			return nil, fmt.Errorf("pointer %s: in %s, ~ is not followed by 0 or 1", quoteBounded(s), quoteBounded(token))
		}
		tokens[i] = plain
	}
	return tokens, nil
}

// ParsePointerFragment reads the URI fragment form of a pointer, such as "#/c%25d" (RFC 6901 §6).
func ParsePointerFragment(s string) (Pointer, error) {
	rest, ok := strings.CutPrefix(s, "#")
	if !ok {
		return nil, fmt.Errorf("jsonmerge: fragment %s does not begin with #", quoteBounded(s))
	}
	plain, err := url.PathUnescape(rest)
	if err != nil {
		return nil, fmt.Errorf("jsonmerge: fragment %s: bad percent-encoding", quoteBounded(s))
	}
	return ParsePointer(plain)
}

// unescapeToken undoes the escapes of one token; false for a ~ that begins none (RFC 6901 §3).
func unescapeToken(token string) (string, bool) {
	if !strings.Contains(token, "~") {
		return token, true
	}
	b := make([]byte, 0, len(token))
	for i := 0; i < len(token); i++ {
		c := token[i]
		if c == '~' {
			i++
			switch {
			case i < len(token) && token[i] == '0':
			case i < len(token) && token[i] == '1':
				c = '/'
			default:
				return "", false
			}
		}
		b = append(b, c)
	}
	return string(b), true
}

// tokenEscaper writes the escapes of a token (RFC 6901 §3).
var tokenEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func appendToken(dst, token []byte) []byte {
	if bytes.ContainsAny(token, "~/") {
		return append(dst, tokenEscaper.Replace(string(token))...)
	}
	return append(dst, token...)
}

// String is the form that [ParsePointer] reads.
func (p Pointer) String() string {
	var b []byte
	for _, token := range p {
		b = appendToken(append(b, '/'), []byte(token))
	}
	return string(b)
}

// arrayIndex reads an array index (RFC 6901 §4): 0, or digits without a leading zero.
func arrayIndex(token string) (int, bool) {
	if token == "" || len(token) > 1 && token[0] == '0' || strings.Trim(token, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(token)
	return n, err == nil
}
