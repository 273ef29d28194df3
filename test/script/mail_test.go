package script

import (
	"os"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// tokenOf finds the token in the link of a letter.
var tokenOf = regexp.MustCompile(`/(?:invitations|password-resets)/([\w-]+)\n`)

// mailed NAME KIND keeps the token of the newest e-mail's link once that is of
// this kind, and its text in mail.txt; it gives up after five seconds.
func mailed(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(5 * time.Second); ; {
		ts.Check(ts.Exec("steward", "mail", "list", "--json"))
		of(ts).body = []byte(ts.ReadFile("stdout"))
		if find(ts, "data.0.kind") == args[1] {
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no e-mail of the kind %s\n%s", args[1], of(ts).body)
		}
	}
	text := find(ts, "data.0.text")
	ts.Check(os.WriteFile(ts.MkAbs("mail.txt"), []byte(text), 0o600))
	token := tokenOf.FindStringSubmatch(text)
	if token == nil {
		ts.Fatalf("no link in\n%s", text)
	}
	ts.Setenv(args[0], token[1])
}
