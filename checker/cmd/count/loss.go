package main

import "math/rand/v2"

// fate is what befalls a request.
type fate int

const (
	answered   fate = iota
	lostAfter       // it is handled, and its answer is lost
	lostBefore      // it is lost before it is handled
)

// losses decides the fate of every request, in the order in which they arrive.
type losses func(write bool) fate

// tenthOfWrites loses the answer to every tenth write, whatever the answer says.
func tenthOfWrites() losses {
	writes := 0
	return func(write bool) fate {
		if !write {
			return answered
		}
		if writes++; writes%10 == 0 {
			return lostAfter
		}
		return answered
	}
}

// lossRate is how many of the answers are lost to the processes.
const lossRate = 0.1

// tenthOfAll loses a tenth of all answers at random, half of them before the request was handled.
func tenthOfAll(seed uint64) losses {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(bool) fate {
		switch p := r.Float64(); {
		case p < lossRate/2:
			return lostBefore
		case p < lossRate:
			return lostAfter
		}
		return answered
	}
}
