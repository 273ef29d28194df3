// Package seal encrypts the few secrets that have to be shown or used again:
// tokens inside their reveal window, stored answers, signing secrets.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// KeySize is the size of a secret key in bytes.
const KeySize = 32

// ErrBroken says that a sealed text was made with another key or for another
// purpose, or was changed.
var ErrBroken = errors.New("a sealed text cannot be opened")

// Box seals and opens with one secret key (AES-256-GCM).
type Box struct {
	aead        cipher.AEAD
	fingerprint string
}

// NewBox returns a box for a key of KeySize bytes.
func NewBox(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a secret key has %d bytes, not %d", KeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte("steward key fingerprint "), key...))
	return &Box{aead: aead, fingerprint: hex.EncodeToString(sum[:8])}, nil
}

// NewKey returns a fresh random secret key.
func NewKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key
}

// Fingerprint identifies the key without telling it.
func (b *Box) Fingerprint() string { return b.fingerprint }

// Seal encrypts a text. It opens again only for the same purpose, so that a
// ciphertext copied into another row is of no use there.
func (b *Box) Seal(purpose string, plain []byte) []byte {
	return b.aead.Seal(nil, nil, plain, []byte(purpose)) //nolint:gosec // this AEAD makes its own random nonce
}

// Open decrypts what Seal made for the same purpose, or returns ErrBroken.
func (b *Box) Open(purpose string, sealed []byte) ([]byte, error) {
	plain, err := b.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}
