# Everything one does with Samspil from a terminal. `make` lists it.

PROFILE ?= vesthimmerland
PORT ?= 8080
URL ?=
DEMO_CLOCK ?=
PYTEST ?=
SCALE ?=
SERVICE ?=
BACK ?=
TO ?= backups

.DEFAULT_GOAL := help
# What is compiled once is kept, whatever the machine prefers: a test run starts hundreds of processes,
# and each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
# One target at a time: they share .venv and the machine's two cores.
.NOTPARALLEL:

# The first Python that is new enough, whatever it is called.
find_python = $(or $(PYTHON),$(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null))),\
	$(error Samspil needs Python 3.11 or newer, and there is none on this machine's PATH))
python := .venv/bin/python

# The tests run in stages, each as wide as it can be: what needs no broker and no browser, what looks
# at pages, what starts and breaks servers of its own. What shares one broker runs one by one.
stage = $(python) -m pytest $(PYTEST) -m $(1) $(2) $(call again,$(1)) $(may_be_empty)
# On a machine that others use too a test may be too slow once: in CI what failed is tried again by
# itself, and only what fails twice fails. Both runs are told.
again = $(if $(CI),|| $(python) -m pytest $(PYTEST) -m $(1) --last-failed --last-failed-no-failures=none)
# A choice of tests (PYTEST=...) may leave a stage with none, which pytest reports as 5.
may_be_empty = $(if $(PYTEST),|| test $$? -eq 5)

apart = broker or browser or servers or alone or deploy or manifests
# Where nothing renders manifests that says so.
manifests_stage = if $(python) -m tests.kubernetes.rendering; then $(call stage,'manifests',--numprocesses=2); fi
# Where no engine runs, or too little time is left (TESTS_END_BY), that says so; in CI the first is a
# failure.
deploy_stage = $(python) -m tests.deploy.engine; case $$? in \
	0) $(call stage,'deploy') ;; 2) ;; *) test -z "$(CI)" ;; esac

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: embedded-environment portal-assets ## Run everything here: PROFILE=naestved, PORT=8080, DEMO_CLOCK=2024-02-01T09:00+01:00
	@$(python) -m embedded run --profile $(PROFILE) --port $(PORT) \
		$(if $(DEMO_CLOCK),--empty --demo-clock $(DEMO_CLOCK) --folder var/$(PROFILE)-demo)

.PHONY: demo
demo: embedded-environment portal-assets ## Act out a round: PROFILE=naestved, URL=http://... of a run with a demo clock
	@$(python) -m embedded demo --profile $(PROFILE) $(if $(URL),--url $(URL))

.PHONY: test
test: environment assets ## Run every test (installs what is missing, when it may): PYTEST='-k outbox'
	@$(python) -m tests.support.prepare
	$(call stage,'not ($(apart))',--numprocesses=3)
	$(call stage,'broker and not (browser or servers or alone)')
	$(call stage,'browser and not (servers or alone)',--numprocesses=3 --dist=loadfile --no-loadscope-reorder)
	$(call stage,'servers',$(if $(AMQP_URL),,--numprocesses=3 --dist=worksteal))
	$(call stage,'alone')
	$(manifests_stage)
	$(deploy_stage)

.PHONY: check
check: environment ## Lint, types, import rules and the fast tests: under a minute
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@$(python) -m pytest --numprocesses=2 -q -m 'not ($(apart))' tests/architecture tests/chassis tests/unit

.PHONY: bench
bench: environment ## Measure Samspil beside its peers
	@$(find_python) tools/environment.py bench
	@$(python) -m tests.bench

.PHONY: images
images: portal-images ## Build the six container images
	@$(find_python) -m tools.stack images

.PHONY: up
up: ## Start the containers, or bring them up to date: SCALE="notifier-consume=4"
	@test -e portal/static/vendor || $(MAKE) --no-print-directory portal-images
	@$(find_python) -m tools.stack up $(foreach each,$(SCALE),--scale $(each))

.PHONY: upgrade
upgrade: ## Bring the running containers to other images while they work: SAMSPIL_TAG=2 BACK=1
	@test -e portal/static/vendor || $(MAKE) --no-print-directory portal-images
	@$(find_python) -m tools.stack upgrade $(if $(BACK),--back)

.PHONY: down
down: ## Stop the containers; what they keep stays
	@$(find_python) -m tools.stack down

.PHONY: logs
logs: ## Follow what the containers say: SERVICE="gateway notifier-consume"
	@$(find_python) -m tools.stack logs $(SERVICE)

.PHONY: backup
backup: ## Dump the containers' databases into a new folder: TO=backups
	@$(find_python) -m tools.stack_backup --to $(TO)

.PHONY: test-deploy
test-deploy: environment assets ## Test the images and the one-host stack on real containers
	$(deploy_stage)

.PHONY: contracts
contracts: environment ## Write the schemas, asyncapi.yaml, docs/events.md and the OpenAPI documents anew
	@$(python) -m embedded contracts

.PHONY: lock
lock: environment ## Resolve requirements/ and the npm locks anew; UPGRADE=1 takes newer versions
	@$(python) tools/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: fmt
fmt: environment ## Format the code and mend what ruff can mend
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format

.PHONY: clean
clean: ## Remove what the tools left behind; .venv and the data under var/ stay
	@rm -rf .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@rm -rf htmlcov portal/node_modules portal/static/vendor tests/artifacts tests/node_modules
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

# Steps of the above

.PHONY: environment embedded-environment assets portal-assets portal-images
environment:
	@$(find_python) tools/environment.py development

embedded-environment:
	@$(find_python) tools/environment.py embedded

assets:
	@$(python) tools/assets.py portal tests

portal-assets:
	@$(python) tools/assets.py portal

# Node.js is all that the style sheets need; a machine that only runs containers gets no more.
portal-images:
	@if command -v npm >/dev/null; then $(find_python) tools/assets.py portal; else \
		$(find_python) tools/environment.py node && $(python) tools/assets.py portal; fi
