package main

// promise is something that must hold whatever fails.
type promise string

// The promises, in the order in which a report lists them.
const (
	notLost       promise = "no acknowledged event is lost"
	notDoubled    promise = "no event is taken twice"
	notReordered  promise = "each sender's events are taken in the order it sent them"
	notEarly      promise = "nothing fires or starts early"
	startedOnce   promise = "one start is one execution"
	notRefused    promise = "nothing is refused that could be done"
	waitsSurvive  promise = "a wait outlives an interruption"
	comesToEnd    promise = "every instance comes to its end once all is healed"
	nothingLeft   promise = "no message is left over, and none is dead that was sound"
	recovers      promise = "all partitions are served again within the bound"
	poisonBounded promise = "code that kills its worker is stopped after a few deaths"
)

var promises = []promise{
	notLost, notDoubled, notReordered, notEarly, startedOnce, notRefused,
	waitsSurvive, comesToEnd, nothingLeft, recovers, poisonBounded,
}

// breach is a promise that was not kept.
type breach struct {
	Promise  promise `json:"promise"`
	Instance string  `json:"instance,omitempty"`
	Detail   string  `json:"detail"`
}
