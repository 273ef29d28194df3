package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/steward-platform/steward/client"
)

// Make a project for every country, and tell what the server did not like.
func Example() {
	ctx := context.Background()
	c, err := client.New("http://127.0.0.1:8080", "mk_…", "stm_…")
	if err != nil {
		log.Fatal(err)
	}
	for country, currency := range map[string]string{"Poland": "PLN", "Germany": "EUR"} {
		made, err := c.CreateProjectWithResponse(ctx, nil, client.ProjectCreate{
			Name: "Shop " + country, Timezone: "Europe/Warsaw", Currency: currency, CaseSensitiveCodes: true,
		})
		if err := client.Check(made, err); err != nil {
			var problem client.Problem
			if errors.As(err, &problem) && problem.Key == "invalid_payload" {
				log.Fatalf("fix this: %s", problem.Details)
			}
			log.Fatal(err)
		}
		fmt.Println(made.JSON200.Id, made.JSON200.ServerSideKey.AppId)
	}
}
