package wire

import (
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
)

// Lease writes a lease for its holder, which the server removes after so long. It is stored
// if the revision is still the expected one.
func (c *Codec) Lease(token, holder string, ttl time.Duration, expected uint64) *nats.Msg {
	m := &nats.Msg{
		Subject: c.Names.Fleet.Lease(token),
		Header:  nats.Header{js.MsgTTLHeader: {ttl.String()}, SecretHeader: {"stored"}},
		Data:    []byte(holder),
	}
	Expect(m, expected)
	return m
}

// LeaseGivenBack writes the mark of a lease that nobody holds, likewise.
func (c *Codec) LeaseGivenBack(token string, ttl time.Duration, expected uint64) *nats.Msg {
	m := &nats.Msg{Subject: c.Names.Fleet.Lease(token), Header: nats.Header{
		OperationHeader: {"DEL"},
		js.MsgTTLHeader: {ttl.String()},
	}}
	Expect(m, expected)
	return m
}

// LeaseTTL returns how long a lease lasts that has the header, or otherwise if it does not say.
func LeaseTTL(header nats.Header, otherwise time.Duration) time.Duration {
	ttl, err := time.ParseDuration(header.Get(js.MsgTTLHeader))
	if err != nil {
		return otherwise
	}
	return ttl
}

// KnowsSecret reports whether the worker that wrote the lease knows where the secret is.
func KnowsSecret(header nats.Header) bool { return header.Get(SecretHeader) != "" }
