package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func TestEachID(t *testing.T) {
	t.Parallel()
	ended := fmt.Errorf("%w: %q", client.ErrInstanceEnded, "b")
	missing := fmt.Errorf("%w: %q", client.ErrInstanceNotFound, "c")
	for name, tt := range map[string]struct {
		errs map[string]error
		done string
		code int
		says string
	}{
		"all":               {nil, "abcd", cli.ExitOK, ""},
		"some are refused":  {map[string]error{"b": ended, "c": missing}, "abcd", cli.ExitEnded, `instance has ended: "b"; no such instance: "c"`},
		"nothing goes":      {map[string]error{"b": errors.New("no NATS")}, "ab", cli.ExitError, "no NATS"},
		"nothing goes more": {map[string]error{"a": missing, "b": errors.New("no NATS")}, "ab", cli.ExitNotFound, `no such instance: "c"; no NATS`},
	} {
		done := ""
		err := eachID([]string{"a", "b", "c", "d"}, func(id string) error {
			done += id
			return tt.errs[id]
		})
		require.Equal(t, tt.done, done, name)
		require.Equal(t, tt.code, cli.Code(err), name)
		if tt.says != "" {
			require.EqualError(t, err, tt.says, name)
		}
	}
}
