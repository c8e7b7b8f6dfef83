package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// maxLine is the longest line of a batch, in bytes.
const maxLine = 64 << 20

// tally is the output for a batch in JSON.
type tally struct {
	Raised int `json:"raised"`
	Failed int `json:"failed"`
}

// raiseBatch raises the events of a batch one after another, so that the events of one
// instance keep their order.
func (c *command) raiseBatch(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	var count tally
	var first error
	err := c.withClient(ctx, func(to *client.Client) error {
		return eachLine(stdin, func(number int, line []byte) error {
			err := c.raiseLine(ctx, to, line)
			if err == nil {
				count.Raised++
				return nil
			}
			err = fmt.Errorf("line %d: %w", number, err)
			if cli.Code(err) == cli.ExitError && !isOfLine(err) {
				return err
			}
			count.Failed++
			if first == nil {
				first = err
			}
			fmt.Fprintf(stderr, "raise: %v\n", err)
			return nil
		})
	})
	if c.JSON() {
		err = errors.Join(err, cli.PrintJSON(stdout, count))
	}
	if err == nil && first != nil {
		err = &batchError{tally: count, first: first}
	}
	return err
}

// isOfLine reports whether an error is about the event of its line only.
func isOfLine(err error) bool {
	return errors.Is(err, client.ErrPayloadTooLarge) || errors.Is(err, client.ErrKeptFull)
}

// batchError is the error of a batch of which some lines failed. The exit code is that of the
// first.
type batchError struct {
	tally
	first error
}

func (e *batchError) Error() string {
	return fmt.Sprintf("%d of %d events were not raised", e.Failed, e.Failed+e.Raised)
}

func (e *batchError) Unwrap() error { return e.first }

func (c *command) raiseLine(ctx context.Context, to *client.Client, line []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var e event
	if err := decoder.Decode(&e); err != nil {
		return cli.Usagef("not an event: %s", complaint(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return cli.Usagef("not an event: more than one JSON value")
	}
	_, err := c.raise(ctx, to, e)
	return err
}

// complaint returns what is wrong with a line, without the words of encoding/json.
func complaint(err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return strings.TrimPrefix(err.Error(), "json: ")
	case wrong.Field == "":
		return "it must be an object, not " + article(wrong.Value)
	}
	return fmt.Sprintf("%q must be a string, not %s", wrong.Field, article(wrong.Value))
}

func article(kind string) string {
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

// eachLine calls do for each line that is not blank, counting from 1, until it
// returns an error.
func eachLine(r io.Reader, do func(number int, line []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := do(number, line); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading events from stdin: %w", err)
	}
	return nil
}
