package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/steward-platform/steward/internal/config"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/seal"
)

// openBox finds the secret key, or makes one on first start, and checks that
// it is the one this database was made with.
//
// On SQLite the key is a file beside the database, so that a copy of the
// database alone opens nothing. Nodes on PostgreSQL share nothing but the
// database, so without --secret-key-file the key is a row of it.
func openBox(ctx context.Context, db database.DB, c config.Database) (*seal.Box, error) {
	key, err := findKey(ctx, db, c)
	if err != nil {
		return nil, err
	}
	box, err := seal.NewBox(key)
	if err != nil {
		return nil, err
	}
	fingerprint, err := setting(ctx, db, "secret_key_fingerprint", box.Fingerprint)
	if err != nil {
		return nil, err
	}
	if fingerprint != box.Fingerprint() {
		return nil, errors.New("the secret key is not the one this database was made with; start with the right one")
	}
	return box, nil
}

func findKey(ctx context.Context, db database.DB, c config.Database) ([]byte, error) {
	switch {
	case c.SecretKeyFile != "":
		return readKey(c.SecretKeyFile)
	case db.Engine() == database.SQLite:
		return ensureKeyFile(filepath.Join(c.DataDir, "secret.key"))
	}
	text, err := setting(ctx, db, "secret_key", func() string { return hex.EncodeToString(seal.NewKey()) })
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(text)
}

func readKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("cannot read the secret key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != seal.KeySize {
		return nil, fmt.Errorf("%s must hold %d hexadecimal digits", file, 2*seal.KeySize)
	}
	return key, nil
}

// ensureKeyFile reads the key file, and makes it if it is not there. Of two
// processes that make it at once, one wins and both read its key.
func ensureKeyFile(file string) ([]byte, error) {
	key, err := readKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), ".secret.key-*")
	if err != nil {
		return nil, fmt.Errorf("cannot make the secret key: %w", err)
	}
	defer func() { _ = os.Remove(fresh.Name()) }()
	_, err = fresh.WriteString(hex.EncodeToString(seal.NewKey()) + "\n")
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return nil, fmt.Errorf("cannot make the secret key: %w", err)
	}
	if err := os.Link(fresh.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("cannot make the secret key: %w", err)
	}
	return readKey(file)
}

// setting returns a setting of the installation, and makes it on first use.
func setting(ctx context.Context, db database.DB, name string, first func() string) (string, error) {
	var value string
	err := db.QueryRow(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&value)
	if !errors.Is(err, database.ErrNoRows) {
		return value, err
	}
	if _, err := db.Exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, first()); err != nil {
		return "", err
	}
	err = db.QueryRow(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&value)
	return value, err
}
