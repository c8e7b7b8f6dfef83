package httpapi

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const (
	// idempotencyKey is the header by which a request that is sent again is known.
	idempotencyKey = "Idempotency-Key"
	// idempotentReplayed says that it was one.
	idempotentReplayed = "Idempotent-Replayed"
	// startedTag is the tag that remembers by which request an instance was started.
	startedTag = "idempotency"
)

func (x *exchange) idempotencyKey() string { return x.header(idempotencyKey) }

// launchOnce starts the instance unless a request with the same key has. The instance
// carries a tag with hashes of the key and of what it asked for, and, where the path
// gives no id, has one that is made of the key: so there are never two.
func (x *exchange) launchOnce(key string, input json.RawMessage) (string, error) {
	if err := history.CheckEventID(key); err != nil {
		return "", problemf(http.StatusBadRequest, "%s: 1 to %d bytes, no control characters", idempotencyKey, history.MaxEventID)
	}
	mark := digest(key) + "." + digest(x.name, string(input))
	if x.id == "" {
		x.id = "idem-" + digest(key)
	}
	// What is there must be seen before it is replaced; and while it is looked at, the
	// same request may do so in its turn.
	for _, reuse := range []client.IDReuse{client.NeverReuse, client.RefuseLive, client.RefuseLive} {
		id, err := x.client.Start(x.ctx(), x.name, input,
			client.WithInstanceID(x.id), client.WithTags(client.Tags{startedTag: mark}), client.WithIDReuse(reuse))
		if !errors.Is(err, client.ErrInstanceExists) {
			return id, err
		}
		replayed, err := x.isReplay(mark, err)
		if err != nil {
			return "", err
		}
		if replayed {
			x.w.Header().Set(idempotentReplayed, "true")
			return x.id, nil
		}
	}
	return "", fmt.Errorf("%w: %q is being started and ended too often", client.ErrInstanceExists, x.id)
}

// isReplay reports whether the instance that is there was started by the same request.
// Another request with the same key is a problem; conflict is returned if the instance
// has not ended.
func (x *exchange) isReplay(mark string, conflict error) (bool, error) {
	there, err := x.latest(x.id)
	if errors.Is(err, client.ErrInstanceNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	key, _, _ := strings.Cut(mark, ".")
	before := there.Tags[startedTag]
	switch {
	case before == mark:
		return true, nil
	case strings.HasPrefix(before, key+"."):
		return false, problemf(http.StatusUnprocessableEntity, "this %s was used before, for something else", idempotencyKey)
	case !there.Status.Ended():
		return false, conflict
	}
	return false, nil
}

// latest returns how an instance is, and never how it was: other than what is read, what
// is watched begins with what is newest.
func (x *exchange) latest(id string) (*client.Instance, error) {
	for instance, err := range x.client.Watch(x.ctx(), id) {
		return instance, err
	}
	return nil, x.ctx().Err()
}

// digest returns a short hash of texts, in characters that an id can have.
func digest(texts ...string) string {
	hash := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(hash, "%d:%s,", len(text), text)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(hash.Sum(nil))[:26])
}
