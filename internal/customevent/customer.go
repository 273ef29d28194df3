package customevent

import (
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
)

// CustomerDraft says whose event it is. Who is known by source_id is found and
// what is sent is merged into what is known; who is not is made.
type CustomerDraft struct {
	ID       string `json:"id,omitempty" maxLength:"64" doc:"The id of a known customer. Then source_id does not count." example:"cust_01kaqm5f3ve0rabpx1v0p2xwz8"`
	SourceID string `json:"source_id,omitempty" maxLength:"255" doc:"The customer's id in your own system." example:"crm-1007"`
	CustomerDocument
}

// TransformSchema says that every member may be left out.
func (CustomerDraft) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.OrNull(r, api.Require(r, s), "address")
}

// CustomerDocument is what is known of a customer.
type CustomerDocument struct {
	Name        *string          `json:"name,omitempty" nullable:"true" maxLength:"255" doc:"First and last name." example:"Jane Doe"`
	Description *string          `json:"description,omitempty" nullable:"true" maxLength:"1024" doc:"What there is to say of the customer."`
	Email       *string          `json:"email,omitempty" nullable:"true" maxLength:"254" doc:"E-mail address." example:"jane@acme.example"`
	Phone       *string          `json:"phone,omitempty" nullable:"true" maxLength:"64" doc:"Phone number."`
	Birthday    *string          `json:"birthday,omitempty" nullable:"true" format:"date" maxLength:"10" deprecated:"true" doc:"Superseded by birthdate."`
	Birthdate   *string          `json:"birthdate,omitempty" nullable:"true" format:"date" maxLength:"10" doc:"Date of birth." example:"1990-02-28"`
	Address     *CustomerAddress `json:"address,omitempty" doc:"Postal address."`
	Metadata    Metadata         `json:"metadata,omitempty" doc:"The customer's own metadata, as the project's customer schema says. What is sent is added to what is known."`
}

// empty reports whether nothing is said of the customer.
func (d *CustomerDocument) empty() bool {
	return d.Name == nil && d.Description == nil && d.Email == nil && d.Phone == nil && d.Birthday == nil && d.Birthdate == nil &&
		d.Address == nil && d.Metadata.raw == nil
}

// CustomerAddress is where a customer lives.
type CustomerAddress struct {
	City       *string `json:"city,omitempty" nullable:"true" maxLength:"255" doc:"City."`
	State      *string `json:"state,omitempty" nullable:"true" maxLength:"255" doc:"State."`
	Line1      *string `json:"line_1,omitempty" nullable:"true" maxLength:"255" doc:"First line of the address."`
	Line2      *string `json:"line_2,omitempty" nullable:"true" maxLength:"255" doc:"Second line of the address."`
	Country    *string `json:"country,omitempty" nullable:"true" maxLength:"255" doc:"Country."`
	PostalCode *string `json:"postal_code,omitempty" nullable:"true" maxLength:"64" doc:"Postal code."`
}

// customer is a kept customer.
type customer struct {
	id, sourceID string
	document     CustomerDocument
	version      int64 // counts the changes, so that none is lost
	createdAt    clock.Timestamp
	updatedAt    clock.Timestamp // to be kept if it is changed

	fresh, changed bool // what is to be kept of it
}

func (c *customer) shown() EventCustomer {
	return EventCustomer{ID: c.id, SourceID: c.sourceID, Name: c.document.Name, Email: c.document.Email, Metadata: c.document.Metadata, Object: "customer"}
}

// MaxCustomerMetadata is how many bytes the metadata of a customer can have,
// all that was ever merged into it: what one call adds is bounded by its size,
// and without a bound of its own the rest would grow for ever.
const MaxCustomerMetadata = 64 << 10

// merge adds what was sent to what is known: members that were not sent stay,
// those of the metadata included. It returns what is then wrong with the
// metadata that was sent: what was kept by an older schema is no fault of the
// caller.
func (c *customer) merge(sent *CustomerDocument, check *conform.Checker) []conform.Violation {
	known := &c.document
	for _, f := range []struct{ to, from **string }{
		{&known.Name, &sent.Name}, {&known.Description, &sent.Description}, {&known.Email, &sent.Email},
		{&known.Phone, &sent.Phone}, {&known.Birthday, &sent.Birthday}, {&known.Birthdate, &sent.Birthdate},
	} {
		c.set(f.to, *f.from)
	}
	if sent.Address != nil {
		address := CustomerAddress{}
		if known.Address != nil {
			address = *known.Address
		}
		for _, f := range []struct{ to, from **string }{
			{&address.City, &sent.Address.City}, {&address.State, &sent.Address.State}, {&address.Line1, &sent.Address.Line1},
			{&address.Line2, &sent.Address.Line2}, {&address.Country, &sent.Address.Country}, {&address.PostalCode, &sent.Address.PostalCode},
		} {
			c.set(f.to, *f.from)
		}
		known.Address = &address
	}
	if sent.Metadata.raw == nil {
		return nil
	}
	c.changed = known.Metadata.add(sent.Metadata) || c.changed
	if check == nil {
		return nil
	}
	return slices.DeleteFunc(check.Check(known.Metadata.values), func(v conform.Violation) bool {
		member, _, _ := strings.Cut(v.Path, ".")
		_, sentNow := sent.Metadata.values[member]
		_, there := known.Metadata.values[member]
		return there && !sentNow
	})
}

// tooLarge reports whether more was merged into the customer than it can have.
func (c *customer) tooLarge() bool { return len(c.document.Metadata.raw) > MaxCustomerMetadata }

func (c *customer) set(known **string, sent *string) {
	if sent != nil && (*known == nil || **known != *sent) {
		*known, c.changed = sent, true
	}
}

// add puts the members of another object into this one, in place of those of
// the same name, and reports whether that changed anything.
func (m *Metadata) add(sent Metadata) (changed bool) {
	known, more := map[string]jsontext.Value{}, map[string]jsontext.Value{}
	if m.raw != nil {
		_ = json.Unmarshal(m.raw, &known) // it was an object when it was read
	}
	_ = json.Unmarshal(sent.raw, &more)
	for name, value := range more {
		if string(known[name]) != string(value) {
			known[name], changed = value, true
		}
	}
	if !changed {
		return false
	}
	raw, _ := json.Marshal(known, json.Deterministic(true)) // members that were read always encode
	_ = m.UnmarshalJSON(raw)
	return true
}
