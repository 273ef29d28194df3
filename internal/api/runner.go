package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	// MaxBody is the largest body of a request, in bytes (CONTRACT 1).
	MaxBody = 1 << 20
	// requestTimeout bounds the work on one request.
	requestTimeout = 30 * time.Second
)

// The metrics that calls are counted under (CONTRACT 4).
const (
	MetricManagementCalls = "management_api_calls"
	MetricAPICalls        = "api_calls"
	MetricBulkAPICalls    = "bulk_api_calls"
	MetricWebhookCalls    = "webhook_calls"
	MetricMessages        = "messages"
)

type runFunc func(ctx context.Context, c *Call, req *http.Request, body []byte) (*answer, error)

// handle puts an operation behind its route.
func (r *Router) handle(op *Operation, run runFunc) {
	r.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, req *http.Request) {
		start := time.Now()
		c := &Call{Door: op.Door, Now: r.parts.Clock.Now(), Address: r.address(req), Header: w.Header(), Request: req, RequestID: requestID(req)}
		w.Header().Set("X-Request-Id", c.RequestID)
		w.Header().Set("Cache-Control", "private, no-store") // caches between do not know our credentials
		if op.Timeout > requestTimeout {                     // the server's time for reading a request would end it
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		}
		ctx, cancel := context.WithTimeout(req.Context(), op.timeout())
		defer cancel()

		status, err := r.serve(ctx, op, c, w, req, run)
		took := time.Since(start)
		if c.metric != "" {
			r.parts.Meter.Count(Usage{
				Actor: c.Actor, Metric: c.metric, ProjectID: counted(op, c, status),
				Operation: op.ID, Status: status, At: c.Now,
			})
		}
		r.parts.Observe(op.ID, status, took)
		r.log(ctx, op, c, req, status, took, err)
		if errors.Is(err, errCutOff) {
			panic(http.ErrAbortHandler) // net/http's way to close the connection without ending the answer
		}
	})
}

// counted is the project a call is counted for: none that nobody has found.
func counted(op *Operation, c *Call, status int) string {
	if op.FindsProject && status >= http.StatusBadRequest {
		return ""
	}
	return c.ProjectID
}

// serve runs the operation and answers; it returns the status it answered
// with.
func (r *Router) serve(ctx context.Context, op *Operation, c *Call, w http.ResponseWriter, req *http.Request, run runFunc) (status int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			status = WriteFault(w, r.parts.Log, c.RequestID, err)
		}
	}()
	a, err := r.run(ctx, op, c, req, w, run)
	if err != nil {
		return WriteFault(w, r.parts.Log, c.RequestID, r.explain(c, err)), err
	}
	// A long list is streamed for as long as its reader keeps reading.
	if err := a.write(req.Context(), w, req); err != nil {
		return a.status, fmt.Errorf("answer not delivered: %w", err)
	}
	return a.status, nil
}

func (op *Operation) timeout() time.Duration {
	if op.Timeout > 0 {
		return op.Timeout
	}
	return requestTimeout
}

func (r *Router) run(ctx context.Context, op *Operation, c *Call, req *http.Request, w http.ResponseWriter, run runFunc) (*answer, error) {
	if err := r.authenticate(ctx, op, c, req); err != nil {
		return nil, err
	}
	if err := r.limit(op, c, req); err != nil {
		return nil, err
	}
	if err := r.admit(ctx, op, c, req); err != nil {
		return nil, err
	}
	c.confirm = func(ctx context.Context) error {
		again := &Call{Now: r.parts.Clock.Now(), Address: c.Address, Header: http.Header{}, Request: req, RequestID: c.RequestID}
		if err := r.authenticate(ctx, op, again, req); err != nil {
			return err
		}
		return r.admit(ctx, op, again, req)
	}
	body, err := readBody(op, w, req)
	if err != nil {
		return nil, err
	}
	return run(ctx, c, req, body)
}

// admit checks what the caller, once known, is entitled to and may do.
func (r *Router) admit(ctx context.Context, op *Operation, c *Call, req *http.Request) error {
	if op.Door == Management && c.Actor.Kind != ident.ByUser && !c.Actor.Unlocked { // people use it through the console (ADR 12)
		return fault.New(fault.MissingFeature, "Your current plan does not include a feature required to perform this operation")
	}
	if c.Actor.MustEnrol && !op.WhileEnrolling {
		return fault.Denied("Your organization requires one-time codes; set them up in your account first")
	}
	return r.authorize(ctx, op, c, req)
}

// explain turns the one database error that operations leave to the runner
// into a fault: a foreign key that no longer holds means that the project was
// deleted while the operation ran.
func (r *Router) explain(c *Call, err error) error {
	if errors.Is(err, database.ErrForeignKey) && c.ProjectID != "" {
		return fault.NotFound("project", c.ProjectID).Because(err)
	}
	return err
}

// authenticate finds out who calls.
func (r *Router) authenticate(ctx context.Context, op *Operation, c *Call, req *http.Request) (err error) {
	switch op.Door {
	case Open:
		c.Actor = &ident.Actor{Kind: ident.ByNobody, Address: c.Address}
		return nil
	case Project, ClientSide:
		c.Actor, err = r.authenticateProjectKey(ctx, op, c, req)
		return err
	}
	id, token := req.Header.Get("X-Management-Id"), req.Header.Get("X-Management-Token")
	if op.Door == Management && (id != "" || token != "") {
		c.Actor, err = r.parts.Keys.Authenticate(ctx, id, token, c.Address)
	} else {
		c.Actor, err = r.parts.Sessions.Authenticate(ctx, req)
	}
	if err != nil {
		return err
	}
	if c.Actor == nil {
		return ErrUnauthorized()
	}
	return nil
}

// ErrUnauthorized is the one answer to every credential that does not hold
// (CONTRACT 2).
func ErrUnauthorized() *fault.Error {
	return fault.New(fault.Unauthorized, "The credentials are missing or not valid")
}

// limit takes the call from the limits of the key that makes it: people are
// not metered.
func (r *Router) limit(op *Operation, c *Call, req *http.Request) error {
	if op.ByAddress {
		if err := c.stand(r.parts.Callers.Admit(op.ID, c.Address)); err != nil {
			return err
		}
	}
	projectID := c.Actor.ProjectID
	switch c.Actor.Kind {
	case ident.ByManagementKey:
		c.metric, projectID = MetricManagementCalls, req.PathValue("projectId")
	case ident.ByProjectKey:
		c.metric = MetricAPICalls
	default:
		return nil
	}
	c.admit = func(metric string) error { return c.stand(r.parts.Meter.Admit(c.Actor, projectID, metric)) }
	if op.Door == ClientSide {
		if err := c.stand(r.parts.Callers.Admit(projectID, c.Address)); err != nil {
			return err
		}
	}
	return c.admit(c.metric)
}

// stand says in the answer's header where the caller stands against the limit
// that is nearest of those it has been held against, and returns
// fault.TooManyRequests if this one was hit.
func (c *Call) stand(rate Rate) error {
	if rate.Limit == 0 { // nothing limits it
		return nil
	}
	if c.rate.Limit != 0 && c.rate.Remaining <= rate.Remaining && rate.Exceeded == "" {
		return nil
	}
	c.rate = rate
	retry := strconv.FormatInt(int64((rate.Retry+time.Second-1)/time.Second), 10)
	c.Header.Set("X-Rate-Limit-Limit", strconv.FormatInt(rate.Limit, 10))
	c.Header.Set("X-Rate-Limit-Remaining", strconv.FormatInt(rate.Remaining, 10))
	c.Header.Set("X-Rate-Limit-Retry", retry)
	if rate.Exceeded == "" {
		return nil
	}
	c.Header.Set("X-Rate-Limit-Type", rate.Exceeded)
	c.Header.Set("Retry-After", retry)
	return fault.New(fault.TooManyRequests, "The limit %s of %d calls is used up; try again in %s seconds", rate.Exceeded, rate.Limit, retry)
}

// authorize checks the credential's rights, and that the project of the path
// is within reach.
func (r *Router) authorize(ctx context.Context, op *Operation, c *Call, req *http.Request) error {
	switch op.Door {
	case Open:
		return nil
	case Project, ClientSide: // such a key opens its own project, all of it
		c.ProjectID = c.Actor.ProjectID
		return nil
	}
	write := op.Method != http.MethodGet
	if c.Actor.Kind == ident.ByManagementKey && !c.Actor.InScope(op.Resource, write) {
		return fault.Denied("The key's scopes %s do not include %s", strings.Join(c.Actor.Scopes, ", "), scopeName(op.Resource, write))
	}
	projectID := req.PathValue("projectId")
	if projectID == "" {
		if op.Permission != "" && c.Actor.Kind == ident.ByUser && !c.Actor.Owner {
			return fault.Denied("Only owners of the organization may do this")
		}
		return nil
	}
	if checkText(projectID) != nil {
		return fault.NotFound("project", strings.ToValidUTF8(projectID, "�"))
	}
	if !op.FindsProject || c.Actor.Kind != ident.ByManagementKey {
		found, err := r.parts.Projects.Exists(ctx, r.parts.DB, c.Actor.OrganizationID, projectID)
		if err != nil {
			return err
		}
		if !found {
			c.missing = fault.NotFound("project", projectID)
		}
	}
	if c.missing == nil {
		c.ProjectID = projectID
	}
	// A write that may be a repetition is first looked for among the stored
	// answers: it may be what deleted the project.
	if c.missing != nil && (!write || req.Header.Get("Idempotency-Key") == "") {
		return c.missing
	}
	return r.authorizeIn(ctx, op, c)
}

func (r *Router) authorizeIn(ctx context.Context, op *Operation, c *Call) error {
	switch c.Actor.Kind {
	case ident.ByManagementKey:
		if !c.Actor.MayReach(c.ProjectID) {
			return fault.Denied("The key is not allowed in project %s", c.ProjectID)
		}
		return nil
	case ident.ByUser:
		if c.Actor.Owner {
			return nil
		}
		held, err := r.parts.Roles.PermissionsIn(ctx, r.parts.DB, c.Actor.ID, c.ProjectID)
		if err != nil {
			return err
		}
		if slices.Contains(held, op.Permission) || (op.OrPermission != "" && slices.Contains(held, op.OrPermission)) {
			return nil
		}
		needed := string(op.Permission)
		if op.OrPermission != "" {
			needed += " or " + string(op.OrPermission)
		}
		return fault.Denied("Your role in project %s does not include the permission %s", c.ProjectID, needed)
	}
	return fault.Denied("This credential does not open this door")
}

func scopeName(resource string, write bool) string {
	if write {
		return resource
	}
	return resource + ident.ReadSuffix
}

func readBody(op *Operation, w http.ResponseWriter, req *http.Request) ([]byte, error) {
	if op.Method == http.MethodGet || op.Method == http.MethodDelete {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, fault.New(fault.PayloadTooLarge, "The body must not be larger than %d bytes", MaxBody)
	case err != nil:
		return nil, fault.Invalid("The body could not be read to its end").Because(err)
	}
	if len(body) == 0 {
		return body, nil
	}
	if ct := req.Header.Get("Content-Type"); ct != "" {
		media, _, err := mime.ParseMediaType(ct)
		if err != nil || (media != "application/json" && !strings.HasSuffix(media, "+json")) {
			return nil, fault.New(fault.UnsupportedMediaType, "The Content-Type must be application/json, not %.100s", ct)
		}
	}
	return body, nil
}

// audit writes the deed to the audit log, if the actor's deeds are audited.
func (r *Router) audit(ctx context.Context, tx database.Tx, op *Operation, c *Call) error {
	if !c.Actor.Audited() {
		return nil
	}
	return r.parts.Audit.Record(ctx, tx, Entry{
		Actor: c.Actor, Address: c.Address.String(), RequestID: c.RequestID, At: c.Now, Action: op.ID, ProjectID: c.ProjectID,
		ResourceType: c.record.kind, ResourceID: c.record.id, Before: c.record.before, After: c.record.after,
	})
}

// address is the caller's address: the peer's, or, where the peer is a trusted
// proxy, the last one in X-Forwarded-For that is not.
func (r *Router) address(req *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	addr := peer.Addr().Unmap()
	if !r.trusts(addr) {
		return addr
	}
	header := strings.Join(req.Header.Values("X-Forwarded-For"), ",")
	if header == "" {
		return addr
	}
	hops := strings.Split(header, ",")
	for _, hop := range slices.Backward(hops) {
		if addr = forwarded(strings.TrimSpace(hop)); !r.trusts(addr) {
			break
		}
	}
	return addr
}

// forwarded reads a hop of X-Forwarded-For, with or without a port. One that
// cannot be read is an address that is on nobody's list.
func forwarded(hop string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(hop); err == nil {
		return withPort.Addr().Unmap()
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

func (r *Router) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(r.parts.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

func requestID(req *http.Request) string {
	if id := req.Header.Get("X-Request-Id"); ident.SaneRequestID(id) {
		return id
	}
	return ident.NewRequestID()
}

func (r *Router) noSuchOperation(w http.ResponseWriter, req *http.Request) {
	id := requestID(req)
	w.Header().Set("X-Request-Id", id)
	WriteFault(w, r.parts.Log, id, fault.New(fault.ResourceNotFound, "There is no operation %s %.200s", req.Method, strings.ToValidUTF8(req.URL.Path, "�")))
}
