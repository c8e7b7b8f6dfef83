package payload_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/payload"
)

type motto string

func read[T any](body string) func() (any, error) {
	return func() (any, error) { return payload.ReadBody[T]([]byte(body)) }
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	b1 := "b1"
	tests := map[string]struct {
		read func() (any, error)
		want any
	}{
		"JSON string":                 {read[string](`"b1"`), "b1"},
		"plain text":                  {read[string]("b1"), "b1"},
		"plain text, own type":        {read[motto]("b1"), motto("b1")},
		"plain text, pointer":         {read[*string]("b1"), &b1},
		"white space around it":       {read[string](" b1 x\r\n"), "b1 x"},
		"text like the start of JSON": {read[string]("{b1}"), "{b1}"},
		"text with quotes":            {read[string](`say "x"`), `say "x"`},
		"number as text":              {read[string]("17"), "17"},
		"number with zeros":           {read[string]("0017"), "0017"},
		"UUID":                        {read[string]("7d444840-9dc0-11d1-b245-5ffdce74fad2"), "7d444840-9dc0-11d1-b245-5ffdce74fad2"},
		"bool":                        {read[bool](`"True"`), true},
		"plain bool":                  {read[bool]("TRUE"), true},
		"number":                      {read[float64]("2.5"), 2.5},
		"number in a string":          {read[int](`" 5 "`), 5},
		"time":                        {read[time.Time]("2026-01-02T03:04:05Z"), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		"object":                      {read[map[string]int](`{"a":1}`), map[string]int{"a": 1}},
		"anything":                    {read[any]("b1"), "b1"},
		"raw JSON":                    {read[json.RawMessage](`{"a":1}`), json.RawMessage(`{"a":1}`)},
		"nothing, to a pointer":       {read[*string](""), (*string)(nil)},
		"no matter what":              {read[struct{}]("\x00{"), struct{}{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.read()
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestReadBodyThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func() (any, error){
		"nothing":             read[string](""),
		"null":                read[string]("null"),
		"object as a string":  read[string](`{"a":1}`),
		"no UTF-8":            read[string]("\xff\xfe"),
		"broken JSON":         read[json.RawMessage](`{"a":`),
		"broken JSON, any":    read[any](`["a"`),
		"text as a number":    read[int]("b1"),
		"text as an object":   read[map[string]int]("b1"),
		"fraction as integer": read[int]("2.5"),
		"out of range":        read[int8]("300"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read()
			var unreadable *payload.Error
			require.ErrorAs(t, err, &unreadable)
			require.Empty(t, got)
		})
	}
}
