package jsonmerge

// unique refuses an object in which a name occurs twice (RFC 8259 §4: what such an object means is
// unpredictable).
func (s *scanner) unique(object int) bool {
	d := document{raw: s.raw, nodes: s.nodes}
	count := d.count(object)
	if count <= 16 {
		var seen uint64 // a bit for the hash of each name so far: most names are told apart by it alone
		for name := range d.members(object) {
			bit := uint64(1) << (d.nodes[name].info >> (32 - 6))
			if seen&bit != 0 {
				for other := object + 1; other != name; other = d.next(other) {
					if sameName(&d, other, &d, name) {
						return s.duplicate(name)
					}
				}
			}
			seen |= bit
		}
		return true
	}
	size := tableSize(count)
	if len(s.table) < size {
		s.table = make(nameTable, size)
	}
	table := s.table[:size]
	clear(table)
	for name := range d.members(object) {
		slot := d.nodes[name].info >> infoShift & uint32(size-1)
		for table[slot] != 0 {
			if sameName(&d, int(table[slot]), &d, name) {
				return s.duplicate(name)
			}
			slot = (slot + 1) & uint32(size-1)
		}
		table[slot] = uint32(name)
	}
	return true
}

func (s *scanner) duplicate(name int) bool {
	return s.fail(int(s.nodes[name].start), "name %s occurs twice in one object", quoteBounded(s.textOf(name)))
}
