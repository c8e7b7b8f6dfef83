// Package wire writes and reads what a hub says and keeps on NATS: subjects, headers and
// bodies. It is pure: it has no connection and no clock, and returns values.
//
// The control messages stand in one table, [verbs]. A row says of one verb which argument
// it has, which role may say it, which headers it has and how each of them is written and
// read, which body it carries, and how a repeat is known. Writing, reading, the checks
// against forgery, dead letters and receipts all ask that table, so a verb is added in one
// place. Tests compare the table with the verbs of internal/hub, with docs/protocol.md and
// with the permissions in deploy/nats.
//
//	names.go     names of streams and subjects
//	token.go     ids and names as tokens of a subject
//	verbs.go     the table
//	headers.go   the headers that the table refers to
//	message.go   a control message, written and read by its row
//	forgery.go   messages that no publisher has sent
//	activity.go, timer.go, queue.go, record.go, letter.go   everything else that is stored
//	ack.go       the ack subject of a delivered message, and the answers to it
package wire
