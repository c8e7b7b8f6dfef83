package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// refusal is the answer to a request that net/http cannot read and hands to no handler.
type refusal struct {
	status          int
	why             string
	method, request string
	written         int
}

// refusedAs is the text that net/http writes behind the status line of such an answer.
const refusedAs = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// sentID finds the caller's id of the request in its head.
var sentID = regexp.MustCompile(`(?im)^x-request-id:[ \t]*([A-Za-z0-9._-]{1,64})[ \t]*\r?$`)

// newRefusal returns the refusal for an answer of net/http to the request with that head, nil
// if the answer is none.
func newRefusal(answer, head []byte) *refusal {
	line, _, _ := bytes.Cut(answer, []byte("\r\n"))
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) || len(line) < 12 {
		return nil
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status != http.StatusExpectationFailed && !bytes.HasPrefix(answer[len(line):], []byte(refusedAs)) {
		return nil
	}
	_, why, _ := strings.Cut(string(line[12:]), ": ")
	r := &refusal{status: status, request: strings.ToLower(rand.Text()[:16])}
	if sent := sentID.FindSubmatch(head); sent != nil {
		r.request = string(sent[1])
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	method, target, _ := strings.Cut(string(first), " ")
	r.method = method
	target, _, _ = strings.Cut(target, " ")
	var escape url.EscapeError
	if _, err := url.ParseRequestURI(target); why == "" && errors.As(err, &escape) {
		why = "the path is not properly percent-encoded"
	}
	r.why = cmp.Or(why, strings.ToLower(http.StatusText(status)))
	return r
}

// answer returns the answer that the caller gets instead.
func (r *refusal) answer() []byte {
	p := problemf(r.status, "this request cannot be read: %s (request %s)", r.why, r.request)
	body, err := marshal(p.body())
	if err != nil {
		body = nil // a struct of strings always marshals
	}
	r.written = len(body) + 1
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nCache-Control: no-store\r\nContent-Length: %d\r\nContent-Type: application/json; charset=utf-8\r\n"+
		"X-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\nConnection: close\r\n\r\n%s\n",
		r.status, http.StatusText(r.status), r.written, r.request, body)
}

// log writes the line of the access log.
func (r *refusal) log(a *API, remote net.Addr) {
	a.config.Logger.LogAttrs(context.Background(), slog.LevelInfo, "http",
		slog.String("method", clip(a.redact.Replace(r.method))), slog.String("route", http.StatusText(r.status)), slog.Int("status", r.status),
		slog.Int("bytes", r.written), slog.String("remote", remote.String()), slog.String("request", a.redact.Replace(r.request)))
}
