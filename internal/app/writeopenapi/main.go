// Command writeopenapi prints an OpenAPI document. It is `steward openapi`
// without the rest of the program, so that the client, which the rest needs,
// can be generated from what it prints.
package main

import (
	"fmt"
	"os"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/app"
)

func main() {
	raw, err := app.OpenAPI(api.Door(os.Args[1]), false)
	if err == nil {
		_, err = os.Stdout.Write(raw)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "writeopenapi:", err)
		os.Exit(1)
	}
}
