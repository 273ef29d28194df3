package usage

import (
	"net/netip"
	"testing"
	"time"
)

func TestAnAddressMakesFiveClientSideCallsInAnyFiveSeconds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	a := NewAddresses(func() time.Time { return now })
	home, other := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")
	for i := range 5 { // one a second
		if r := a.Admit("proj_a", home); r.Exceeded != "" || r.Limit != 5 || r.Remaining != int64(4-i) {
			t.Fatalf("call %d: %+v", i+1, r)
		}
		now = now.Add(time.Second)
	}
	now = now.Add(-time.Millisecond) // 4.999 s after the first
	r := a.Admit("proj_a", home)
	if r.Exceeded != "client_calls_per_5_seconds" || r.Remaining != 0 || r.Retry != time.Millisecond {
		t.Fatalf("the sixth call: %+v", r)
	}
	if a.Admit("proj_a", other).Exceeded != "" || a.Admit("proj_b", home).Exceeded != "" {
		t.Error("another address or another project is limited with it")
	}
	now = now.Add(time.Millisecond)
	if r := a.Admit("proj_a", home); r.Exceeded != "" {
		t.Errorf("five seconds after the first: %+v", r)
	}
	if r := a.Admit("proj_a", home); r.Exceeded == "" || r.Retry != time.Second {
		t.Errorf("within five seconds of the second: %+v", r)
	}
}

func TestAnIPv6NetworkIsOneCaller(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	a := NewAddresses(func() time.Time { return now })
	for i := range 5 {
		if r := a.Admit("proj_a", netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i)})); r.Exceeded != "" {
			t.Fatalf("call %d: %+v", i+1, r)
		}
	}
	if a.Admit("proj_a", netip.MustParseAddr("2001:db8::ffff:1")).Exceeded == "" {
		t.Error("a sixth address of one /64 is admitted")
	}
	if a.Admit("proj_a", netip.MustParseAddr("2001:db8:0:1::1")).Exceeded != "" {
		t.Error("another /64 is limited with it")
	}
}

func TestAddressesThatStoppedCallingAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	a := NewAddresses(func() time.Time { return now })
	for i := range 100 {
		a.Admit("proj_a", netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	now = now.Add(11 * time.Second)
	a.Admit("proj_a", netip.MustParseAddr("10.1.1.1"))
	if len(a.calls) != 1 {
		t.Errorf("%d callers are remembered, want the one that calls", len(a.calls))
	}
}
