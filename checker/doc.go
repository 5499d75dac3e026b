// Package checker checks a client of conditional writes from outside. It runs histories of concurrent
// calls against origins of many kinds, over connections that lose, cut, delay and repeat, and asks
// whether what the calls claim can be true. README.md has the map, and says how to read a failure.
package checker
