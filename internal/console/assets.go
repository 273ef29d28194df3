package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// built holds the console's files, which `make build` writes there. Without
// Node the folder is empty and the program has no console.
//
//go:embed all:dist
var built embed.FS

// policy is the Content-Security-Policy of the console's pages: scripts come
// from this server alone, and none stands in a page. Styles may: the components
// set theirs so.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// pages are where the console's pages are. One that ends in a slash stands for
// all below it.
var pages = []string{
	"/{$}", "/sign-in", "/set-up-codes", "/forgot-password", "/password-resets/", "/invitations/", "/projects", "/projects/",
	"/team/members", "/team/roles", "/team/management-api", "/team/usage", "/team/mails", "/team/security", "/team/audit-log", "/notifications", "/account",
}

// file is one of the console's files, ready to be sent.
type file struct {
	media string
	tag   string
	raw   []byte
	small func() []byte // compressed; nil if that is not worth it
}

// Serve adds the console's pages and files to a mux. It reports whether there
// are any: a program that was built without them has no console.
func Serve(mux *http.ServeMux) bool {
	files, err := fs.Sub(built, "dist")
	return err == nil && serve(mux, files)
}

func serve(mux *http.ServeMux, files fs.FS) bool {
	page, ok := load(files, "index.html")
	if !ok {
		return false
	}
	for _, at := range pages {
		mux.HandleFunc("GET "+at, func(w http.ResponseWriter, req *http.Request) {
			secure(w.Header())
			w.Header().Set("Cache-Control", "no-cache") // it names the files of its version
			page.send(w, req)
		})
	}
	if docs, ok := load(files, "docs.html"); ok {
		mux.HandleFunc("GET /docs", func(w http.ResponseWriter, req *http.Request) {
			secure(w.Header())
			w.Header().Set("Cache-Control", "no-cache")
			docs.send(w, req)
		})
	}
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, _ error) error { // an embedded tree is always read
		if entry.IsDir() || path.Ext(name) == ".html" || path.Base(name) == ".gitkeep" {
			return nil
		}
		f, _ := load(files, name)
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, req *http.Request) {
			if strings.HasPrefix(name, "assets/") { // whose names change with what is in them
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			f.send(w, req)
		})
		return nil
	})
	return true
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

func load(files fs.FS, name string) (*file, bool) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, false
	}
	sum := sha256.Sum256(raw)
	f := &file{media: mime.TypeByExtension(path.Ext(name)), tag: `"` + hex.EncodeToString(sum[:8]) + `"`, raw: raw}
	switch path.Ext(name) {
	case ".html", ".js", ".css", ".svg", ".json":
		f.small = sync.OnceValue(func() []byte { return compress(raw) })
	}
	return f, true
}

func compress(raw []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // a level that there is
	_, _ = w.Write(raw)                                     // a Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

func (f *file) send(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.media)
	h.Set("ETag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	if req.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.raw
	if f.small != nil && strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.small()
	}
	_, _ = w.Write(body)
}
