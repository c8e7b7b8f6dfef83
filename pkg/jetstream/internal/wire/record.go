package wire

import (
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Record writes an instance's record, to be stored if the revision is still the expected one.
// It returns an error wrapping [record.ErrTooLarge] for a record that is larger than the
// limits allow.
func (c *Codec) Record(instance string, v *record.InstanceRecord, expected uint64, limits Limits, now time.Time) (*nats.Msg, error) {
	token, err := EncodeToken("instance id", instance)
	if err != nil {
		return nil, err
	}
	header, err := recordHeader(v, now)
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: c.Names.Values.Of(token), Header: header, Data: v.Encode()}
	if most := limits.Value(); len(m.Data) > most {
		return nil, fmt.Errorf("%w: value of instance %q has %d bytes, the limit is %d", record.ErrTooLarge, instance, len(m.Data), most)
	}
	Expect(m, expected)
	return m, nil
}

// recordHeader is the part of a record that a listing shows. The server removes a record
// that only keeps events for an instance to come when the time of the last event is up.
func recordHeader(v *record.InstanceRecord, now time.Time) (nats.Header, error) {
	w := &writer{header: nats.Header{StatusHeader: {v.Status.String()}}}
	w.put(CreatedHeader, v.Created.UTC().Format(time.RFC3339Nano), nil)
	w.put(TagsHeader, formatTags(v.Tags), nil)
	w.put(BlockedHeader, v.WhyBlocked(), nil)
	if v.Status == history.Expected {
		w.put(js.MsgTTLHeader, keepFor(v.Kept, now).String(), nil)
		return w.header, w.err
	}
	if v.Name == "" { // of an instance that was ended without being readable
		return w.header, w.err
	}
	name, err := EncodeToken("orchestrator name", v.Name)
	w.put(NameHeader, name, err)
	return w.header, w.err
}

// keepFor is how long the last of the events is to be kept from now on, in whole seconds,
// as the server counts, and no shorter than it can.
func keepFor(kept []record.Event, now time.Time) time.Duration {
	const shortest, longest = time.Second, 100 * 365 * 24 * time.Hour
	var last time.Time
	for _, e := range kept {
		if e.KeptUntil().After(last) {
			last = e.KeptUntil()
		}
	}
	left := min(last.Sub(now), longest) + time.Second - 1
	return max(left.Truncate(time.Second), shortest)
}

// Expect makes the publish a compare-and-set on the subject's last revision.
func Expect(m *nats.Msg, revision uint64) {
	m.Header[js.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(revision, 10)}
}

// Stored writes something that stands beside the records. Its header tells it from control
// messages, wherever it may be delivered.
func Stored(subject string, data []byte) *nats.Msg {
	return &nats.Msg{Subject: subject, Header: nats.Header{StoredHeader: {"true"}}, Data: data}
}

// Tombstone writes the mark of a record that was removed, to be kept for so long; 0 is for
// ever. It is stored if the revision is still the expected one.
func Tombstone(subject string, expected uint64, ttl time.Duration) *nats.Msg {
	m := &nats.Msg{Subject: subject, Header: nats.Header{OperationHeader: {"PURGE"}}}
	if ttl > 0 {
		m.Header[js.MsgTTLHeader] = []string{ttl.String()}
	}
	Expect(m, expected)
	return m
}

// IsMarker reports whether a message stands for the absence of a value.
func IsMarker(header nats.Header) bool {
	return header.Get(OperationHeader) != "" || header.Get(js.MarkerReasonHeader) != ""
}
