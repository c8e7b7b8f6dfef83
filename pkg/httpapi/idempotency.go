package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const (
	// idempotencyKey is the header by which a repeated request is recognized.
	idempotencyKey = "Idempotency-Key"
	// idempotentReplayed is the header that tells that a request was a repeat.
	idempotentReplayed = "Idempotent-Replayed"
)

func idempotencyKeyOf(x *exchange) string { return x.header(idempotencyKey) }

// launchOnce starts the instance unless a request with the same key has started it.
func launchOnce(x *exchange, key string, input json.RawMessage, options []client.StartOption) (string, error) {
	if err := ident.CheckEvent(key); err != nil {
		return "", problemf(http.StatusBadRequest, "%s: 1 to %d bytes, no control characters", idempotencyKey, ident.MaxEventID)
	}
	id, err := x.client.Start(x.ctx(), x.name, input, append(options, client.WithIdempotencyKey(key))...)
	switch {
	case errors.Is(err, client.ErrAlreadyStarted):
		x.w.Header().Set(idempotentReplayed, "true")
		return id, nil
	case errors.Is(err, client.ErrIdempotencyKeyUsed):
		return "", problemf(http.StatusUnprocessableEntity, "this %s was used before, for something else", idempotencyKey)
	}
	return id, err
}
