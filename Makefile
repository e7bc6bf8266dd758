# Everything a developer or CI runs. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help env up down logs smoke demo test test-repeat bench chaos lint audit topics fmt servers-up servers-down clean-local tools

# A C compiler is enough to build; see the script.
ifeq ($(shell command -v c++ || command -v g++ || command -v clang++),)
export CXX := $(CURDIR)/scripts/no-c++
endif

help: ## this list
	@echo "usage: make TARGET"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[36m%-13s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: tools ## the whole shop on this machine: walks through purchases, then stays up (ARGS=--once ends after the walk)
	@echo "Building the demo. The first build takes some minutes; cargo shows how far it is."
	@cargo build --locked -p demo
	@cargo run --locked --quiet -p demo -- $(ARGS)

test: tools ## all set-up and all tests, on real PostgreSQL and Kafka (ONLY=… picks tests by name)
	@scripts/test $(ONLY)

test-repeat: tools ## end-to-end tests over and over: N=10 ONLY=name PACKAGE=tests-e2e
	@scripts/test-repeat $(or $(N),10) $(or $(PACKAGE),tests-e2e) $(ONLY)

bench: tools ## how long from a commit to a consumer, how many webhooks and checkouts (PROFILE=dev: of the tests' build)
	@scripts/bench

chaos: tools ## a shop under kills, outages and lost webhooks, then all invariants: SEED=1 MINUTES=3 SEEDS=1
	@scripts/chaos $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

lint: tools ## formatting, clippy, docs, and where installed cargo-deny and shellcheck; warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked --quiet
	@if command -v cargo-deny >/dev/null; then set -x; cargo deny --locked check bans licenses sources; else echo "cargo-deny: not installed, skipped"; fi
	@if command -v shellcheck >/dev/null; then set -x; shellcheck -x scripts/test* scripts/bench scripts/chaos scripts/build-tools scripts/no-c++ scripts/compose scripts/smoke scripts/lib/*.sh deploy/compose/*.sh .ci/run; else echo "shellcheck: not installed, skipped"; fi

audit: ## known vulnerabilities among the dependencies (needs cargo-deny and the network)
	cargo deny --locked check advisories

topics: tools ## creates the topics of order-service on KAFKA_BROKERS
	@cargo run --locked --quiet -p order-service -- create-topics

fmt: ## formats the code
	cargo fmt --all

servers-up: ## starts PostgreSQL and Kafka for tests and leaves them running; prints the lines to export
	@scripts/test-servers up

servers-down: ## stops them
	@scripts/test-servers down

clean-local: servers-down ## removes what these commands keep in the checkout, except build artefacts
	rm -rf .local

env: ## writes .env with random secrets, or fills in what is missing there
	@scripts/compose env

up: ## the shop in containers: builds, starts, waits until all is healthy, says where everything is
	@scripts/compose up

down: ## stops the containers; volumes and .env stay (ARGS=--volumes removes the data, too)
	@scripts/compose down --remove-orphans $(ARGS)

logs: ## follows their logs (ARGS=payment-service for one of them)
	@scripts/compose logs --follow --tail 100 $(ARGS)

smoke: ## buys something in the running shop and waits for the mail
	@scripts/compose smoke

tools:
	@scripts/build-tools
