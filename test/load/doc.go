// Package load tests what a hub bears on a NATS server with default settings: many who wait
// at a time, in one process and by way of HTTP, and many who come and go and must leave
// nothing behind. There are a tenth of those that are promised, unless the flag -full is
// given:
//
//	go test -v ./test/load -full
package load
