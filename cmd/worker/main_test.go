package main

import (
	"os"
	"testing"

	"github.com/dormouse-dev/dormouse/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Clear()
	os.Exit(m.Run())
}
