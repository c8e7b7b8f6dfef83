package cli_test

import (
	"testing"

	"github.com/dormouse-dev/dormouse/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
