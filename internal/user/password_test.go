package user

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

func TestAPasswordHas12To256Characters(t *testing.T) {
	t.Parallel()
	for password, ok := range map[string]bool{
		strings.Repeat("x", 11): false, strings.Repeat("x", 12): true, strings.Repeat("ü", 12): true,
		strings.Repeat("ü", 256): true, strings.Repeat("x", 257): false, "": false,
	} {
		if err := CheckPassword(password); (err == nil) != ok || (err != nil && !fault.Is(err, fault.InvalidPayload)) {
			t.Errorf("%d bytes: %v", len(password), err)
		}
	}
	if a, b := GeneratePassword(), GeneratePassword(); a == b || CheckPassword(a) != nil {
		t.Errorf("generated: %s and %s", a, b)
	}
}

func TestAHashHoldsItsPasswordAlone(t *testing.T) {
	t.Parallel()
	h := NewHasher()
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s, %v", hash, err)
	}
	again, err := h.Hash(t.Context(), "correct horse")
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are the same (%v)", err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false} {
		if ok, err := h.Verify(t.Context(), hash, password); ok != want || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	if ok, err := h.Verify(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no password: %v, %v", ok, err)
	}
	if _, err := h.Verify(t.Context(), "plain", "plain"); err == nil {
		t.Error("a text that is no hash was verified")
	}
	if _, err := h.Hash(t.Context(), "short"); !fault.Is(err, fault.InvalidPayload) {
		t.Errorf("a password that is too short: %v", err)
	}
}

func TestAHashMadeElsewhereIsVerified(t *testing.T) {
	t.Parallel()
	// the reference implementation's own test vector for argon2id
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := NewHasher().Verify(t.Context(), hash, "password"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestAHashWaitsForItsTurnNoLongerThanItsCaller(t *testing.T) {
	t.Parallel()
	h := NewHasher()
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestTheListOfPermissionsThatRolesTakeIsComplete(t *testing.T) {
	t.Parallel()
	field, _ := reflect.TypeFor[RoleDocument]().FieldByName("Permissions")
	names := make([]string, len(ident.Permissions))
	for i, p := range ident.Permissions {
		names[i] = string(p)
	}
	if got, want := field.Tag.Get("enum"), strings.Join(names, ","); got != want {
		t.Errorf("roles take %s, want %s", got, want)
	}
}

func FuzzParsePHC(f *testing.F) {
	for _, s := range []string{
		"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=019456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2i$v=19$m=8,t=1,p=1$$", "$argon2id$v=19$m=8,t=1,p=1,x=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			if len(s) > 0 && len(s) > len("argon2id") && strings.Contains(err.Error(), s) {
				t.Fatalf("the error tells the hash %q", s)
			}
			return
		}
		if got := p.String(); got != s {
			t.Fatalf("%q is written %q", s, got)
		}
		if p.memory < 8*uint32(p.lanes) || p.memory > maxMemory || p.time < 1 || p.time > maxTime || p.lanes < 1 || len(p.salt) < 8 || len(p.key) < 16 {
			t.Fatalf("%q asks for %+v", s, p)
		}
		again, err := parsePHC(p.String())
		if err != nil || !bytes.Equal(again.salt, p.salt) || !bytes.Equal(again.key, p.key) {
			t.Fatalf("%q does not survive a round trip: %v", s, err)
		}
	})
}
