package client

import (
	"encoding/json"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
)

// encode returns a payload as JSON, nil for none. The error names the payload by what.
func encode(hub Hub, what string, payload any) ([]byte, error) {
	data, err := marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("%s is %w: %w", what, ErrInvalidPayload, err)
	}
	if limit := hub.MaxPayload(); len(data) > limit {
		return nil, fmt.Errorf("%w: the %s has %d bytes, this hub takes up to %d", ErrPayloadTooLarge, what, len(data), limit)
	}
	return data, nil
}

func marshal(payload any) ([]byte, error) {
	raw, isRaw := payload.(json.RawMessage)
	switch {
	case payload == nil, isRaw && len(raw) == 0:
		return nil, nil
	case isRaw:
		// The error of Unmarshal says where the mistake is; json.Valid does not.
		return raw, json.Unmarshal(raw, &json.RawMessage{})
	}
	return rawjson.Encode(payload)
}
