package ifmatch

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// bounded is an error with a text that fits on one line of a log, whatever is in it:
// texts of net/http and encoding/json quote the server, at any length.
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

// oneLine returns the text of err on one line: bounded, and without what a terminal
// would act on.
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
