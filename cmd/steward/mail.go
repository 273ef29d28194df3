package main

import (
	"context"
	"fmt"
	"io"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/app"
	"github.com/steward-platform/steward/internal/mail"
)

type mailCommands struct {
	List mailList `cmd:"" help:"List the newest e-mails of the outbox."`
}

type mailList struct {
	operating
	Limit int `help:"How many to list at the most." default:"50"`
}

func (c *mailList) Run(ctx context.Context, s streams) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) { return op.Mails(ctx, c.Limit) }, func(w io.Writer, result any) {
		for _, m := range result.(api.List[*mail.Mail]).Data {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.CreatedAt, m.Status, m.Kind, m.To, m.Subject)
		}
	})
}
