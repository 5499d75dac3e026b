package lcs

// unique returns where the elements stand that occur exactly once in each of two blocks, in the
// order of a.
func (d *blocks) unique(a0, a1, b0, b1 int) (atA, atB []int32) {
	a, b := d.a.kept, d.b.kept
	d.budget -= a1 - a0 + b1 - b0
	for _, id := range a[a0:a1] {
		d.seen[id].a++
	}
	for j, id := range b[b0:b1] {
		d.seen[id].b++
		d.seen[id].at = int32(b0 + j)
	}
	for i, id := range a[a0:a1] {
		if o := d.seen[id]; o.a == 1 && o.b == 1 {
			atA, atB = append(atA, int32(a0+i)), append(atB, o.at)
		}
	}
	for _, id := range a[a0:a1] {
		d.seen[id] = occurrence{}
	}
	for _, id := range b[b0:b1] {
		d.seen[id] = occurrence{}
	}
	return atA, atB
}
