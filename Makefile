# The project's commands. `make help` lists them.

GO     ?= go
TOOLS  := $(CURDIR)/tools/go.mod
BINARY := bin/steward

.PHONY: help run build console test lint bench openapi client fmt

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

build: console ## build bin/steward, one static binary with the console in it
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BINARY) ./cmd/steward

console: ## build the console into internal/console/dist (needs Node 20)
	scripts/console

run: build ## build and start on 127.0.0.1:8080 with a demo organization in ./steward-data
	$(BINARY) serve --demo

test: console ## run everything: on SQLite and PostgreSQL with the race detector, and in a real browser
	scripts/with-postgres $(GO) tool -modfile=$(TOOLS) gotestsum --format pkgname --format-hide-empty-pkg -- -race ./...
	scripts/browser-tests

lint: ## linters, formatting, tidy modules, OpenAPI lint and drift
	scripts/lint

bench: ## measure against baselines in the same run (durable PostgreSQL)
	$(GO) test -run '^$$' -bench . -benchmem ./internal/conform ./stacking
	STEWARD_PG_DURABLE=1 scripts/with-postgres $(GO) run ./test/bench $(BENCHFLAGS)

openapi: ## write the OpenAPI documents under api/, and the client from them
	scripts/generate

fmt: ## format the code
	gofmt -w cmd internal client stacking test
