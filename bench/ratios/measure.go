package main

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A sample is what one unit cost in one repetition.
type sample struct {
	wall, cpu     float64 // nanoseconds; cpu is that of all threads and children, 0 where it cannot be told
	objects, size float64 // allocations and their bytes
}

// measure runs the subjects of all groups in turn and returns each one's samples.
func (s settings) measure(groups [][]subject) ([][]sample, error) {
	all := slices.Concat(groups...)
	runs := make([]int, len(all))
	for i, subject := range all {
		var err error
		if runs[i], err = calibrate(subject, s.atLeast); err != nil {
			return nil, fmt.Errorf("%s: %w", subject.name, err)
		}
	}
	samples := make([][]sample, len(all))
	for repetition := range s.repetitions {
		for turn := range all {
			i := (turn + repetition) % len(all)
			one, err := run(all[i], runs[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", all[i].name, err)
			}
			samples[i] = append(samples[i], one)
		}
	}
	return samples, nil
}

// calibrate finds how many runs last long enough, and warms caches and connections.
func calibrate(subject subject, atLeast time.Duration) (int, error) {
	for runs := 1; ; runs *= 2 {
		one, err := run(subject, runs)
		lasted := one.wall * float64(runs) * float64(subject.units)
		if err != nil || lasted >= float64(atLeast) || runs >= 1<<20 {
			return runs, err
		}
		if lasted > 1e6 { // long enough to foretell
			return max(1, int(math.Ceil(float64(runs)*float64(atLeast)/lasted))), nil
		}
	}
}

func run(subject subject, runs int) (sample, error) {
	runtime.GC() // nobody pays for the garbage of another
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := processorTime(), time.Now()
	for range runs {
		if err := subject.once(); err != nil {
			return sample{}, err
		}
	}
	wall := time.Since(start)
	cpu = processorTime() - cpu
	runtime.ReadMemStats(&after)
	units := float64(runs) * float64(subject.units)
	return sample{
		wall: float64(wall) / units, cpu: float64(cpu) / units,
		objects: float64(after.Mallocs-before.Mallocs) / float64(runs),
		size:    float64(after.TotalAlloc-before.TotalAlloc) / float64(runs),
	}, nil
}

// table writes the samples of groups, which stand in one list, as a table in Markdown. Ratios are
// to the first of each group.
func table(title string, groups [][]subject, samples [][]sample) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", title)
	b.WriteString("| | least time | ratio of minima | ratio of medians | ratio of least CPU | allocations | KiB " +
		"|\n|---|---:|---:|---:|---:|---:|---:|\n")
	wall := func(s sample) float64 { return s.wall }
	cpu := func(s sample) float64 { return s.cpu }
	at := 0
	for _, group := range groups {
		first := samples[at]
		for _, subject := range group {
			own := samples[at]
			per := ""
			if subject.units > 1 {
				per = "/B"
			}
			fmt.Fprintf(&b, "| %s | %s%s | %s | %s | %s | %s | %s |\n", subject.name, duration(least(own, wall)), per,
				ratio(least(own, wall), least(first, wall)), ratio(median(own, wall), median(first, wall)),
				ratio(least(own, cpu), least(first, cpu)),
				digits(median(own, func(s sample) float64 { return s.objects })),
				digits(median(own, func(s sample) float64 { return s.size / 1024 })))
			at++
		}
	}
	return b.String()
}

func least(samples []sample, of func(sample) float64) float64 {
	return of(slices.MinFunc(samples, func(a, b sample) int { return cmp.Compare(of(a), of(b)) }))
}

func median(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

// duration writes nanoseconds in three digits.
func duration(ns float64) string {
	for _, unit := range []struct {
		name string
		ns   float64
	}{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if ns >= unit.ns {
			return digits(ns/unit.ns) + " " + unit.name
		}
	}
	return digits(ns) + " ns"
}

// digits writes a number in three digits, or whole if it has more.
func digits(v float64) string {
	switch {
	case v >= 99.95:
		return fmt.Sprintf("%.0f", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
