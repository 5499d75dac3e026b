// Package bench measures ifmatch against the ways in which the same work is done without it, side
// by side in one process. It is a module of its own, so that its peers are nobody's dependencies.
//
// Documents come from [Records], [Lines] and [Families], which make the same bytes in every run.
// [Merges] are the ways to merge three JSON documents, [Exchanges] the ways to read a resource and
// write it back. Tests check what the row of every way says of it, because a fast wrong answer is
// not worth timing.
//
// The benchmarks of go test measure one way at a time; the command ratios runs all in turn and
// prints how they relate, which is what stays true on a busy machine; the command curve and its
// test count the statements that hostile documents cost.
package bench
