package jetstream

import (
	"github.com/nats-io/nats.go"
)

// Leases and due timers have a connection of their own. On the connection of the work they
// would wait behind everything that is sent and read there, and a worker with much to do
// would lose its partitions for that very reason. The second connection is made with the
// options of the first when it is needed, and closed with it.

// urgent returns the connection for leases and due timers. It is c itself where there is no
// second one, since the server allows none or it is interrupted.
func (c *connection) urgent() *connection {
	side, err := c.link.second(c.nc, c.api)
	if err != nil {
		c.log.Debug("leases and timers have no connection of their own", keyError, err)
		return c
	}
	if side.nc == c.nc || !side.nc.IsConnected() {
		return c
	}
	return &connection{nc: side.nc, js: side.link.js, link: side.link, api: c.api, codec: c.codec, log: c.log}
}

// side is a second connection with its link.
type side struct {
	nc   *nats.Conn
	link *link
}

// second returns the second connection beside nc, and makes it if there is none.
func (l *link) second(nc *nats.Conn, api string) (side, error) {
	l.sideMu.Lock()
	defer l.sideMu.Unlock()
	if nc.IsClosed() {
		return side{nc, l}, nil
	}
	if l.side.nc != nil && !l.side.nc.IsClosed() {
		return l.side, nil
	}
	second, err := sideOptions(nc.Opts).Connect()
	if err != nil {
		return side{}, err
	}
	sideLink, err := linkOf(second, api)
	if err != nil {
		second.Close()
		return side{}, err
	}
	l.side = side{second, sideLink}
	if nc.IsClosed() { // meanwhile: nobody else would close it
		second.Close()
	}
	return l.side, nil
}

// closeSide closes the second connection.
func (l *link) closeSide() {
	l.sideMu.Lock()
	defer l.sideMu.Unlock()
	if l.side.nc != nil {
		l.side.nc.Close()
	}
}

// sideOptions are the options of a connection of which nobody is told anything.
func sideOptions(o nats.Options) nats.Options {
	o.Name += " leases"
	o.RetryOnFailedConnect = false
	o.AsyncErrorCB = func(*nats.Conn, *nats.Subscription, error) {}
	o.ClosedCB, o.DisconnectedErrCB, o.ConnectedCB, o.ReconnectedCB = nil, nil, nil, nil
	o.DiscoveredServersCB, o.LameDuckModeHandler, o.ReconnectErrCB = nil, nil, nil
	o.DisconnectedCB = nil
	return o
}
