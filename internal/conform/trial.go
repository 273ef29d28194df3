package conform

// Sample is something to try a changed definition on.
type Sample struct {
	ID       string // of the stored thing; empty for a sample that a caller gave
	Metadata map[string]any
}

const (
	maxFailures  = 100   // failures that a Trial lists
	maxTrialTold = 1_000 // violations that a Trial tells, beyond the first of each failure
)

// Trial tells which samples would not obey. The zero Trial has tried nothing.
type Trial struct {
	Valid    bool           `json:"valid" doc:"Whether everything that was checked obeys."`
	Checked  int            `json:"checked" minimum:"0" doc:"How many were checked."`
	Failed   int            `json:"failed" minimum:"0" doc:"How many of them do not obey."`
	Failures []TrialFailure `json:"failures" nullable:"false" maxItems:"100" doc:"What does not obey: the first 100."`
}

// TrialFailure is a sample that does not obey, and why.
type TrialFailure struct {
	Index      int         `json:"index" minimum:"0" doc:"Its position among what was checked, from 0."`
	ID         string      `json:"id,omitempty" doc:"The id of what is stored; absent for a given sample." example:"ev_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Violations []Violation `json:"violations" nullable:"false" maxItems:"100" doc:"What is wrong with it."`
}

// NewTrial returns a trial of nothing, which is valid.
func NewTrial() Trial { return Trial{Valid: true, Failures: []TrialFailure{}} }

// Run checks more samples.
func (t *Trial) Run(c *Checker, samples []Sample) {
	left := maxTrialTold
	for _, f := range t.Failures {
		left -= len(f.Violations)
	}
	for _, s := range samples {
		if violations := c.CheckUpTo(s.Metadata, left); len(violations) > 0 {
			t.Valid = false
			t.Failed++
			if len(t.Failures) < maxFailures {
				left -= len(violations)
				t.Failures = append(t.Failures, TrialFailure{Index: t.Checked, ID: s.ID, Violations: violations})
			}
		}
		t.Checked++
	}
}

// Samples returns what a caller gave as samples.
func Samples(given []map[string]any) []Sample {
	out := make([]Sample, len(given))
	for i, metadata := range given {
		out[i].Metadata = metadata
	}
	return out
}
