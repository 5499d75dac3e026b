// Package integration tries ifmatch against servers that others wrote: one contract, run against
// every peer, on typed values and on raw bytes. It has no code of its own to import, only tests,
// and a go.mod of its own so that what the peers need never becomes a dependency of ifmatch. See
// README.md for the peers, how to run them and how to add one.
package integration
