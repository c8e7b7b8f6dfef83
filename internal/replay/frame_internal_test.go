package replay

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A module's path need not have a dot.
func TestFirstLineIsTheProgramsOwn(t *testing.T) {
	t.Parallel()
	root := ownOrigins().root
	require.NotEmpty(t, root)
	for name, test := range map[string]struct{ stack, line string }{
		"module without a dot": {
			"goroutine 7 [sleep]:\ntime.Sleep(0x3b9aca00)\n\t" + root + "runtime/time.go:363 +0x125\n" +
				"shop/billing.Charge(0xc000012345)\n\t/home/me/shop/billing/charge.go:12 +0x1d\n" +
				"main.main()\n\t/home/me/shop/main.go:5 +0x1d\n",
			"shop/billing.Charge (charge.go:12)",
		},
		"module of one word": {
			"goroutine 7 [select (no cases)]:\nshop.(*Till).Open(...)\n\t/home/me/shop/till.go:3\nmain.main()\n\t/home/me/shop/cmd/main.go:5 +0x1d\n",
			"shop.(*Till).Open (till.go:3)",
		},
		"package main": {
			"goroutine 7 [chan receive]:\ninternal/poll.runtime_pollWait(0x7f, 0x72)\n\t" + root + "runtime/netpoll.go:351 +0x85\n" +
				"net/http.(*Client).Do(...)\n\t" + root + "net/http/client.go:585\nmain.orchestrate({0xc0000, 0x5}, 0x1)\n\t/home/me/main.go:5 +0x1d\n",
			"main.orchestrate (main.go:5)",
		},
		"vendored by the standard library": {
			"goroutine 7 [IO wait]:\nvendor/golang.org/x/net/idna.ToASCII(...)\n\t" + root + "vendor/golang.org/x/net/idna/idna10.0.0.go:1\n" +
				"gopkg.in/yaml%2ev3.Unmarshal(...)\n\t/root/go/pkg/mod/gopkg.in/yaml.v3@v3.0.1/yaml.go:9\n",
			"gopkg.in/yaml%2ev3.Unmarshal (yaml.go:9)",
		},
		"all of it standard": {
			"goroutine 7 [running]:\nruntime.gopark(0x1)\n\t" + root + "runtime/proc.go:1 +0x1\ncreated by main.main in goroutine 1\n\t/home/me/main.go:5 +0x1d\n",
			"",
		},
	} {
		require.Equal(t, test.line, firstLine(test.stack), name)
	}
}

// Files of programs that were built with -trimpath have no directories; their modules
// are known.
func TestFirstLineWithoutDirectories(t *testing.T) {
	t.Parallel()
	trimmed := origins{modules: []string{"shop", "gopkg.in/yaml.v3"}}
	for function, standard := range map[string]bool{
		"shop.Charge":                  false,
		"shop/billing.(*Till).Open":    false,
		"gopkg.in/yaml%2ev3.Unmarshal": false,
		"main.main.func1":              false,
		"shopping.Go":                  true,
		"net/http.(*Client).Do":        true,
		"runtime.gopark":               true,
	} {
		require.Equal(t, standard, trimmed.isStandard(frame{function: function, place: "x.go:1"}), function)
	}
}
