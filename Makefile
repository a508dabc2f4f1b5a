# `make` alone prints what there is.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run setup test check test-postgres test-sqlite bench lock clean

PORT ?= 8000
JOBS ?= 2
PYTHON_BIN := .venv/bin/python
# The application writes its own bytecode: a second start is quicker by it.
unexport PYTHONDONTWRITEBYTECODE

# Complete production settings, to check them; nothing is connected to.
PRODUCTION := REXMATRIX_ENV=production \
	REXMATRIX_SECRET_KEY=$$($(PYTHON_BIN) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	REXMATRIX_LOG_KEY=$$($(PYTHON_BIN) -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())') \
	REXMATRIX_BASE_URL=https://matrix.example.com REXMATRIX_TRUSTED_PROXY_COUNT=1 \
	DATABASE_URL=postgresql://rexmatrix@db.example.com/rexmatrix \
	REXMATRIX_STORAGE_URL=s3://evidence/rexmatrix?region=eu-central-1 \
	REXMATRIX_EMAIL_URL=smtp://user:password@mail.example.com:587 \
	REXMATRIX_EMAIL_FROM=rexmatrix@example.com

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## Set everything up and serve on 127.0.0.1:8000 (PORT=8001 for another port)
	@sh bootstrap.sh && exec $(PYTHON_BIN) manage.py serve --port $(PORT)

setup: ## Set up what development and tests need, without running anything
	@sh bootstrap.sh --dev

test: setup check test-postgres test-sqlite ## Run every check and every test

check: setup ## Run the fast checks: style, types, templates, layers, migrations, settings
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --quiet --check .
	find templates -name '*.html' -exec .venv/bin/djade --check --target-version 6.1 {} +
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	$(PYTHON_BIN) manage.py makemigrations --check --dry-run -v 0
	$(PRODUCTION) $(PYTHON_BIN) manage.py check --deploy --fail-level WARNING

test-postgres: setup ## Run the tests that use the database, on PostgreSQL
	sh .ci/with-postgres .venv/bin/pytest -q -n $(JOBS) --dist loadfile \
		-m "database and not browser and not pdf"

test-sqlite: setup ## Run all tests on SQLite: unit, database, browser, PDF
	.venv/bin/pytest -q -n $(JOBS) --dist loadfile

bench: setup ## Measure; bench/README.md says what and holds the results
	$(PYTHON_BIN) bench/run.py

lock: setup ## Choose the newest packages that pyproject.toml allows, and lock them
	.venv/bin/uv pip compile --quiet --upgrade --no-config --universal --python-version 3.12 \
		--generate-hashes --custom-compile-command "make lock" \
		pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile --quiet --upgrade --no-config --universal --python-version 3.12 \
		--generate-hashes --custom-compile-command "make lock" --group dev \
		-c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove the environment and all caches; your data in var/ stays
	rm -rf .venv var/static var/uv .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find manage.py rexmatrix responsibilities tests -name __pycache__ -prune -exec rm -rf {} +
