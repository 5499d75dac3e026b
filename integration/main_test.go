package integration_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch"
	"github.com/stretchr/testify/require"
)

// results is what this run of the suite found.
var results = newReport(peers)

// TestMain publishes the table of results when there is one: on standard output, and as Markdown in
// the file that INTEGRATION_REPORT names.
func TestMain(m *testing.M) {
	code := m.Run()
	if results.ran() {
		fmt.Print(results.markdown())
		if file := os.Getenv("INTEGRATION_REPORT"); file != "" {
			if err := os.WriteFile(file, []byte(results.markdown()), 0o644); err != nil {
				fmt.Fprintln(os.Stderr, "INTEGRATION_REPORT:", err)
				code = 1
			}
		}
	}
	os.Exit(code)
}

func TestEveryPeerKeepsTheContract(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name(), func(t *testing.T) { examine(t, p, results) })
	}
}

// examine runs the contract against one peer, in both forms, and notes each result.
func examine(t *testing.T, p peer, to *report) {
	begun := time.Now()
	s, err := p.start(t)
	if errors.Is(err, errNotInstalled) {
		to.notRun(p, err.Error())
		t.Skipf("%s was not run: %v", p.name(), err)
	}
	require.NoError(t, err)
	defer func() { to.took(p, time.Since(begun)) }()
	if s.forms == nil {
		s.forms = []form{typed, raw}
	}
	for _, f := range s.forms {
		f.examine(t, p, s, to)
	}
}

// A form is one way of showing content, and runs the contract in it.
type form interface {
	examine(t *testing.T, p peer, s server, to *report)
}

// inapplicable is a form in which a peer has nothing to show.
type inapplicable struct{ form, why string }

func (f inapplicable) examine(_ *testing.T, p peer, _ server, to *report) {
	for _, row := range rowNames() {
		to.note(cell{p.name(), f.form, row}, result{notApplicable, f.why})
	}
}

func (subject subject[T]) examine(t *testing.T, p peer, s server, to *report) {
	t.Run(subject.form, func(t *testing.T) {
		for _, r := range contract[T]() {
			t.Run(r.name, func(t *testing.T) {
				result := result{outcome: failed}
				defer func() {
					if t.Failed() { // whatever the row had thought so far
						result.outcome = failed
					}
					to.note(cell{p.name(), subject.form, r.name}, result)
				}()
				name := strings.ReplaceAll(r.name, " ", "-") + subject.extension + s.tail
				r.try(t, &exam[T]{
					subject: subject,
					url:     s.base + name,
					client:  ifmatch.New(&s.options),
					other: other{
						cmp.Or(s.someone, s.options.HTTPClient), cmp.Or(s.origin, s.base) + name, subject.mediaType,
						s.puts,
					},
					weak:      s.weak,
					unguarded: s.unguarded,
					slow:      s.slow,
					bare: func(content []byte) []byte {
						if s.bare == nil {
							return content
						}
						return s.bare(content)
					},
					has: func(q quirk) bool {
						why, ok := p.quirks()[q]
						if ok {
							result = deviation(why)
						}
						return ok
					},
				})
				if result.outcome != deviates {
					result.outcome = passed
				}
			})
		}
	})
}
