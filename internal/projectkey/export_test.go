package projectkey

// AmongKeys reports whether an id takes a place among the cached keys.
func AmongKeys(a *Authenticator, id string) bool {
	_, ok := a.cache.Peek(id)
	return ok
}
