package jsonmerge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Defaults of [PatchOptions].
const (
	// DefaultMaxOperations is the number of operations that [ApplyPatch] carries out unless told
	// otherwise.
	DefaultMaxOperations = 10_000

	// maxShifts bounds how many elements all insertions into and removals from arrays together push
	// aside: a few seconds' work.
	maxShifts = 1 << 32
)

// ErrTestFailed is wrapped by the error of [ApplyPatch] when a test operation found another value.
var ErrTestFailed = errors.New("jsonmerge: test failed")

// ErrPatchLimit is wrapped by the error of [ApplyPatch] for a patch that would cost more than
// [PatchOptions] allow.
var ErrPatchLimit = errors.New("jsonmerge: patch exceeds a limit")

// PatchOptions bound what [ApplyPatch] may cost. A nil pointer and zero fields mean the defaults.
type PatchOptions struct {
	// MaxOperations is how many operations a patch may have; 0 means [DefaultMaxOperations].
	MaxOperations int

	// MaxCopied is how many bytes all copy operations of a patch together may duplicate; 0 means
	// Limits.MaxBytes. Each copy can double a document, so few of them would otherwise fill any
	// memory.
	MaxCopied int

	// Limits bounds the document, the patch, and the result.
	Limits Limits
}

// PatchError reports the operation of a JSON Patch that is not valid or cannot be carried out.
type PatchError struct {
	// Index is the place of the operation in the patch, from 0.
	Index int
	// Op and Path are the operation's members; empty when they are what is wrong.
	Op, Path string
	// Err is the reason. It wraps [ErrTestFailed], [ErrNotFound] or [ErrPatchLimit] where that is
	// it.
	Err error
}

// Error is one line of bounded length.
func (e *PatchError) Error() string {
	why := strings.TrimPrefix(e.Err.Error(), "jsonmerge: ")
	if e.Op == "" {
		return fmt.Sprintf("jsonmerge: operation %d: %s", e.Index, why)
	}
	return fmt.Sprintf("jsonmerge: operation %d, %s %s: %s", e.Index, e.Op, quoteBounded(e.Path), why)
}

// Unwrap returns Err.
func (e *PatchError) Unwrap() error { return e.Err }

// ApplyPatch carries out a JSON Patch (RFC 6902) on doc and returns the result; on any error there
// is none (§5). What no operation touches stays byte for byte as it was; new members go to the end
// of their object, written like those around them. A patch that changes nothing returns doc itself.
//
// It is strict: indexes are 0 or digits without a leading zero (RFC 6901 §4) and within bounds,
// nothing is padded and no parent is made; test compares numbers by their exact decimal value; a
// name twice in an operation is an error, as anywhere; the root can be replaced, not removed; a
// value cannot be moved into itself.
//
// The error is a [*PatchError] for an operation, or for a document or patch that cannot be read the
// [*SyntaxError] or [*LimitError] of [Check], wrapped. The arguments are not changed. It is safe
// for concurrent use.
func ApplyPatch(doc, patch []byte, opts *PatchOptions) ([]byte, error) {
	if opts == nil {
		opts = &PatchOptions{}
	}
	return opts.apply(doc, patch, maxShifts)
}

func (opts *PatchOptions) apply(doc, patch []byte, shifts int64) ([]byte, error) {
	d, err := parse(doc, opts.Limits)
	if err != nil {
		return nil, fmt.Errorf("document to patch: %w", err)
	}
	p, err := parse(patch, opts.Limits)
	if err != nil {
		return nil, fmt.Errorf("patch: %w", err)
	}
	if p.kind(0) != kindArray {
		return nil, errors.New("jsonmerge: patch is not an array of operations")
	}
	if most := orDefault(opts.MaxOperations, DefaultMaxOperations); p.count(0) > most {
		return nil, fmt.Errorf("%w: %d operations, at most %d are allowed", ErrPatchLimit, p.count(0), most)
	}
	ops := make([]operation, p.count(0))
	for i, n := range p.elements(0) {
		if err := ops[i].read(&p, n); err != nil {
			return nil, ops[i].fail(i, err)
		}
	}
	run := patching{
		root:   leaf(&d, 0),
		values: &p,
		limits: opts.Limits,
		copies: orDefault(opts.MaxCopied, opts.Limits.bytes()),
		shifts: shifts,
	}
	for i := range ops {
		if err := run.do(&ops[i]); err != nil {
			return nil, ops[i].fail(i, err)
		}
	}
	if !run.changed {
		return doc, nil
	}
	return run.root.write(&d, opts.Limits)
}

// operation is one operation of a patch.
type operation struct {
	op         string
	path, from Pointer
	pathText   string
	value      int // node of the patch, or absent
}

func (o *operation) fail(index int, err error) error {
	return &PatchError{Index: index, Op: o.op, Path: o.pathText, Err: err}
}

// needs lists the operations (RFC 6902 §4) and which member they need beside op and path.
var needs = map[string]string{
	"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from", "remove": "",
}

// read checks an operation and reads it. Members that RFC 6902 does not name are ignored (§4).
func (o *operation) read(p *document, n int) error {
	o.value = absent
	if p.kind(n) != kindObject {
		return errors.New("not an object")
	}
	text := func(name string) (string, error) {
		v := p.member(n, name)
		if v == absent {
			return "", fmt.Errorf("member %q is missing", name)
		}
		if p.kind(v) != kindString {
			return "", fmt.Errorf("member %q is not a string", name)
		}
		return string(p.text(v)), nil
	}
	op, err := text("op")
	if err != nil {
		return err
	}
	need, known := needs[op]
	if !known {
		return fmt.Errorf("unknown operation %s", quoteBounded(op))
	}
	o.op = op
	if o.pathText, err = text("path"); err != nil {
		return err
	}
	if o.path, err = ParsePointer(o.pathText); err != nil {
		return err
	}
	switch need {
	case "value":
		if o.value = p.member(n, "value"); o.value == absent {
			return errors.New(`member "value" is missing`)
		}
	case "from":
		from, err := text("from")
		if err != nil {
			return err
		}
		if o.from, err = ParsePointer(from); err != nil {
			return err
		}
	}
	return nil
}

// patching carries out operations.
type patching struct {
	root    *tree
	values  *document // the patch
	limits  Limits
	copies  int   // bytes that may still be copied
	shifts  int64 // elements that may still be pushed aside
	changed bool
}

func (r *patching) do(o *operation) error {
	switch o.op {
	case "test": // RFC 6902 §4.6
		at, err := r.root.get(o.path)
		if err == nil && !at.equals(r.values, o.value) {
			err = ErrTestFailed
		}
		return err
	case "add": // §4.1
		return r.add(o.path, leaf(r.values, o.value))
	case "replace": // §4.3
		at, err := r.root.get(o.path)
		if err == nil {
			at.set(r.values, o.value)
			r.changed = true
		}
		return err
	case "remove": // §4.2
		_, err := r.take(o.path)
		return err
	case "copy": // §4.5
		at, err := r.root.get(o.from)
		if err != nil {
			return err
		}
		twin, err := r.copy(at, 0)
		if err != nil {
			return err
		}
		return r.add(o.path, twin)
	default: // move, §4.4
		return r.move(o.from, o.path)
	}
}

// move is a removal and an addition. Moving a value to where it is changes nothing.
func (r *patching) move(from, to Pointer) error {
	if len(from) <= len(to) && slices.Equal(from, to[:len(from)]) {
		if len(from) == len(to) {
			_, err := r.root.get(from)
			return err
		}
		return errors.New("a value cannot be moved into itself")
	}
	val, err := r.take(from)
	if err != nil {
		return err
	}
	return r.add(to, val)
}

func (r *patching) add(p Pointer, val *tree) error {
	at, i, err := r.root.place(p)
	if err != nil {
		return err
	}
	r.changed = true
	if at == nil {
		r.root.become(val)
		return nil
	}
	if err := r.shift(at, i); err != nil {
		return err
	}
	at.add(i, p[len(p)-1], val)
	return nil
}

func (r *patching) take(p Pointer) (*tree, error) {
	at, i, err := r.root.existing(p)
	if err != nil {
		return nil, err
	}
	if at == nil {
		return nil, errRoot
	}
	if err := r.shift(at, i); err != nil {
		return nil, err
	}
	r.changed = true
	return at.remove(i), nil
}

// shift accounts for inserting or removing at index i.
func (r *patching) shift(at *tree, i int) error {
	if !at.open.object {
		if r.shifts -= int64(len(at.open.kids) - i); r.shifts < 0 {
			return fmt.Errorf("%w: too many array elements are pushed aside", ErrPatchLimit)
		}
	}
	return nil
}

// copy returns a value like t that does not change with it.
func (r *patching) copy(t *tree, depth int) (*tree, error) {
	if depth > r.limits.depth() {
		return nil, &LimitError{What: "depth", Limit: r.limits.depth()}
	}
	if t.open == nil {
		twin := leaf(t.doc, t.node)
		twin.name = t.name
		return twin, r.charge(t.doc.end(t.node) - t.doc.start(t.node))
	}
	// Removed members are copied along, so they count too.
	if err := r.charge(len("[]") + len(t.open.kids)); err != nil {
		return nil, err
	}
	in := *t.open
	in.kids, in.added = slices.Clone(in.kids), maps.Clone(in.added)
	for i := range in.kids {
		k := &in.kids[i]
		var err error
		switch {
		case k.val != nil:
			if err = r.charge(len(k.val.name)); err == nil {
				k.val, err = r.copy(k.val, depth+1)
			}
		case !k.gone:
			from := int(k.from)
			err = r.charge(t.doc.end(t.doc.valueOf(from)) - t.doc.start(from))
		}
		if err != nil {
			return nil, err
		}
	}
	return &tree{doc: t.doc, node: t.node, name: t.name, open: &in}, nil
}

func (r *patching) charge(bytes int) error {
	if r.copies -= bytes; r.copies < 0 {
		return fmt.Errorf("%w: more bytes are copied than allowed", ErrPatchLimit)
	}
	return nil
}
