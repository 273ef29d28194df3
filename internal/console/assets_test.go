package console

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var files = fstest.MapFS{
	".gitkeep":                {Data: []byte("kept")},
	"index.html":              {Data: []byte("<!doctype html><title>Steward</title>")},
	"docs.html":               {Data: []byte("<!doctype html><title>API reference</title>")},
	"assets/index-Bx1.js":     {Data: []byte(strings.Repeat("console.log(1);", 100))},
	"assets/picture-Bx1.webp": {Data: []byte("RIFF")},
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Result()
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestEveryPageOfTheConsoleIsServedWithAStrictPolicy(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	if !serve(mux, files) {
		t.Fatal("nothing is served")
	}
	for _, path := range []string{"/", "/sign-in", "/projects", "/projects/proj_1/webhooks/wh_1", "/team/usage", "/invitations/t0ken", "/docs"} {
		r := get(t, mux, path)
		if r.StatusCode != http.StatusOK || !strings.HasPrefix(read(t, r.Body), "<!doctype html>") {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("the policy of %s is %q", path, csp)
		}
		if r.Header.Get("Cache-Control") != "no-cache" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s has the headers %v", path, r.Header)
		}
	}
	for _, path := range []string{"/team/v1/session", "/nothing", "/.gitkeep", "/assets/none.js", "/team/nothing"} {
		if r := get(t, mux, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
}

func TestFilesAreCompressedOnceAndKeptForEver(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	serve(mux, files)
	const path = "/assets/index-Bx1.js"
	want := string(files["assets/index-Bx1.js"].Data)
	whole := get(t, mux, path)
	if read(t, whole.Body) != want || !strings.HasPrefix(whole.Header.Get("Content-Type"), "text/javascript") || !strings.Contains(whole.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("it is sent with %v", whole.Header)
	}
	small := get(t, mux, path, "Accept-Encoding", "br, gzip")
	unpacked, err := gzip.NewReader(small.Body)
	if err != nil || read(t, unpacked) != want || small.Header.Get("Content-Encoding") != "gzip" || small.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("compressed it is sent with %v (%v)", small.Header, err)
	}
	if r := get(t, mux, path, "If-None-Match", whole.Header.Get("ETag")); r.StatusCode != http.StatusNotModified {
		t.Errorf("known already, it answers %d", r.StatusCode)
	}
	if r := get(t, mux, "/assets/picture-Bx1.webp", "Accept-Encoding", "gzip"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a picture is compressed again")
	}
}

func TestAProgramBuiltWithoutTheConsoleServesNone(t *testing.T) {
	t.Parallel()
	if serve(http.NewServeMux(), fstest.MapFS{".gitkeep": {}}) {
		t.Error("an empty folder is served")
	}
}
