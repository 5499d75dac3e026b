package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An outcome is what became of one cell of the table. The zero value is that nothing ran: nothing
// passes by default.
type outcome int

const (
	notRun outcome = iota
	passed
	deviates      // the peer cannot keep the row, and failed it in the way that was expected
	notApplicable // there is nothing in the peer that the row could ask for
	failed
)

var outcomeNames = [...]string{
	notRun: "not run", passed: "passed", deviates: "deviates", notApplicable: "not applicable", failed: "**FAILED**",
}

type cell struct{ peer, form, row string }

type result struct {
	outcome outcome
	reason  string // for all but passed and failed
}

func deviation(why string) result { return result{deviates, why} }

// report collects results from any goroutine.
type report struct {
	peers []string

	mu    sync.Mutex
	cells map[cell]result
	times map[string]time.Duration
}

var forms = []string{typed.form, raw.form}

func newReport(peers []peer) *report {
	r := &report{cells: map[cell]result{}, times: map[string]time.Duration{}}
	for _, p := range peers {
		r.peers = append(r.peers, p.name())
	}
	return r
}

func (r *report) note(c cell, v result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cells[c] = v
}

func (r *report) notRun(p peer, why string) {
	for _, form := range forms {
		for _, row := range rowNames() {
			r.note(cell{p.name(), form, row}, result{notRun, why})
		}
	}
}

func (r *report) took(p peer, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times[p.name()] = d
}

// ran reports whether the contract was begun with any peer.
func (r *report) ran() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.cells) > 0
}

// markdown returns the table, peer x contract row, and under it the reasons of what did not simply
// pass.
func (r *report) markdown() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	var reasons []string
	line := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }

	b.WriteString("# ifmatch against real servers\n\n")
	header := append(append([]string{"peer", "form"}, rowNames()...), "time")
	line(header...)
	line(slices.Repeat([]string{"---"}, len(header))...)
	for _, peer := range r.peers {
		for i, form := range forms {
			cells := []string{peer, form}
			for _, row := range rowNames() {
				v, begun := r.cells[cell{peer, form, row}]
				text := outcomeNames[v.outcome]
				if v.reason == "" && v.outcome == notRun && !begun {
					v.reason = "Not selected, or ended before its turn."
				}
				if v.reason != "" {
					n := slices.Index(reasons, v.reason)
					if n < 0 {
						n = len(reasons)
						reasons = append(reasons, v.reason)
					}
					text += fmt.Sprintf(" [%d]", n+1)
				}
				cells = append(cells, text)
			}
			time := ""
			if d, ok := r.times[peer]; ok && i == 0 { // of both forms together
				time = fmt.Sprintf("%.1f s", d.Seconds())
			}
			line(append(cells, time)...)
		}
	}
	for i, reason := range reasons {
		fmt.Fprintf(&b, "\n[%d] %s\n", i+1, strings.Join(strings.Fields(reason), " "))
	}
	return b.String()
}

// absent is a peer that is not on this machine.
type absent struct{}

func (absent) name() string             { return "absent" }
func (absent) quirks() map[quirk]string { return nil }
func (absent) start(*testing.T) (server, error) {
	return server{}, fmt.Errorf("absent is %w", errNotInstalled)
}

func TestAPeerThatIsNotInstalledIsReportedAsNotRun(t *testing.T) {
	r := newReport([]peer{absent{}})
	t.Run("absent", func(t *testing.T) {
		defer func() { require.True(t, t.Skipped()) }()
		examine(t, absent{}, r)
	})
	text := r.markdown()
	require.Equal(t, 2*len(rowNames()), strings.Count(text, "not run [1]"), text)
	require.Contains(t, text, "\n[1] absent is not installed")
	require.NotContains(t, text, "passed")
}

func TestTheReportNumbersReasonsAndCallsNothingPassedThatDidNotRun(t *testing.T) {
	rows := rowNames()
	r := newReport([]peer{fakeS3{}, absent{}})
	r.note(cell{"gofakes3", "typed", rows[0]}, result{outcome: passed})
	r.note(cell{"gofakes3", "typed", rows[1]}, deviation("It is so."))
	r.note(cell{"gofakes3", "raw", rows[1]}, deviation("It is so."))
	r.note(cell{"gofakes3", "raw", rows[0]}, result{outcome: failed})
	r.took(fakeS3{}, 1500*time.Millisecond)
	lines := strings.Split(r.markdown(), "\n")
	require.Equal(t, "| peer | form | "+strings.Join(rows, " | ")+" | time |", lines[2])
	require.True(t, strings.HasPrefix(lines[4], "| gofakes3 | typed | passed | deviates [1] | not run [2] | "),
		lines[4])
	require.True(t, strings.HasSuffix(lines[4], " | 1.5 s |"), lines[4])
	require.True(t, strings.HasPrefix(lines[5], "| gofakes3 | raw | **FAILED** | deviates [1] | not run [2] | "),
		lines[5])
	require.True(t, strings.HasPrefix(lines[6], "| absent | typed | not run [2] | not run [2] | "), lines[6])
	require.Equal(t, []string{"[1] It is so.", "", "[2] Not selected, or ended before its turn.", ""},
		lines[len(lines)-4:])
}
