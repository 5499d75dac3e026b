package ifmatch

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// restlessReads is how many more reads have to give a tag that was never seen before, with the same
// content, before a tag is held for new at every request. One alone could be a rival who writes
// what was there before.
const restlessReads = 2

// restless tells whether a write of was may have been refused because the server gives a new tag at
// every request: then no fetch and no merge can help, and the error says so. now is the newest
// version, fetched after the refusal. Versions with other content, or without tags, cost no
// exchange.
func (c *view) restless(ctx context.Context, was, now *version, f form, log *attemptLog) error {
	d := c.opts.Dialect
	alike := func(v *version) bool {
		return !v.absent && v.tag != "" && v.content != nil &&
			bytes.Equal(d.unversioned(v.content), d.unversioned(was.content))
	}
	tags := []ETag{was.tag, now.tag}
	if !alike(was) || !alike(now) || was.tag == now.tag {
		return nil
	}
	for reads := 0; len(tags) < 2+restlessReads; reads++ {
		next, err := c.fetch(ctx, now.url, f, true, log)
		switch {
		case err == nil && reads < staleReads && c.older(now.received, next):
			continue // out of a cache: it says nothing of the newest tag
		case err != nil || !alike(next) || slices.Contains(tags, next.tag):
			return nil
		}
		tags = append(tags, next.tag)
	}
	return fmt.Errorf("%w: the entity tag is new at every request, with the same content (%s, then %s)", ErrRefusedTag,
		quote(string(tags[len(tags)-2])), quote(string(tags[len(tags)-1])))
}
