package history_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
)

func TestEncodeJSONIsReadable(t *testing.T) {
	t.Parallel()
	data, err := history.EncodeJSON(map[string]string{"if": "a < b && c > d"})
	require.NoError(t, err)
	if want := `{"if":"a < b && c > d"}`; string(data) != want {
		t.Fatalf("got %s, want %s", data, want)
	}
	_, err = history.EncodeJSON(func() {})
	require.Error(t, err)
}
