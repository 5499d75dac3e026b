// Package clients holds tests alone: clients that others wrote, on top of ifmatch, in front of
// small servers that keep versions as the real services do. README.md says what was found.
package clients
