package ifmatchtest

// The door of the tests to what they cannot reach over HTTP.
var (
	SplitTags   = splitTags
	StrongEqual = strongEqual
	WeakEqual   = weakEqual
	MergePatch  = mergePatch
)

const (
	MaxResources     = maxResources
	MaxPostponed     = maxPostponed
	MaxRecordedBytes = maxRecordedBytes
)
