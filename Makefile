# make help lists the targets.

GO ?= go
FUZZTIME ?= 20s
COUNT ?= 1
FOR ?= 1m
SEED ?= 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the commands into bin/
	$(GO) build -o bin/ ./cmd/...

.PHONY: worker
worker: ## Run a worker with an embedded NATS server, serving the samples
	$(GO) run ./cmd/worker

.PHONY: test
test: ## Run the tests (COUNT=n to repeat them)
	$(GO) test -count=$(COUNT) ./...

.PHONY: race
race: ## Run the tests with the race detector, in random order (COUNT=n)
	$(GO) test -race -shuffle=on -count=$(COUNT) ./...

.PHONY: load
load: ## Run the tests of test/load in full: 10,000 waiters, 3,000 listeners, 10,000 rounds
	$(GO) test -v -count=1 ./test/load -full

.PHONY: web
web: ## Run the tests of test/web, which need Node and Chromium
	npm ci --prefix test/web --no-audit --no-fund
	npm test --prefix test/web

.PHONY: lint
lint: ## Check the style and who imports whom
	golangci-lint run ./...

.PHONY: fmt
fmt: ## Format the code
	golangci-lint fmt ./...

.PHONY: chaos
chaos: ## Attack with real faults for a while, all scenarios (FOR=1m, SEED=0 for any)
	$(GO) run ./test/chaos --for $(FOR) --seed $(SEED)

.PHONY: bench
bench: ## Run the benchmarks
	$(GO) test -run='^$$' -bench=. -benchmem ./...

.PHONY: fuzz
fuzz: ## Run every fuzz test for a while (FUZZTIME=20s)
	@set -e; grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/p' "$$file"); do \
			echo "==> $$name in $$(dirname "$$file")"; \
			$(GO) test -run='^$$' -fuzz="^$$name$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")"; \
		done; \
	done

.PHONY: ci
ci: ## Run all that must hold before a merge
	.ci/run

.PHONY: clean
clean: ## Remove what was built, and the worker's data
	rm -rf bin dormouse-data
