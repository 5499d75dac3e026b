package jsonmerge

import (
	"hash/maphash"
	"math/bits"
)

// seed makes the hash of names and values unpredictable, so that nobody can send a document whose
// names all collide. No result depends on it.
var seed = maphash.MakeSeed()

// mix folds two hashes into one in which their order counts.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xD6E8FEB86659FD93)
	return hi ^ lo
}
