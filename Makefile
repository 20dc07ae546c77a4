# The front door of the project: `make` lists what there is.

CARGO ?= cargo
GO ?= go

# Where builds and tools go. A CI machine keeps its user's cache between fresh checkouts, but not the checkout.
ifneq ($(strip $(CI)),)
STORE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/rukpak-rs
export CARGO_TARGET_DIR ?= $(STORE)/target
else
STORE := $(CURDIR)/target
endif
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
BENCH := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),bench/target)/release
CORPUS := $(if $(RUKPAK_CORPUS),$(RUKPAK_CORPUS),../shared/corpus)
TOOLS := $(STORE)/tools
export PATH := $(TOOLS)/bin:$(PATH)

CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(TOOLS)/.cargo-deny-$(CARGO_DENY_VERSION)

# Tests wait for servers more than they work: some more at a time than there may be processors.
TEST_THREADS := $(shell n=$$(nproc 2>/dev/null || echo 1); [ "$$n" -gt 4 ] && echo "$$n" || echo 4)

# Where the images of the provisioners are to be, as in manifests/base/kustomization.yaml.
IMAGES := ghcr.io/rukpak-rs
IMAGE_TAG := v0.1.0

# What `make generate` writes and `make verify` compares.
FIELD_TABLES := crates/manifest/generate
GENERATED := docs/cli.md docs/findings.md docs/metrics.md crates/manifest/src/types/kubernetes.rs manifests/crds/core.rukpak.io_bundledeployments.yaml \
	manifests/base/crds.yaml manifests/base/rbac manifests/overlays/cluster-wide/rbac.yaml manifests/overlays/tenant/rbac.yaml \
	manifests/charts/rukpak/templates/crds.yaml manifests/charts/rukpak/templates/policy.yaml manifests/charts/rukpak/templates/rbac \
	manifests/charts/rukpak/files

.DEFAULT_GOAL := help
.PHONY: help build image run tour test e2e chaos corpus controlplane helm lint clippy locked deny advisories fmt fmt-check bench conformance generate verify clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## Build the release binary and print where it is
	$(CARGO) build --release --locked --package rukpakctl
	@echo "built $(TARGET)/release/rukpakctl"

image: ## Build the images of both provisioners, with podman or docker
	@engine=$${CONTAINER:-$$(command -v podman || command -v docker)} || { echo "neither podman nor docker is installed" >&2; exit 1; }; \
	for binary in provisioner-registry-v1 provisioner-plain; do \
		$$engine build --file Containerfile --build-arg BINARY=$$binary --tag $(IMAGES)/$$binary:$(IMAGE_TAG) . || exit; \
		echo "built $(IMAGES)/$$binary:$(IMAGE_TAG)"; \
	done

run: controlplane ## Run both provisioners and install two examples: on a control plane of its own, or on the cluster of KUBECONFIG
	$(CARGO) build --locked --package rukpakctl --package provisioner-registry-v1 --package provisioner-plain --package e2e
	$(if $(KUBECONFIG),,$(TARGET)/debug/with-controlplane) examples/run.sh $(TARGET)/debug target/controlplane

tour: controlplane ## Install an example without a controller, upgrade it and remove it again
	$(CARGO) build --quiet --locked --package rukpakctl
	$(CARGO) run --quiet --locked --package e2e --bin with-controlplane -- examples/tour.sh $(TARGET)/debug/rukpakctl

e2e: controlplane helm ## Run the suites against real servers alone; with E2E_EXISTING_CLUSTER=1 on the cluster of KUBECONFIG
	$(CARGO) build --quiet --locked --workspace
	$(if $(E2E_EXISTING_CLUSTER),,$(CARGO) run --quiet --locked --package e2e --bin with-controlplane --) $(CARGO) test --locked --package e2e

test e2e: export RUST_TEST_THREADS ?= $(TEST_THREADS)

test: controlplane helm ## Run every test, those that need a cluster on a control plane of their own
	$(CARGO) run --quiet --locked --package e2e --bin with-controlplane -- $(CARGO) test --workspace --locked

chaos: controlplane ## Kill installations at every write and at 200 random points, and look what is left: minutes
	$(CARGO) build --quiet --locked --package rukpakctl
	CHAOS_ROUNDS=$${CHAOS_ROUNDS:-200} $(CARGO) run --quiet --locked --package e2e --bin with-controlplane -- \
		$(CARGO) test --locked --package e2e --test chaos -- --include-ignored --nocapture --test-threads 1

corpus: controlplane ## Install, upgrade and remove every operator of RUKPAK_CORPUS, one by one and all at once: most of an hour
	$(CARGO) build --quiet --locked --package rukpakctl --package provisioner-registry-v1 --package provisioner-plain
	$(CARGO) run --quiet --locked --package e2e --bin with-controlplane -- \
		$(CARGO) test --locked --package e2e --test real -- --include-ignored --nocapture --test-threads 1 every

controlplane: ## Build a Kubernetes control plane and a registry into target/controlplane: once, in some minutes
	@GO=$(GO) e2e/build-controlplane target/controlplane

helm: ## Build Helm, which the chart is tested with, into target/helm: once, in some minutes
	@GO=$(GO) e2e/build-helm target/helm

lint: clippy deny locked ## Lint the code, and the dependencies' licences, sources and duplicates

clippy:
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings

# The benchmarks are a workspace of their own, which nothing else here builds.
locked:
	$(CARGO) metadata --locked --format-version 1 --manifest-path bench/Cargo.toml >/dev/null

deny: $(CARGO_DENY)
	$(CARGO) deny --locked check bans licenses sources

advisories: $(CARGO_DENY) ## Look the dependencies up among known vulnerabilities; needs the network
	$(CARGO) deny --locked check advisories

fmt: ## Format the code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path bench/Cargo.toml

fmt-check: ## Fail where `make fmt` would change something
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path bench/Cargo.toml --check

bench: ## Measure against other implementations; prints ratios taken in one run
	bench/run

conformance: ## Compare what we read from YAML with what Kubernetes reads: real files and random texts
	$(CARGO) build --release --locked --manifest-path bench/Cargo.toml --bin conformance
	$(GO) build -C bench/go -o $(abspath $(BENCH))/kubernetes-yaml .
	$(BENCH)/conformance --go $(BENCH)/kubernetes-yaml --files $(firstword $(wildcard $(CORPUS)/bundles) examples)

generate: ## Write the generated files: field tables, docs/cli.md, docs/findings.md, docs/metrics.md, manifests
	cd $(FIELD_TABLES) && $(GO) run .
	GENERATE=1 $(CARGO) test --locked --package rukpakctl --test reference
	GENERATE=1 $(CARGO) test --locked --package rukpak-api --test definitions
	GENERATE=1 $(CARGO) test --locked --package rukpak-provisioner --test metrics
	GENERATE=1 $(CARGO) test --locked --package rukpak-provisioner --test rbac

verify: ## Fail where a generated file is not what `make generate` writes
	@before=$$(mktemp -d) && trap 'rm -rf "$$before"' EXIT \
	&& tar -cf - $(GENERATED) | tar -xf - -C "$$before" \
	&& $(MAKE) generate \
	&& for file in $(GENERATED); do \
		diff -ru "$$before/$$file" "$$file" || { echo "$$file was stale; it is written anew now: commit it" >&2; stale=1; }; \
	done && [ -z "$${stale:-}" ]

clean: ## Remove what was built
	$(CARGO) clean

# Built in a directory of its own, so that it neither fills nor waits for ours.
$(CARGO_DENY):
	env -u CARGO_TARGET_DIR $(CARGO) install --locked cargo-deny@$(CARGO_DENY_VERSION) --root $(TOOLS)
	@touch $@
