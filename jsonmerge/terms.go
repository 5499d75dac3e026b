package jsonmerge

// A termTable gives equal things equal ids, numbered from 0 in the order in which they first come
// up, so that arrays can be compared as sequences of small integers. Things are told apart by hash,
// and then by a closer look, so ids never lie whatever the hashes do.
type termTable struct {
	slots []int32 // id + 1, 0 = free; the size is a power of 2
	terms []term  // by id
}

// A term is the first occurrence of what an id stands for.
type term struct {
	hash uint64
	doc  *document
	node int
}

// newTermTable makes room for n things.
func newTermTable(n int) termTable {
	return termTable{slots: make([]int32, tableSize(n))}
}

// id returns the id of t; equal says whether a term with the same hash is the same thing.
func (in *termTable) id(t term, equal func(term) bool) int32 {
	slot := t.hash & uint64(len(in.slots)-1)
	for in.slots[slot] != 0 {
		id := in.slots[slot] - 1
		if known := in.terms[id]; known.hash == t.hash && equal(known) {
			return id
		}
		slot = (slot + 1) & uint64(len(in.slots)-1)
	}
	in.terms = append(in.terms, t)
	in.slots[slot] = int32(len(in.terms))
	return int32(len(in.terms) - 1)
}

// values interns values by what they mean.
func (in *termTable) values(doc *document, nodes []int) []int32 {
	ids := make([]int32, len(nodes))
	for k, n := range nodes {
		t := term{doc.hash(n), doc, n}
		ids[k] = in.id(t, func(known term) bool { return equal(known.doc, known.node, doc, n) })
	}
	return ids
}
