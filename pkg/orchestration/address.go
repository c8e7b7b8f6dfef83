package orchestration

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// mostAddress is how many bytes an instance id may take where a hub sends to it:
// A-Z a-z 0-9 _ - take one, every other byte takes three. What is asked for is sent
// only after it is stored, so it must be known before that it can be.
const mostAddress = 1536

// checkAddress returns an error unless messages can be sent to an instance of that
// id.
func checkAddress(id string) error {
	if err := history.CheckInstanceID(id); err != nil {
		return err
	}
	size := 0
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			size++
		default:
			size += 3
		}
	}
	if size > mostAddress {
		return fmt.Errorf("%w: instance id is too long: it takes %d bytes on the wire, the limit is %d", history.ErrInvalidName, size, mostAddress)
	}
	return nil
}
