package httpapi_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// flood is a caller that sends without an end.
type flood struct {
	sent     int
	response *http.Response
	err      error
}

// A caller that sends without an end is told so and cut off. The server reads only so much
// more that a caller which ends soon sees the answer. With many such callers the memory stays
// within the limits. The test is not parallel: the heap is that of all tests that run.
func TestFloodsAreCutOff(t *testing.T) {
	const floods, limit, offered = 40, 250_000, 128 << 20
	r := newFixture(t)
	r.startThree()
	server, _ := r.serve(httpapi.ServerConfig{})
	before := heap(true)
	over := make(chan flood, floods)
	for n := range floods {
		go func() { over <- pour(strings.TrimPrefix(server.URL(), "http://"), n%2 == 0, offered) }()
	}
	var most uint64
	for range floods {
		f := <-over
		require.NoError(t, f.err)
		require.Equal(t, http.StatusRequestEntityTooLarge, f.response.StatusCode)
		require.True(t, f.response.Close, "the connection is not used again")
		require.Less(t, f.sent, offered*3/4, "it was not read to its end")
		most = max(most, heap(false))
	}
	// A body may take a few times the limit while it grows.
	require.Less(t, most, before+floods*limit*8)
	i, err := r.client.Get(r.ctx, "live")
	require.NoError(t, err)
	require.Equal(t, 1, i.Events, "none of it has reached the instance")
}

// heap is how many bytes the heap takes, garbage included unless it is collected first.
func heap(collected bool) uint64 {
	if collected {
		runtime.GC()
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}

// pour posts a body of that size until it is cut off.
func pour(address string, chunked bool, size int) (f flood) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return flood{err: err}
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return flood{err: err}
	}
	length, part := fmt.Sprintf("Content-Length: %d", size), strings.Repeat("1", 1<<14)
	if chunked {
		length, part = "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", len(part), part)
	}
	head := "POST " + base + "/instances/live/raiseEvent/Approval HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n"
	if _, err := connection.Write([]byte(head + length + "\r\n\r\n")); err != nil {
		return flood{err: err}
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		f.response, f.err = http.ReadResponse(bufio.NewReader(connection), nil)
	}()
	sent := 0
	for sent < size {
		n, err := connection.Write([]byte(part))
		sent += n
		if err != nil {
			break // it is cut off
		}
	}
	<-answered
	f.sent = sent
	return f
}
