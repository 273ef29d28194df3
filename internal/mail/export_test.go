package mail

import "crypto/x509"

// Trust makes the server's certificate be checked against a test's own roots.
func (s *Server) Trust(roots *x509.CertPool) { s.roots = roots }
