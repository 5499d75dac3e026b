package ifmatch

import (
	"context"
	"sync"
)

// UnitOfWork returns a context for one sequence of reads and writes that belong together: reading a
// resource, deciding, writing it back. Requests with this context, through [Client.Do] or
// [Client.HTTPClient], are guarded by the versions that this unit read, whatever others read
// meanwhile. Use a new one for each sequence, and always where goroutines share a client.
func UnitOfWork(ctx context.Context) context.Context {
	return context.WithValue(ctx, unitKey{}, &unit{read: map[trackKey]*held{}})
}

type unitKey struct{}

// unit is what one unit of work has read.
type unit struct {
	mu   sync.Mutex
	read map[trackKey]*held
	full bool // more was read than is kept

	bytes int64 // of content
}

func unitOf(ctx context.Context) *unit {
	u, _ := ctx.Value(unitKey{}).(*unit)
	return u
}

// maxUnit bounds what one unit of work keeps.
const maxUnit = 1024
