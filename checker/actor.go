package checker

import (
	"context"
	"encoding/json"
	"net/http"
)

// actor makes the calls of one client, one after the other.
type actor struct {
	run     *run
	number  int
	subject Subject
	held    *Base // what the call before returned, if it shows a document
	from    int   // number of the version that held is
}

// call makes one call: its turn to begin, the read that it starts from, and itself.
func (a *actor) call(ctx context.Context, c *Call) {
	a.run.begin(c)
	if c.Op.Verb.isRival() {
		a.run.stile.begin(a.number, func() {
			c.Called = int64(2 * a.run.stile.step)
			c.Returned = c.Called
			a.run.rival(c)
		})
		c.Ended, c.Class = true, Success
		return
	}
	a.run.stile.begin(a.number, nil)
	base, ok := a.base(ctx, c)
	if !ok {
		c.Class, c.Ended = Skipped, true
		return
	}
	_, c.Called = a.run.stile.moment()
	result, err := a.make(ctx, c, base)
	c.Returned, _ = a.run.stile.moment()
	c.Returned = max(c.Returned, c.Called)
	c.Ended, c.Err, c.Class = true, err, Success
	if err != nil {
		c.Class = a.subject.Class(err)
	}
	a.hold(c, result)
}

// base is what a call that needs one starts from: what the call before returned, or a fresh read.
func (a *actor) base(ctx context.Context, c *Call) (Base, bool) {
	switch c.Op.Verb {
	case Update, Ensure, Create:
		return Base{}, true
	}
	if !c.Op.Chain || a.held == nil {
		b, err := a.subject.Get(ctx, target)
		if err != nil || !b.Known {
			return Base{}, false
		}
		a.held, a.from = &b, lastRead(c)
	}
	c.Base, c.HeldFrom = a.held.Doc.Clone(), a.from
	return *a.held, true
}

// lastRead is the number of the version that the newest whole answer to a read of the call showed.
func lastRead(c *Call) int {
	n := 0
	for _, x := range c.Exchanges {
		if x.Request.Method == http.MethodGet && x.Reply != nil && x.Reply.Status == http.StatusOK && !x.late {
			n = x.Version
		}
	}
	return n
}

// hold keeps what the call returned for the next one.
func (a *actor) hold(c *Call, result Base) {
	if c.Class != Success || c.Op.Verb == Delete {
		a.held = nil
		return
	}
	if result.Known {
		d := result.Doc.Clone()
		c.Shown = &d
	}
	a.held, a.from = nil, lastRead(c)
	if result.Known {
		a.held = &result
	}
	if n := len(c.Applied); n > 0 {
		a.from = c.Applied[n-1]
	}
}

func (a *actor) make(ctx context.Context, c *Call, base Base) (Base, error) {
	edit := func(d *Doc) {
		*d = d.Clone()
		before := StateOf(*d)
		c.Result = c.Op.Act.Do(d)
		c.Changed = StateOf(*d) != before
	}
	local := base.Doc.Clone()
	if c.Op.Verb == Create {
		local = Doc{Held: true}.Clone()
	}
	c.Op.Act.Do(&local)
	c.Local = local.Clone()
	switch c.Op.Verb {
	case Update:
		return a.subject.Update(ctx, target, edit)
	case Ensure:
		return a.subject.Ensure(ctx, target, edit)
	case Save, SaveBlind:
		return a.subject.Save(ctx, base, local, c.Op.Verb == Save)
	case Put:
		return a.subject.Put(ctx, base, local)
	case Create:
		return a.subject.Create(ctx, target, local)
	case Delete:
		return Base{}, a.subject.Delete(ctx, base)
	default:
		mediaType, patch := c.Op.Act.patch()
		return a.subject.Patch(ctx, base, mediaType, patch)
	}
}

// patch writes the act as a patch document.
func (a Act) patch() (mediaType string, patch []byte) {
	if a.Kind == Set {
		patch, _ = json.Marshal(map[string]string{a.Key: a.Value})
		return "application/merge-patch+json", patch
	}
	patch, _ = json.Marshal([]map[string]string{{"op": "add", "path": "/items/-", "value": a.Value}})
	return "application/json-patch+json", patch
}
