// Package payload reads and writes the JSON of inputs, results and external events as Go
// values. It reads more than encoding/json does: see [Read] and [ReadBody].
package payload
