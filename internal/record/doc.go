// Package record holds the stored form of an instance: everything that survives when
// nothing of it is in memory. It does no I/O and reads no clock.
//
//   - [InstanceRecord]: all that is stored of an instance, replaced as a whole by every
//     turn. Its [Log] holds the events since the last seal; older ones stand in segments.
//   - [Event]: one line of a history, as it is stored. An event is either an input
//     (something that happened) or a decision (something the code asked for); see
//     package history.
//   - [Mark]: how often code was begun and has not come back, stored beside the record.
//   - The ids that executions, children and sent events have.
//
// # Stored form
//
// Records and events are written as msgpack arrays; the first element of a record is
// [Version]. Readers accept arrays longer than they know, so fields can be added at the
// end; any other change raises Version. Golden files in testdata pin the bytes.
package record
