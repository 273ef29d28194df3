package app

import (
	"context"
	"log/slog"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/audit"
	"github.com/steward-platform/steward/internal/branding"
	"github.com/steward-platform/steward/internal/category"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/configuration"
	"github.com/steward-platform/steward/internal/console"
	"github.com/steward-platform/steward/internal/customevent"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/eventschema"
	"github.com/steward-platform/steward/internal/jobs"
	"github.com/steward-platform/steward/internal/mail"
	"github.com/steward-platform/steward/internal/managementkey"
	"github.com/steward-platform/steward/internal/metadataschema"
	"github.com/steward-platform/steward/internal/notification"
	"github.com/steward-platform/steward/internal/onetimecode"
	"github.com/steward-platform/steward/internal/organization"
	"github.com/steward-platform/steward/internal/project"
	"github.com/steward-platform/steward/internal/projectkey"
	"github.com/steward-platform/steward/internal/seal"
	"github.com/steward-platform/steward/internal/sendout"
	"github.com/steward-platform/steward/internal/stacking"
	"github.com/steward-platform/steward/internal/template"
	"github.com/steward-platform/steward/internal/usage"
	"github.com/steward-platform/steward/internal/user"
	"github.com/steward-platform/steward/internal/webhook"
)

// parts is what the services are made of.
type parts struct {
	db                 database.DB
	clock              clock.Clock
	log                *slog.Logger
	box                *seal.Box
	egress             webhook.Egress
	courier            sendout.Courier
	cluster, publicURL string
	smtpURL            string
	secure             bool // people come over TLS
}

// services are the nouns, wired to each other.
type services struct {
	db            database.DB
	audit         *audit.Service
	limits        *limitFinder
	usage         *usage.Service
	meter         *usage.Meter
	mails         *mail.Service
	organizations *organization.Service
	hasher        *user.Hasher
	users         *user.Service
	codes         *onetimecode.Service
	sessions      *console.Sessions
	projects      *project.Service
	access        *project.Access
	projectKeys   *projectkey.Service
	keys          *managementkey.Service
	brandings     *branding.Service
	categories    *category.Service
	stacking      *stacking.Service
	metadata      *metadataschema.Service
	events        *eventschema.Service
	templates     *template.Service
	webhooks      *webhook.Service
	customEvents  *customevent.Service
	configured    *configuration.Service[*Configuration]
	queue         *jobs.Queue
	sendouts      *sendout.Service
	notifications *notification.Service
}

func newServices(p parts) (*services, error) {
	var server *mail.Server
	if p.smtpURL != "" {
		var err error
		if server, err = mail.ParseServer(p.smtpURL, p.publicURL); err != nil {
			return nil, err
		}
	}
	s := &services{db: p.db, audit: audit.NewService(), organizations: organization.NewService(), hasher: user.NewHasher()}
	s.codes = onetimecode.NewService(p.box)
	s.access = project.NewAccess(p.db)
	s.limits = newLimitFinder(p.db, s.organizations, s.access)
	s.usage = usage.NewService(s.limits)
	s.brandings = branding.NewService(p.db)
	s.mails = mail.NewService(p.db, p.clock, server, p.publicURL, footers{s.brandings}, p.log)
	s.queue = jobs.New(p.db, p.log)
	s.users = user.NewService(user.Parts{
		DB: p.db, Hasher: s.hasher, Sessions: lateSessions{s}, Projects: project.Store{},
		Organizations: entitlements{s.organizations}, Mailer: letters{s.mails}, Queue: s.queue,
	})
	jobs.Handle(s.queue, func(ctx context.Context, wanted user.ResetWanted) error {
		return s.users.SendReset(ctx, wanted, p.clock.Now())
	})
	s.sessions = console.NewSessions(p.db, p.clock, people{p.db, s.users, s.hasher, s.organizations, s.codes}, s.codes, p.secure)

	s.metadata = metadataschema.NewService(p.db, storedObjects{s})
	s.events = eventschema.NewService(p.db, storedEvents{s})
	s.webhooks = webhook.NewService(p.box, p.egress)
	s.categories = category.NewService(p.db, stacking.CategoryUse{})
	s.stacking = stacking.NewService(p.db, s.categories)
	s.templates = template.NewService(project.Store{}, s.users)
	s.customEvents = customevent.NewService(p.db, judges{s.metadata, s.events}, p.log)
	s.configured = configuration.NewService(p.db, s.configuration)

	s.projectKeys = projectkey.NewService(p.box, project.Store{})
	s.projects = project.NewService(p.box, p.cluster, project.Parts{
		Keys: firstKeys{s.projectKeys}, Members: members{s.users}, Roles: s.users, Sessions: s.sessions,
		Copiers: []project.Copier{s.metadata, s.events, s.stacking, s.brandings, s.webhooks, s.templates},
	})
	s.notifications = notification.NewService(p.db, p.clock, p.log, notification.Parts{
		Projects: newNotified(p.db), Members: s.users, Mailer: letters{s.mails},
	})
	s.keys = managementkey.NewService(p.box, entitlements{s.organizations}, s.projects)
	s.meter = usage.NewMeter(p.db, p.clock, s.limits, keyUse{s.keys, s.projectKeys}, p.log)
	s.meter.Watch(standings(s.notifications))
	s.sendouts = sendout.NewService(sendout.Parts{
		DB: p.db, Clock: p.clock, Log: p.log, Webhooks: newTargets(p, s), Courier: p.courier, Turns: newTurns(), Meter: deliveryMeter{s.meter}, Queue: s.queue,
	})
	return s, nil
}

// register adds every operation: the one line that a new resource needs here.
func register(r *api.Router, s *services) {
	project.Register(r, s.projects)
	user.Register(r, s.users)
	metadataschema.Register(r, s.metadata)
	eventschema.Register(r, s.events)
	webhook.Register(r, s.webhooks)
	stacking.Register(r, s.stacking)
	branding.Register(r, s.brandings)
	template.Register(r, s.templates)

	category.Register(r, s.categories)
	customevent.Register(r, s.customEvents)
	sendout.Register(r, s.sendouts)
	configuration.Register(r, s.configured)
	projectkey.Register(r, s.projectKeys)

	console.Register(r, s.sessions)
	organization.Register(r, s.organizations)
	managementkey.Register(r, s.keys)
	usage.Register(r, s.usage)
	notification.Register(r, s.notifications)
	mail.Register(r, s.mails)
	audit.Register(r, s.audit)
}

// queuedMails counts the mails that wait, for /metrics.
func (s *services) queuedMails() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), limitLookup)
	defer cancel()
	var n int
	if err := s.db.QueryRow(ctx, `SELECT count(*) FROM mails WHERE status = 'queued'`).Scan(&n); err != nil {
		return -1 // the scrape goes on; the database's own figures tell why
	}
	return float64(n)
}
