package database

import (
	"context"
	"strconv"
	"strings"
)

// Rows are written and looked up many at a time, in a few fixed numbers, so
// that there are a few texts for the engines to keep prepared. What a handful
// of single calls bring together is one statement.
var sizes = []int{100, 50, 20, 10, 8, 7, 6, 5, 4, 3, 2, 1}

// InChunks calls do for pieces of the list, each as long as one of the sizes,
// whose place among them it tells: that of its text in what Inserts or ForSizes
// returned.
func InChunks[T any](list []T, do func(size int, chunk []T) error) error {
	for i, size := range sizes {
		for len(list) >= size {
			if err := do(i, list[:size]); err != nil {
				return err
			}
			list = list[size:]
		}
	}
	return nil
}

// OneChunk reports whether InChunks makes one piece of so many.
func OneChunk(n int) bool {
	for _, size := range sizes {
		if n == size {
			return true
		}
	}
	return false
}

// ForSizes returns a text for each of the sizes. marks returns as many
// placeholders, the first of which has this number.
func ForSizes(text func(marks func(first int) string) string) []string {
	out := make([]string, len(sizes))
	for i, size := range sizes {
		out[i] = text(func(first int) string { return marks(first, size) })
	}
	return out
}

// Inserts returns, for each of the sizes, a statement that inserts as many rows
// of so many columns. What follows the rows may be given.
func Inserts(text string, columns int, suffix ...string) []string {
	out := make([]string, len(sizes))
	for i, size := range sizes {
		rows := make([]string, size)
		for r := range rows {
			rows[r] = "(" + marks(r*columns+1, columns) + ")"
		}
		out[i] = text + " VALUES " + strings.Join(rows, ", ") + strings.Join(suffix, "")
	}
	return out
}

// InsertMany inserts a row for each entry, by statements that Inserts made.
func InsertMany[T any](ctx context.Context, q Querier, texts []string, entries []T, row func(T) []any) error {
	return InChunks(entries, func(size int, chunk []T) error {
		var args []any
		for _, e := range chunk {
			args = append(args, row(e)...)
		}
		_, err := q.Exec(ctx, texts[size], args...)
		return err
	})
}

func marks(first, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(out, ", ")
}
