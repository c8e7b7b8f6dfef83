package jetstream

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// headerWriter collects headers, and the first error of what cannot be one. What is
// empty gets no header.
type headerWriter struct {
	header nats.Header
	err    error
}

func (w *headerWriter) put(key, value string, err error) {
	switch {
	case w.err != nil:
	case err != nil:
		w.err = err
	case value != "":
		w.header[key] = []string{value}
	}
}

func (w *headerWriter) putName(key, what, name string) {
	token, err := encodeToken(what, name)
	if err == nil {
		err = ident.CheckName(what, name)
	}
	w.put(key, token, err)
}

func (w *headerWriter) putEventID(id string) {
	if id == "" {
		return
	}
	w.put(headerEventID, id, ident.CheckEvent(id))
}

func (w *headerWriter) putParent(p *record.Parent) {
	if p == nil {
		return
	}
	t, err := newTask(p.Instance, p.Execution, p.Task)
	if err == nil {
		_, err = parseParent(t.id())
	}
	w.put(headerParent, t.id(), err)
}

func (w *headerWriter) putTags(tags history.Tags) {
	text := formatTags(tags)
	_, err := parseTags(text)
	w.put(headerTags, text, err)
}

func (w *headerWriter) putTime(key string, at time.Time) {
	if at.IsZero() {
		return
	}
	w.put(key, at.UTC().Format(time.RFC3339Nano), checkTime(at))
}

func (w *headerWriter) putReceipt(receipt string) {
	if receipt == "" {
		return
	}
	_, err := parseReceipt(receipt)
	w.put(headerReceipt, receipt, err)
}

// headerReader reads headers, and keeps the first error.
type headerReader struct {
	header nats.Header
	err    error
}

func (r *headerReader) fail(key string, err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("header %s: %w", key, err)
	}
}

// read returns what a header says, the zero value if there is none.
func read[T any](r *headerReader, key string, parse func(string) (T, error)) T {
	var none T
	text := r.header.Get(key)
	if text == "" {
		return none
	}
	got, err := parse(text)
	if err != nil {
		r.fail(key, err)
		return none
	}
	return got
}

// errMissing says that a header must be there.
var errMissing = errors.New("it is missing")

// need is read of a header that must be there.
func need[T any](r *headerReader, key string, parse func(string) (T, error)) T {
	if r.header.Get(key) == "" {
		r.fail(key, errMissing)
	}
	return read(r, key, parse)
}

// eventID returns the first of the headers that is there.
func (r *headerReader) eventID(keys ...string) string {
	for _, key := range keys {
		if id := r.header.Get(key); id != "" {
			r.fail(key, ident.CheckEvent(id))
			return id
		}
	}
	return ""
}

// parseRevision reads the revision that a claim or a child replaces, which is that of
// nothing live.
func parseRevision(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == hub.AnyAtAll {
		return 0, fmt.Errorf("%q is no revision", text)
	}
	return n, nil
}

// maxExecutionID is the longest name of an execution: it becomes part of others.
// Later generations and rewound executions have longer ones, by their numbers.
const (
	maxExecutionID  = 64
	maxGenerationID = 256
)

func checkExecution(id string) error {
	if len(id) > maxExecutionID || !isPlainString(id) {
		return fmt.Errorf("%w: %.80q is no execution id: use at most %d letters, digits, %q and %q", ident.ErrInvalidName, id, maxExecutionID, "-", "_")
	}
	return nil
}

// parseParent reads <instance>/<execution>/<task>.
func parseParent(text string) (*record.Parent, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: parent %q is not instance/execution/task", ident.ErrInvalidName, text)
	}
	p := &record.Parent{Execution: parts[1], Task: hub.Message{Arg: parts[2]}.Task()}
	var err error
	if p.Instance, err = decodeToken(parts[0]); err != nil {
		return nil, err
	}
	switch {
	case p.Execution == "" || len(p.Execution) > maxGenerationID || !isPlainString(p.Execution):
		return nil, fmt.Errorf("%w: parent %q has no legal execution id", ident.ErrInvalidName, text)
	case p.Task == 0 || record.TaskArg(p.Task) != parts[2]:
		return nil, fmt.Errorf("%w: parent %q has no task number", ident.ErrInvalidName, text)
	}
	return p, ident.CheckInstance(p.Instance)
}

// maxTags is how long all tags together may be in bytes, as they are written: they
// have to fit beside a value that takes the rest of a message.
const maxTags = 4096

// formatTags writes tags as the query of a URL, sorted.
func formatTags(tags history.Tags) string {
	values := make(url.Values, len(tags))
	for key, value := range tags {
		values.Set(key, value)
	}
	return values.Encode()
}

// parseTags is the inverse of [formatTags]. It takes what need not be escaped in
// either form; the limit is for what it becomes.
func parseTags(text string) (history.Tags, error) {
	values, err := url.ParseQuery(text)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	if size := len(values.Encode()); size > maxTags {
		return nil, fmt.Errorf("%w: tags have %d bytes as they are stored, at most %d are allowed", ident.ErrInvalidName, size, maxTags)
	}
	tags := make(history.Tags, len(values))
	for key, list := range values {
		if len(list) > 1 {
			return nil, fmt.Errorf("%w: tag %q is there twice", ident.ErrInvalidName, key)
		}
		tags[key] = list[0]
	}
	return tags, tags.Check()
}

// checkTime refuses what a history cannot hold.
func checkTime(at time.Time) error {
	if !time.Unix(0, at.UnixNano()).Equal(at) {
		return fmt.Errorf("%w: time %v is not within the years 1678 to 2261", ident.ErrInvalidName, at)
	}
	return nil
}

func parseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, fmt.Errorf("%q is no time in the form of RFC 3339", text)
	}
	return at.UTC(), checkTime(at)
}

func parseName(token string) (string, error) {
	name, err := decodeToken(token)
	if err != nil {
		return "", err
	}
	return name, ident.CheckName("name", name)
}

func parseFlag(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}
