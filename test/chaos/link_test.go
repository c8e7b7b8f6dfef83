package main

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listener is a server whose connections a test takes by hand.
func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// joined returns both ends of a connection through a new link.
func joined(t *testing.T) (l *link, near, far net.Conn) {
	t.Helper()
	server := listener(t)
	l, err := newLink("w1", server.Addr().String())
	require.NoError(t, err)
	t.Cleanup(l.close)
	near, err = net.Dial("tcp", l.listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = near.Close() })
	far, err = server.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = far.Close() })
	return l, near, far
}

func read(t *testing.T, from net.Conn, patience time.Duration) (string, error) {
	t.Helper()
	require.NoError(t, from.SetReadDeadline(time.Now().Add(patience)))
	return bufio.NewReader(from).ReadString('\n')
}

func write(t *testing.T, to net.Conn, text string) {
	t.Helper()
	_, err := to.Write([]byte(text))
	require.NoError(t, err)
}

func TestLinkIsCut(t *testing.T) {
	t.Parallel()
	l, near, far := joined(t)
	write(t, near, "hello\n")
	text, err := read(t, far, 5*time.Second)
	require.NoError(t, err)
	require.Equal(t, "hello\n", text)

	l.sever()
	for _, end := range []net.Conn{near, far} {
		_, err := read(t, end, 5*time.Second)
		var timeout net.Error
		require.Error(t, err)
		require.NotErrorAs(t, err, &timeout, "it must end, not stand still")
	}
	again, err := net.Dial("tcp", l.listener.Addr().String())
	require.NoError(t, err)
	_, err = read(t, again, 5*time.Second)
	require.Error(t, err, "nobody gets through a link that is cut")
	require.NoError(t, again.Close())
}

// Data that was sent on a stalled link arrives later, also when its sender has given up.
func TestStalledLinkDeliversLate(t *testing.T) {
	t.Parallel()
	l, near, far := joined(t)
	l.stall()
	write(t, near, "late\n")
	require.NoError(t, near.Close())
	_, err := read(t, far, 50*time.Millisecond)
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	l.heal()
	text, err := read(t, far, 5*time.Second)
	require.NoError(t, err)
	require.Equal(t, "late\n", text)
}

func TestSlowLinkDelays(t *testing.T) {
	t.Parallel()
	l, near, far := joined(t)
	l.slow(100 * time.Millisecond)
	begun := time.Now()
	write(t, near, "slow\n")
	_, err := read(t, far, 5*time.Second)
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(begun), 100*time.Millisecond)
}
