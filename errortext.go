package ifmatch

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// bounded is an error with a text that fits on one line of a log, whatever is in it: texts of
// net/http and encoding/json quote the server, at any length.
type bounded struct {
	context string
	err     error
}

func (e *bounded) Error() string { return e.context + ": " + oneLine(e.err) }
func (e *bounded) Unwrap() error { return e.err }

// failed puts context in front of err.
func failed(err error, format string, args ...any) error {
	return &bounded{fmt.Sprintf(format, args...), err}
}

// oneLine returns the text of err on one line: bounded, and without what a terminal would act on.
func oneLine(err error) string {
	const most = 600
	s := strings.TrimPrefix(err.Error(), "ifmatch: ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + " ..."
	}
	s = strings.ReplaceAll(s, "\n", "; ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// join is errors.Join, but one error stays itself.
func join(errs ...error) error {
	var some []error
	for _, err := range errs {
		if err != nil {
			some = append(some, err)
		}
	}
	switch len(some) {
	case 0:
		return nil
	case 1:
		return some[0]
	}
	return errors.Join(some...)
}

// maxQuoted bounds, in bytes, each piece of foreign text in an error.
const maxQuoted = 200

// quote makes foreign text fit for one line of a log or a terminal: bounded, and everything that
// does not print escaped.
func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "..."
	}
	return strconv.Quote(s)
}

// unquoted is quote without the quotes, for text that has none inside.
func unquoted(s string) string { return strings.ReplaceAll(quote(s), `"`, "") }

// bareURL leaves of a URL what may be shown and what identifies: user information and query carry
// credentials.
func bareURL(u *url.URL) *url.URL {
	if u == nil {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
}

// redactURL is the text of a URL without what may be secret.
func redactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	shown := bareURL(u).String()
	if len(shown) > maxShownURL {
		shown = strings.ToValidUTF8(shown[:maxShownURL], "") + "..."
	}
	return shown
}

// maxShownURL bounds, in bytes, a URL in an error: a redirect may have made it.
const maxShownURL = 500

// redact leaves out of a URL what may be secret: user information, query values and the fragment.
func redact(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "an invalid URL"
	}
	return redactURL(u)
}

// discreet takes what may be secret out of the URL that net/http puts into the text of its errors.
func discreet(err error) error {
	ue, ok := err.(*url.Error)
	if !ok {
		return err
	}
	cause := ue.Err
	for _, quotes := range []string{"malformed MIME header", "failed to parse Location header"} {
		if strings.Contains(cause.Error(), quotes) {
			cause = errors.New(quotes) // without the server's text, which may be anything
		}
	}
	u, perr := url.Parse(ue.URL)
	if perr != nil {
		return cause
	}
	return &url.Error{Op: ue.Op, URL: redactURL(u), Err: cause}
}
