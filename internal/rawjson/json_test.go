package rawjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
)

func TestEncodeJSONIsReadable(t *testing.T) {
	t.Parallel()
	data, err := rawjson.Encode(map[string]string{"if": "a < b && c > d"})
	require.NoError(t, err)
	if want := `{"if":"a < b && c > d"}`; string(data) != want {
		t.Fatalf("got %s, want %s", data, want)
	}
	_, err = rawjson.Encode(func() {})
	require.Error(t, err)
}
