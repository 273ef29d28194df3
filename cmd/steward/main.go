// Command steward is the management plane of a promotion platform: the server
// and the operator's commands in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/steward-platform/steward/internal/fault"
)

// Exit codes (CONTRACT 8).
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// gcPercent lets the heap grow to three times what is live before it is
// collected, unless GOGC says otherwise: the live heap is a few megabytes, and
// collecting it less often is worth more than they are.
const gcPercent = 200

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, s streams) int {
	var cli commands
	exited, code := false, exitDone
	parser, err := kong.New(&cli,
		kong.Name("steward"),
		kong.Description("Steward: the self-hosted Management API of a promotion platform."),
		kong.DefaultEnvars("STEWARD"),
		kong.Writers(s.out, s.err),
		kong.Exit(func(c int) { exited, code = true, c }), // --help asks to exit
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return fail(s, err)
	}
	command, err := parser.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		_, _ = fmt.Fprintf(s.err, "steward: %s\n", oneLine(err))
		return exitUsage
	}
	err = command.Run()
	var usage usageError
	switch {
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(s.err, "steward: %s\n", oneLine(err))
		return exitUsage
	case err != nil:
		return fail(s, err)
	}
	return exitDone
}

func fail(s streams, err error) int {
	_, _ = fmt.Fprintf(s.err, "steward: %s\n", oneLine(err))
	return exitFailed
}

// usageError is a mistake in how a command was called.
type usageError struct{ error }

// oneLine says what went wrong in one line: a fault in its public words,
// anything else whole, for here the operator is the log.
func oneLine(err error) string {
	text := err.Error()
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Details != "" && f.Unwrap() == nil {
		text = f.Details
	}
	return strings.Join(strings.Fields(text), " ")
}
