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

// Limits for reading a body that is not wanted: a caller that is still sending would not see
// the answer.
const (
	mostDrained  = 24 << 20
	drainTimeout = 10 * time.Second
)

// receive reads the body of the request to its end.
func receive(x *exchange) body {
	most := x.api.config.MaxBody
	limit := int64(most)
	if x.grant != nil && isForm(x.r.Header) {
		limit = 3*limit + 1024 // in a form each byte may take three
	}
	if encoding := contentEncoding(x.r.Header); encoding != "" {
		x.w.Header().Set("Accept-Encoding", "identity")
		return body{wrong: problemf(http.StatusUnsupportedMediaType, "the content encoding %q is not understood here: send the body as it is", clip(encoding))}
	}
	if x.r.ContentLength > limit {
		return body{wrong: tooLarge(most)}
	}
	data, err := io.ReadAll(io.LimitReader(x.r.Body, limit+1))
	switch {
	case err != nil:
		x.w.Header().Set("Connection", "close")
		return body{wrong: incomplete(err)}
	case int64(len(data)) > limit:
		return body{wrong: tooLarge(most)}
	}
	return body{data: data}
}

// incomplete is the problem of a body that did not arrive whole.
func incomplete(err error) *problem {
	p := problemf(http.StatusBadRequest, "the body broke off before its end")
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		p = problemf(http.StatusRequestTimeout, "the body did not come in time")
	}
	p.lost = true
	return p
}

// tooLarge is the problem of a body that is larger than the API takes.
func tooLarge(most int) *problem {
	p := problemf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", most)
	p.human = fmt.Sprintf("This is too long: at most %d bytes can be sent.", most)
	return p
}

// contentEncoding returns the encodings of the body, empty for a body that is not encoded.
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

// drain reads, within limits, the part of the body that the caller is still sending, before
// the request is refused. Many clients read no answer before they have sent everything, and a
// client that goes on sending after the connection is closed loses the answer.
func drain(x *exchange) {
	wrong := x.body.wrong
	if x.r.ProtoMajor > 1 || x.body.data != nil || x.r.Body == nil || wrong != nil && wrong.lost {
		return // nothing more comes; and HTTP/2 tells the caller to stop
	}
	if strings.EqualFold(x.r.Header.Get("Expect"), "100-continue") {
		return // the caller sends nothing until it is told to go on
	}
	if x.r.ContentLength <= mostDrained {
		_ = http.NewResponseController(x.w).SetReadDeadline(time.Now().Add(drainTimeout))
		if _, err := io.CopyN(io.Discard, x.r.Body, mostDrained); errors.Is(err, io.EOF) {
			return
		}
	}
	x.w.Header().Set("Connection", "close")
}
