// Package partition decides which partitions this worker owns, and hands their messages to
// the turns of instances.
//
//   - plan.go: a pure function of the leases in sight and the partitions owned says which
//     to take and which to give up; rendezvous.go chooses a worker for each partition.
//   - [Fleet] carries that out: it shows this worker's presence, renews leases, takes
//     partitions over and gives them up.
//   - owner.go: the owner of a partition accepts messages in order, each into the inbox of
//     its instance, and runs one turn of an instance at a time.
//
// A partition is held for as long as its lease is, and owned while a delivery is open:
//
//	free ──acquire──▶ held ──open──▶ owned ──broken──▶ held   (opened again)
//	  ▲                                │
//	  └───────release──── drained ◀────┘ another worker should have it, or
//	                                     this one stops
package partition
