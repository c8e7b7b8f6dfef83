package httpapi

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits of what is read of a body that nobody wants: a caller that is still sending
// would not see the answer.
const (
	mostDrained = 24 << 20
	drainTime   = 10 * time.Second
)

// receive reads the body to its end.
func (x *exchange) receive() {
	limit := x.bodyLimit()
	if encoding := contentEncoding(x.r.Header); encoding != "" {
		x.w.Header().Set("Accept-Encoding", "identity")
		x.received.wrong = problemf(http.StatusUnsupportedMediaType, "the content encoding %q is not understood here: send the body as it is", clip(encoding))
		return
	}
	if x.r.ContentLength > limit {
		x.received.wrong = x.tooLarge()
		return
	}
	data, err := io.ReadAll(io.LimitReader(x.r.Body, limit+1))
	switch {
	case err != nil:
		x.received.wrong = incomplete(err)
		x.w.Header().Set("Connection", "close")
	case int64(len(data)) > limit:
		x.received.wrong = x.tooLarge()
	default:
		x.received.data = data
	}
}

// incomplete is the problem of a body that did not come to its end.
func incomplete(err error) *problem {
	p := problemf(http.StatusBadRequest, "the body broke off before its end")
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		p = problemf(http.StatusRequestTimeout, "the body did not come in time")
	}
	p.lost = true
	return p
}

func (x *exchange) tooLarge() *problem {
	p := problemf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", x.api.config.MaxBody)
	p.human = fmt.Sprintf("This is too long: at most %d bytes can be sent.", x.api.config.MaxBody)
	return p
}

// bodyLimit is the largest body in bytes. In a form each byte may take three.
func (x *exchange) bodyLimit() int64 {
	limit := int64(x.api.config.MaxBody)
	if x.grant != nil && isForm(x.r.Header) {
		return 3*limit + 1024
	}
	return limit
}

// contentEncoding returns the encodings of a body that there is one of, empty for none.
func contentEncoding(header http.Header) string {
	var encodings []string
	for _, value := range header.Values("Content-Encoding") {
		for encoding := range strings.SplitSeq(value, ",") {
			encodings = append(encodings, strings.TrimSpace(encoding))
		}
	}
	encodings = slices.DeleteFunc(encodings, func(e string) bool { return e == "" || strings.EqualFold(e, "identity") })
	return strings.Join(encodings, ", ")
}

// drain reads what the caller is still sending, within limits, before the answer that
// something is wrong: many a client reads no answer before it has sent all, and one that
// sends on after the connection is closed loses the answer.
func (x *exchange) drain() {
	wrong := x.received.wrong
	if x.r.ProtoMajor > 1 || x.received.data != nil || x.r.Body == nil || wrong != nil && wrong.lost {
		return // there is nothing, or nothing more; and HTTP/2 tells the caller to stop
	}
	if strings.EqualFold(x.r.Header.Get("Expect"), "100-continue") {
		return // the caller waits to be told to go on, and is not
	}
	if x.r.ContentLength <= mostDrained {
		_ = http.NewResponseController(x.w).SetReadDeadline(time.Now().Add(drainTime))
		if _, err := io.CopyN(io.Discard, x.r.Body, mostDrained); errors.Is(err, io.EOF) {
			return
		}
	}
	x.w.Header().Set("Connection", "close")
}
