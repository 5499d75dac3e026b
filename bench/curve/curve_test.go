package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/bench"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cost is what one merge cost.
type cost struct{ statements, bytes, objects, stack float64 }

// TestHostileDocumentsCostNoMoreThanNLogN counts statements and bytes and no time, so it says the
// same on every machine. From n to 10 n at these sizes, n log n grows 13 times and n^1.5 32 times;
// a table that doubles late or early moves that by less than half.
func TestHostileDocumentsCostNoMoreThanNLogN(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program with coverage")
	}
	const n, most = 2_000, 20
	dir := t.TempDir()
	program := filepath.Join(dir, "curve")
	run(t, "go", "build", "-o", program, "-cover", "-covermode=atomic",
		"-coverpkg=github.com/ifmatch-go/ifmatch/jsonmerge,.", ".")

	// the go command around it would take longer than the merges
	covdata := strings.TrimSpace(run(t, "go", "tool", "-n", "covdata"))

	costs := map[string]cost{}
	for line := range strings.Lines(run(t, program, "-dir", dir, fmt.Sprint(n), fmt.Sprint(10*n))) {
		var folder string
		var at int
		var c cost
		_, err := fmt.Sscan(line, &folder, &at, &c.bytes, &c.objects, &c.stack)
		require.NoError(t, err, line)
		c.statements = statements(t, covdata, folder)
		costs[filepath.Base(folder)] = c
		require.Greater(t, c.statements, float64(at), "the counters count")
	}
	for i, family := range bench.Families {
		small, large := costs[fmt.Sprintf("%d-%d", i, n)], costs[fmt.Sprintf("%d-%d", i, 10*n)]
		assert.Less(t, large.statements/(10*n), 100_000.0, "statements for each member or element, %s", family.Name)
		for _, of := range []struct {
			name         string
			small, large float64
		}{
			{"statements", small.statements, large.statements},
			{"bytes allocated", small.bytes, large.bytes},
			{"allocations", small.objects, large.objects},
			{"bytes of stack", small.stack, large.stack},
		} {
			growth := of.large / of.small
			t.Logf("%-36s %-16s %11.0f, at ten times the size x %4.1f", family.Name, of.name, of.small, growth)
			assert.Less(t, growth, float64(most), "%s, %s", of.name, family.Name)
		}
	}
}

// statements sums how often each statement ran, from the counters in a folder.
func statements(t *testing.T, covdata, folder string) float64 {
	t.Helper()
	text := filepath.Join(folder, "text")
	run(t, covdata, "textfmt", "-i="+folder, "-o="+text)
	profile, err := os.ReadFile(text)
	require.NoError(t, err)
	total := 0.0
	for line := range strings.Lines(string(profile)) {
		if _, counts, ok := strings.Cut(line, " "); ok && strings.Contains(line, "/jsonmerge/") {
			var in, ran float64
			_, err := fmt.Sscan(counts, &in, &ran)
			require.NoError(t, err, line)
			total += in * ran
		}
	}
	return total
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", name, stderr.String())
	return string(out)
}

func TestWhatNestsDeeperThanTheLimitIsRefused(t *testing.T) {
	for _, family := range bench.Families {
		if family.Options.Limits.MaxDepth == 0 {
			continue
		}
		require.NoError(t, family.Merge(family.Make(1000)), family.Name)
		family.Options.Limits.MaxDepth = 0 // the default
		var limit *jsonmerge.LimitError
		require.ErrorAs(t, family.Merge(family.Make(2*jsonmerge.DefaultMaxDepth)), &limit, family.Name)
		assert.Equal(t, jsonmerge.DefaultMaxDepth, limit.Limit)
	}
}
