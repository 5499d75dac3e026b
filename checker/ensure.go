package checker

import (
	"context"

	"github.com/ifmatch-go/ifmatch"
)

// ensure calls the library's Ensure.
func ensure(ctx context.Context, c *ifmatch.Client, url string, edit func(*Doc) error,
) (*ifmatch.Representation[Doc], error) {
	return ifmatch.Ensure(ctx, c, url, edit)
}
