// Package script drives the built program from outside, by scripts in
// testdata: the command line, the server, and every operation over HTTP. Each
// script runs on both engines.
package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/test/binary"
)

func TestMain(m *testing.M) {
	code := m.Run()
	binary.Remove()
	os.Exit(code)
}

func TestScripts(t *testing.T) {
	t.Parallel()
	file := binary.Path(t)
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir:                 "testdata",
				RequireUniqueNames:  true,
				RequireExplicitExec: true,
				Setup: func(env *testscript.Env) error {
					env.Setenv("PATH", filepath.Dir(file)+string(os.PathListSeparator)+env.Getenv("PATH"))
					env.Setenv("STEWARD_DATA_DIR", filepath.Join(env.WorkDir, "data"))
					env.Setenv("ENGINE", string(engine))
					if engine == database.PostgreSQL {
						tb := env.T().(testing.TB)
						env.Setenv("STEWARD_DATABASE_URL", databasetest.Options(tb, engine).URL)
					}
					env.Values["state"] = &state{header: http.Header{}, receivers: map[string]*receiver{}}
					return nil
				},
				Condition: func(name string) (bool, error) {
					if name == "sqlite" || name == "postgresql" {
						return name == string(engine), nil
					}
					return false, fmt.Errorf("unknown condition %s", name)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"serve": serve, "shutdown": shutdown, "crash": crash, "call": call, "retry": retry, "until": until, "header": header, "save": save, "want": want,
					"fields": fields, "audited": audited, "exits": exits, "for-each-key": mintKeys, "demo": demo, "mailed": mailed,
					"receive": receive, "answers": answers, "received": received,
				},
			})
		})
	}
}

// state is what a script keeps between its commands.
type state struct {
	server *binary.Server
	status int
	header http.Header // of the next calls
	answer http.Header
	body   []byte
	// receivers of webhooks, by name
	receivers map[string]*receiver
}

func of(ts *testscript.TestScript) *state { return ts.Value("state").(*state) }

// serve [flags…] starts a server; $URL is where it listens.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	var env []string
	for _, name := range []string{"STEWARD_DATA_DIR", "STEWARD_DATABASE_URL"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	path, err := findProgram(ts)
	ts.Check(err)
	s, err := binary.Start(path, env, args...)
	if neg {
		if err == nil {
			s.Kill()
			ts.Fatalf("the server started")
		}
		return
	}
	ts.Check(err)
	of(ts).server = s
	ts.Setenv("URL", s.URL)
	ts.Defer(s.Kill)
	ts.Check(os.WriteFile(ts.MkAbs("server.log"), []byte(s.Out.String()), 0o600))
}

func findProgram(ts *testscript.TestScript) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if p := filepath.Join(dir, "steward"); exists(p) {
			return p, nil
		}
	}
	return "", os.ErrNotExist
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// shutdown stops the server and checks that it ended well; what it printed is
// in server.log.
func shutdown(ts *testscript.TestScript, _ bool, _ []string) {
	s := of(ts).server
	err := s.Stop()
	ts.Check(os.WriteFile(ts.MkAbs("server.log"), []byte(s.Out.String()), 0o600))
	if err != nil {
		ts.Fatalf("the server did not stop well: %v\n%s", err, s.Out)
	}
}

// crash ends the server as kill -9 does.
func crash(ts *testscript.TestScript, _ bool, _ []string) { of(ts).server.Kill() }

// header Name [value] sends a header with the next calls; without a value it
// no longer does.
func header(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 1 {
		of(ts).header.Del(args[0])
		return
	}
	of(ts).header.Set(args[0], strings.Join(args[1:], " "))
}

// call STATUS METHOD PATH [BODY|@FILE] calls the server and checks the status.
// $MK and $TOKEN are the management key; $COOKIE, if set, is used instead. The
// project's keys are $APP and $APPTOKEN, $CLIENT and $CLIENTTOKEN.
func call(ts *testscript.TestScript, _ bool, args []string) {
	if !request(ts, args) {
		ts.Fatalf("%s %s: status %d, want %s\n%s", args[1], args[2], of(ts).status, args[0], of(ts).body)
	}
	ts.Logf("%s", of(ts).body)
}

// request makes one call and reports whether it had the wanted status.
func request(ts *testscript.TestScript, args []string) bool {
	if len(args) < 3 {
		ts.Fatalf("usage: STATUS METHOD PATH [BODY|@FILE]")
	}
	body := strings.Join(args[3:], " ")
	if file, ok := strings.CutPrefix(body, "@"); ok {
		body = ts.ReadFile(file)
	}
	req, err := http.NewRequest(args[1], ts.Getenv("URL")+args[2], strings.NewReader(body))
	ts.Check(err)
	s := of(ts)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if cookie := ts.Getenv("COOKIE"); cookie != "" {
		req.Header.Set("Cookie", cookie)
	} else {
		req.Header.Set("X-Management-Id", ts.Getenv("MK"))
		req.Header.Set("X-Management-Token", ts.Getenv("TOKEN"))
	}
	for name, variable := range map[string]string{
		"X-App-Id": "APP", "X-App-Token": "APPTOKEN", "X-Client-Application-Id": "CLIENT", "X-Client-Token": "CLIENTTOKEN",
	} {
		req.Header.Set(name, ts.Getenv(variable))
	}
	for name := range s.header {
		req.Header.Set(name, s.header.Get(name))
	}
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	ts.Check(err)
	defer func() { _ = res.Body.Close() }()
	s.body, err = io.ReadAll(res.Body)
	ts.Check(err)
	s.status, s.answer = res.StatusCode, res.Header
	return strconv.Itoa(s.status) == args[0]
}

// retry STATUS METHOD PATH [BODY] calls until the status is the wanted one,
// for what another process changed; it gives up after five seconds.
func retry(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(5 * time.Second); ; {
		if request(ts, args) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the status stayed %d, want %s\n%s", of(ts).status, args[0], of(ts).body)
		}
	}
}

// until PATH VALUE METHOD PATH calls until a value of the answer is the wanted
// one, for what is written a moment later; it gives up after five seconds.
func until(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(5 * time.Second); ; {
		if request(ts, append([]string{"200"}, args[2:]...)) && find(ts, args[0]) == args[1] {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s stayed %s, want %s\n%s", args[0], find(ts, args[0]), args[1], of(ts).body)
		}
	}
}

// fields FILE NAME PATH… keeps values of a JSON file in the environment.
func fields(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).body = []byte(ts.ReadFile(args[0]))
	for i := 1; i+1 < len(args); i += 2 {
		ts.Setenv(args[i], find(ts, args[i+1]))
	}
}

// audited KIND N checks how many entries of the last answer have an actor of
// this kind.
func audited(ts *testscript.TestScript, _ bool, args []string) {
	got := bytes.Count(of(ts).body, []byte(`"kind":"`+args[0]+`"`))
	if strconv.Itoa(got) != args[1] {
		ts.Fatalf("%d entries by %s, want %s\n%s", got, args[0], args[1], of(ts).body)
	}
}

// exits CODE COMMAND… runs a command and checks its exit code, and that a
// failure is told in one line.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
	if text := strings.TrimRight(ts.ReadFile("stderr"), "\n"); code == 1 && strings.Contains(text, "\n") {
		ts.Fatalf("more than one line on stderr:\n%s", text)
	}
}

// demo LOG takes over the line that the demo prints to be pasted.
func demo(ts *testscript.TestScript, _ bool, args []string) {
	_, line, ok := strings.Cut(ts.ReadFile(args[0]), "export STEWARD_URL=")
	if !ok {
		ts.Fatalf("nothing to paste in %s", args[0])
	}
	line, _, _ = strings.Cut(line, "\n")
	for variable := range strings.FieldsSeq("STEWARD_URL=" + line) {
		name, value, _ := strings.Cut(variable, "=")
		ts.Setenv(name, value)
	}
}

// for-each-key N ORG mints N keys.
func mintKeys(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		ts.Check(ts.Exec("steward", "key", "create", "--org", args[1], "--name", fmt.Sprintf("more %d", i)))
	}
}

// save NAME PATH keeps a value of the last answer in the environment. PATH is
// a member such as data.0.id, or a header such as @ETag; @cookie is the cookie
// that was set.
func save(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: save NAME PATH")
	}
	ts.Setenv(args[0], find(ts, args[1]))
}

// want PATH VALUE checks a value of the last answer; with ! that it differs.
func want(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: want PATH VALUE")
	}
	got, wanted := find(ts, args[0]), strings.Join(args[1:], " ")
	if (got == wanted) == neg {
		ts.Fatalf("%s is %s, want %s\n%s", args[0], got, wanted, of(ts).body)
	}
}

// find returns a value of the last answer as text: strings bare, everything
// else as JSON, what is not there as "absent".
func find(ts *testscript.TestScript, path string) string {
	s := of(ts)
	if name, ok := strings.CutPrefix(path, "@"); ok {
		if name == "cookie" {
			cookie, _, _ := strings.Cut(s.answer.Get("Set-Cookie"), ";")
			return cookie
		}
		return s.answer.Get(name)
	}
	dec := json.NewDecoder(bytes.NewReader(s.body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		ts.Fatalf("the answer is no JSON: %v\n%s", err, s.body)
	}
	for step := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			next, ok := node[step]
			if !ok {
				return "absent"
			}
			v = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(node) {
				return "absent"
			}
			v = node[i]
		default:
			return "absent"
		}
	}
	if text, ok := v.(string); ok {
		return text
	}
	raw, err := json.Marshal(v)
	ts.Check(err)
	return string(raw)
}
