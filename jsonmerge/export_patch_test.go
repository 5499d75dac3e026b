package jsonmerge

// ApplyPatchShifting is ApplyPatch with another bound for how many array elements may be pushed
// aside.
func ApplyPatchShifting(doc, patch []byte, shifts int64) ([]byte, error) {
	return new(PatchOptions).apply(doc, patch, shifts)
}
