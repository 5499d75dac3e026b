//go:build !unix

package main

import "time"

// processorTime is not known here; the column stays empty.
func processorTime() time.Duration { return 0 }
