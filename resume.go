package ifmatch

import "errors"

// Resume returns the caller's edit out of an error of [Save], [Put] or [Update], as it was before
// the call: Value with the change, Content and validator of the version that it started from. Show
// it to a person, change it, and save it again with the merge function that the person chose. It
// reports false if err holds no such edit.
func Resume[T any](err error) (*Representation[T], bool) {
	var e *WriteError
	if !errors.As(err, &e) || e.Local == nil {
		return nil, false
	}
	v, derr := decode[T](e.Local)
	if derr != nil {
		return nil, false
	}
	u := &Representation[T]{Value: v, URL: e.target, ETag: e.BaseETag, Content: e.Base}
	if e.base != nil {
		u.LastModified, u.Header, u.Status = e.base.date, e.base.header, e.base.status
		u.unconfirmed, u.receipt = e.base.unconfirmed, e.base.receipt
	}
	return u, true
}
