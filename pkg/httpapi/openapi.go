package httpapi

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openAPIDocument []byte

// openAPI shows the description of this API for programs: GET /openapi.json.
func openAPI(x *exchange) error {
	x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	x.w.Header().Set("Cache-Control", "public, max-age=300")
	x.write(http.StatusOK, openAPIDocument)
	return nil
}
