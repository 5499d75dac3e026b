package reference

// Bug is a mistake that the client makes on purpose. The zero value makes none.
type Bug int

// The bugs: the ten that every checker has to find, and some more.
const (
	None Bug = iota
	DropIfMatchOnRetry
	ChainWrongTag
	TakeRefusalForSuccess // a 412 after a timeout
	ApplyAgainAfterUncertain
	TrustReceiptTag
	ResendCreationAfter404
	BelieveStaleLook
	AdoptNoop
	MiscountOverHTTP2
	SkipIdentifierOn409
	TakeRedirectForRefusal
	TakeHashForVersion
	IgnoreIgnoredPatch
	MergeOnlyOnce // the merged write goes out unguarded
	bugs
)

var bugNames = []string{
	"none", "drop If-Match on retry", "chain the wrong tag", "412 after a timeout taken for success",
	"apply again after uncertain", "trust a receipt's tag", "resend a creation after a 404", "believe a stale look",
	"adopt a no-op", "miscount over HTTP/2", "skip the identifier on a bare 409",
	"a redirect after the write taken for a refusal", "a hash taken for a version", "an ignored patch believed",
	"the merged write unguarded",
}

func (b Bug) String() string { return bugNames[b] }

// Bugs lists all bugs.
func Bugs() []Bug {
	var all []Bug
	for b := None + 1; b < bugs; b++ {
		all = append(all, b)
	}
	return all
}
