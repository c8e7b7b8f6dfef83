package httpapi

import (
	"bytes"
	"fmt"
	"net/http"
)

// json answers with a value as JSON.
func (x *exchange) json(status int, value any) error {
	data, err := marshal(value)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	x.write(status, append(data, '\n'))
	return nil
}

// write answers with bytes. Their type is in the header by now.
func (x *exchange) write(status int, body []byte) {
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // a caller that has gone cannot be told
}

// status answers with a status and no body.
func (x *exchange) status(status int) {
	if status != http.StatusNoContent {
		x.w.Header().Set("Content-Length", "0")
	}
	x.w.WriteHeader(status)
}

// page answers with a page. The page loads nothing, cannot be framed, and tells its URL, which
// is a secret, to no other site.
func (x *exchange) page(status int, p page) error {
	var buffer bytes.Buffer
	if err := pageTemplate.Execute(&buffer, p); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	header := x.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex")
	x.write(status, buffer.Bytes())
	return nil
}

// answerWriter remembers the status and the size of the answer.
type answerWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader sends the header; called again it does nothing.
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write sends a part of the body.
func (w *answerWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap gives [http.ResponseController] the writer below.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
