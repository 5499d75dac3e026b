package ifmatchtest

// The tests reach through these what they cannot reach over HTTP.
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
