package ifmatch

import "bytes"

// currency says how the newest state of a resource relates to the version that a write was made
// from. It is the one answer to the question whether that version is still current.
type currency uint8

const (
	moved   currency = iota // another version, or nothing tells that it is the same
	same                    // the same version, as far as validators and content tell
	altered                 // the same validator with other content: the validator proves nothing
	gone                    // there was something, and there is nothing now
)

var currencyNames = [...]string{moved: "moved", same: "same", altered: "altered", gone: "gone"}

func (c currency) String() string { return currencyNames[c] }

// refusedIsCurrent reports that a precondition which was refused still names the current version,
// as far as validators tell. A server that refused it meant something else.
func (c currency) refusedIsCurrent() bool { return c == same || c == altered }

// sight is what can be compared of a version.
type sight struct {
	condition precondition // that its validator makes; the zero value if it has none
	content   []byte       // nil: not known
	absent    bool         // there is nothing
}

// relate compares the version that a write was made from with the newest one.
func relate(was, now sight) currency {
	switch {
	case was.condition.form.creates():
		if now.absent {
			return same
		}
		return moved
	case now.absent:
		return gone
	case was.condition.form == unconditional || was.condition != now.condition:
		return moved
	case was.content != nil && !bytes.Equal(was.content, now.content):
		return altered
	}
	return same
}
