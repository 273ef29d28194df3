// Package migrations holds the schema as numbered SQL files, one text for
// both engines. A file that has been released is never edited.
package migrations

import "embed"

// Files are the migrations, named NNNNN_noun.sql.
//
//go:embed *.sql
var Files embed.FS
