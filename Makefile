# Commands for developers. Needs git, make and Python 3.11 with venv; the rest is installed into .venv.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11
# Some machines forbid bytecode: then each of the many processes of a shop, and of a test run, compiles all code again.
unexport PYTHONDONTWRITEBYTECODE
# The number of faults that `make mutate` plants, and the seed that draws them.
# PART is a folder, of code for `make mutate` and below tests/ for `make test`: PART=outbox, PART=shop/payments.
FAULTS ?= 600
SEED ?= 1
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=project.settings.test

.PHONY: run test ordeal mutate bench check check-database audit lock pin-images sbom migrations release messages screenshots

run: $(INSTALLED) ## set up and run everything on http://127.0.0.1:8000 (PORT=…), until Ctrl-C
	@$(BIN)/python manage.py up

test: $(INSTALLED) ## set up and test everything, on servers of its own; PART=shop/payments tests that room
	@$(BIN)/python -m pytest --numprocesses auto --dist loadgroup --quiet $(if $(PART),tests/$(PART))

ordeal: $(INSTALLED) ## the trials at full length (up to an hour); writes docs/ordeal.md
	@$(BIN)/python -m pytest --ordeal --timeout 0 --numprocesses auto --dist loadgroup --verbose

mutate: $(INSTALLED) ## plant faults and see which the tests notice (up to 90 minutes, goes on where it was); writes docs/mutation.md
	@$(BIN)/python -m pytest -p tests.mutation.plugin --faults $(FAULTS) --faults-seed $(SEED) --faults-part "$(PART)"

bench: $(INSTALLED) ## how quick it is (a few minutes); a table, and bench/results.json; fails over a limit
	@$(BIN)/python -m bench

screenshots: $(INSTALLED) ## the pictures of README.md and docs/tour.md, of a fresh demo shop; wants a Chromium
	@$(BIN)/python -m pytest --quiet tests/browser/pictures.py

check: $(INSTALLED) ## lint, types, floors, translations, deployment, migrations, the demo's entries
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(TEST_SETTINGS) $(BIN)/python manage.py translations check
	env -u DEBUG -u SITE_URL DJANGO_SETTINGS_MODULE=project.settings.production ALLOWED_HOSTS=shop.example \
	    SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	    DATABASE_URL=postgres://shop@database/shop REDIS_URL=redis://redis/0 \
	    $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/python -m workbench.servers $(MAKE) --no-print-directory check-database

check-database: # wants DATABASE_URL and REDIS_URL of throwaway servers
	$(TEST_SETTINGS) $(BIN)/python manage.py makemigrations --check --dry-run
	$(TEST_SETTINGS) $(BIN)/python manage.py migrate --verbosity 0
	$(TEST_SETTINGS) $(BIN)/python manage.py check_migrations
	$(TEST_SETTINGS) $(BIN)/python manage.py createcachetable
	$(TEST_SETTINGS) $(BIN)/python manage.py seed_demo --verbosity 0
	$(TEST_SETTINGS) $(BIN)/python manage.py check_entries

audit: $(INSTALLED) ## known vulnerabilities of everything installed
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/production.txt
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/development.txt

lock: $(INSTALLED) ## requirements/*.txt from pyproject.toml
	$(LOCK) --extra storage --output-file requirements/production.txt pyproject.toml
	$(LOCK) --extra embedded --extra development --constraint requirements/production.txt \
	    --output-file requirements/development.txt pyproject.toml

pin-images: $(INSTALLED) ## digests of all images into Dockerfile and docker-compose.yml; wants Docker and its network
	@$(BIN)/python -m workbench.pin_images

sbom: $(INSTALLED) ## sbom.json: all that production installs, in CycloneDX
	@$(BIN)/cyclonedx-py requirements requirements/production.txt --output-reproducible --output-file sbom.json

migrations: $(INSTALLED) ## write the migrations of changed models
	@$(TEST_SETTINGS) $(BIN)/python -m workbench.servers $(BIN)/python manage.py makemigrations

release: $(INSTALLED) ## note the commit at hand as the last release, against which migrations are judged
	@$(TEST_SETTINGS) $(BIN)/python manage.py note_release

messages: $(INSTALLED) ## bring locale/ up to date with the sources, keeping translations
	@$(TEST_SETTINGS) $(BIN)/python manage.py translations update

$(INSTALLED): requirements/development.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Amphi needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Installing the requirements into .venv (once, up to a minute) …"
	@$(PYTHON) -m venv .venv
	@# The lock names every package, without those that pyproject.toml overrides: nothing is to be resolved.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	@# Makes the project importable from every working folder, like an editable installation.
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/amphi.pth"
	@touch $@
