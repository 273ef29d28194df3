package audit

// Snapshot is what is kept of the form of a resource.
func Snapshot(v any) (string, error) {
	raw, err := snapshot(v)
	return string(raw), err
}

// PageSize is how many entries an export reads at a time.
const PageSize = pageSize
