package jetstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// salt makes the engine's message ids. The server drops a message of an id that it
// has seen anywhere in the stream, whoever sent it: if ids could be guessed, who may
// only raise events could keep the result of an activity from being stored.
type salt string

// id returns the message id for a text: the same for the same, different for others.
func (s salt) id(text string) string {
	sum := hmac.New(sha256.New, []byte(s))
	sum.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:18])
}
