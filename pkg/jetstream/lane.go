package jetstream

import (
	"github.com/nats-io/nats.go"
)

// What must not wait has a connection of its own: leases and timers that are due. On that of
// the work they wait behind all that is sent and read there, and a worker with much to do
// would lose its partitions for that very reason. It is made with the options of the other
// one when it is needed first, and closed with it.

// lane returns the hub as it is seen through the connection of what must not wait. Where there is
// none, because the server allows no second one or it is interrupted, it is the hub itself.
func (h *Hub) lane() *Hub {
	side, err := h.link.lane(h.nc, h.api)
	if err != nil {
		h.log.Debug("leases and timers have no connection of their own", keyError, err)
		return h
	}
	if side.nc == h.nc || !side.nc.IsConnected() {
		return h
	}
	return &Hub{
		nc: side.nc, js: side.link.js, link: side.link, api: h.api, codec: h.codec,
		partitions: h.partitions, leaseTTL: h.leaseTTL, keepAlive: h.keepAlive, log: h.log, clock: h.clock,
	}
}

// lane is a second connection with its link.
type lane struct {
	nc   *nats.Conn
	link *link
}

// lane returns the second connection beside nc, and makes it if there is none.
func (l *link) lane(nc *nats.Conn, api string) (lane, error) {
	l.laneMu.Lock()
	defer l.laneMu.Unlock()
	if nc.IsClosed() {
		return lane{nc, l}, nil
	}
	if l.side.nc != nil && !l.side.nc.IsClosed() {
		return l.side, nil
	}
	side, err := sideOptions(nc.Opts).Connect()
	if err != nil {
		return lane{}, err
	}
	sideLink, err := linkOf(side, api)
	if err != nil {
		side.Close()
		return lane{}, err
	}
	l.side = lane{side, sideLink}
	if nc.IsClosed() { // meanwhile: nobody else would close it
		side.Close()
	}
	return l.side, nil
}

// closeLane closes the second connection.
func (l *link) closeLane() {
	l.laneMu.Lock()
	defer l.laneMu.Unlock()
	if l.side.nc != nil {
		l.side.nc.Close()
	}
}

// sideOptions are those of a connection that nobody is told of.
func sideOptions(o nats.Options) nats.Options {
	o.Name += " leases"
	o.RetryOnFailedConnect = false
	o.AsyncErrorCB = func(*nats.Conn, *nats.Subscription, error) {}
	o.ClosedCB, o.DisconnectedErrCB, o.ConnectedCB, o.ReconnectedCB = nil, nil, nil, nil
	o.DiscoveredServersCB, o.LameDuckModeHandler, o.ReconnectErrCB = nil, nil, nil
	o.DisconnectedCB = nil
	return o
}
