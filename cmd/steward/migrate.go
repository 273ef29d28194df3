package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/jobs"
)

// migrate works below the services: it must run on a schema that is not up to
// date yet.
func (o operating) migrate(ctx context.Context, s streams, up bool) (err error) {
	db, err := database.Connect(ctx, database.Options{File: o.File(), URL: o.DatabaseURL})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if up {
		if err := database.Migrate(ctx, db); err != nil {
			return err
		}
		if err := jobs.Migrate(ctx, db); err != nil {
			return fmt.Errorf("the queue's tables: %w", err)
		}
	}
	all, err := database.Migrations(ctx, db)
	if err != nil {
		return err
	}
	if o.JSON {
		return json.NewEncoder(s.out).Encode(api.All(all))
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, m := range all {
		state := "pending"
		if m.Applied {
			state = "applied"
		}
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\n", m.Version, m.Name, state)
	}
	return w.Flush()
}
