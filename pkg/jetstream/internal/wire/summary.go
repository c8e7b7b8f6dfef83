package wire

import (
	"strings"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// ReadSummary reads an instance's summary from the subject and the headers of its record. It
// reports false for a message that is no instance's record. An instance whose headers cannot
// be read, or whose record somebody else has stored without them, has an unknown status.
func ReadSummary(m *js.RawStreamMsg) (history.Summary, bool) {
	s := history.Summary{Updated: m.Time.UTC(), Revision: m.Sequence, Blocked: m.Header.Get(BlockedHeader)}
	status := m.Header.Get(StatusHeader)
	if IsMarker(m.Header) || m.Header.Get(StoredHeader) != "" || status == history.Expected.String() {
		return s, false
	}
	var err error
	s.Instance, err = DecodeToken(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:])
	if err != nil || ident.CheckInstance(s.Instance) != nil {
		return s, false
	}
	name, err := DecodeToken(m.Header.Get(NameHeader))
	if err == nil {
		s.Name = name
	}
	if s.Status, err = history.ParseStatus(status); err != nil {
		s.Status = history.Unknown
	}
	created, err := time.Parse(time.RFC3339Nano, m.Header.Get(CreatedHeader))
	if err == nil {
		s.Created = created
	}
	tags, err := parseTags(m.Header.Get(TagsHeader))
	if err == nil {
		s.Tags = tags
	}
	return s, true
}

// Unreadable is the error of a record that cannot be read. Where the record only keeps events
// for an instance to come, the error says that the instance's status is unknown.
func Unreadable(instance string, m *js.RawStreamMsg, cause error) error {
	s, _ := ReadSummary(m)
	s.Instance = instance
	return &record.UnreadableError{Summary: s, Err: cause}
}
