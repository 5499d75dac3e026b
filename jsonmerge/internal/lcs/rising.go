package lcs

import (
	"cmp"
	"slices"
)

// Rising returns a longest chain of indexes whose values rise, leaving out negative values: of
// things that have a place in two sequences, as many as possible that kept their order (patience
// sorting, n log n).
func Rising[T int | int32](values []T) []int {
	var tails []int // tails[k]: of the chains of k+1 values, the end of the one that ends lowest
	back := make([]int, len(values))
	for i, v := range values {
		if v < 0 {
			continue
		}
		k, _ := slices.BinarySearchFunc(tails, v, func(t int, v T) int { return cmp.Compare(values[t], v) })
		back[i] = -1
		if k > 0 {
			back[i] = tails[k-1]
		}
		if k == len(tails) {
			tails = append(tails, i)
		} else {
			tails[k] = i
		}
	}
	if len(tails) == 0 {
		return nil
	}
	chain := tails // of the same length, and no longer needed
	for n, i := len(chain)-1, tails[len(tails)-1]; n >= 0; n-- {
		chain[n], i = i, back[i]
	}
	return chain
}
