// Package lcstest makes sequences of numbers for tests of what compares them.
package lcstest

import (
	"math/rand/v2"
	"slices"
)

// Letters makes each letter a number, A being 0.
func Letters(s string) []int32 {
	list := make([]int32, 0, len(s))
	for _, c := range []byte(s) {
		list = append(list, int32(c-'A'))
	}
	return list
}

// Random returns n numbers below most.
func Random(rnd *rand.Rand, n, most int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(rnd.IntN(most))
	}
	return list
}

// Edited replaces, removes or inserts numbers below most at some places of a.
func Edited(rnd *rand.Rand, a []int32, edits, most int) []int32 {
	b := slices.Clone(a)
	for range edits {
		i := rnd.IntN(len(b) + 1)
		j := min(len(b), i+rnd.IntN(3))
		b = slices.Replace(b, i, j, Random(rnd, rnd.IntN(3), most)...)
	}
	return b
}
