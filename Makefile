# `make` or `make help` lists what can be done here. Everything that is made goes to out/.

DOTNET := dotnet
QUIET := --verbosity quiet --consoleLoggerParameters:NoSummary
PREFIX := /usr/local
SHARE = $(DESTDIR)$(PREFIX)/share
# With PLAIN=1 every target means the build without the tricks of src/Punnet.Startup, with ARCH=arm64 (or x64) that for another machine.
PUNNET := $(subst //,/,out/$(if $(PLAIN),plain$(if $(ARCH),-))$(ARCH)/punnet)
BUILDS := out/punnet out/plain/punnet $(foreach arch,arm64 x64,out/$(arch)/punnet out/plain-$(arch)/punnet)
# Where `make peers` puts newer ones; without it the system's are measured.
PEERS = $(wildcard out/peers)

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
# No MSBuild node outlives the command that started it.
export MSBUILDDISABLENODEREUSE := 1

SOURCES := $(shell find src \( -name bin -o -name obj \) -prune -o -type f -print) .editorconfig global.json
TEST_SOURCES := $(shell find tests/*.Tests tests/Directory.Build.props \( -name bin -o -name obj \) -prune -o -type f -print)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build publish install man deb rpm tarball release run tests-ready arm64-ready test vm-test soak bench timeline peers conformance format check clean fuzz faults

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

build: ## compile everything, tests included, without publishing
	@.ci/packages build
	$(DOTNET) build Runtime.sln --configuration Release $(QUIET)

publish: $(PUNNET) ## out/punnet: the one static file, and punnet.dbg with its symbols; PLAIN=1: from stock parts, out/plain/punnet; ARCH=arm64: out/arm64/punnet

# Published beside them first: the folder then holds the program and its symbols, and a failed link leaves the old pair alone.
# A cross compiler looks for lld where COMPILER_PATH says.
$(BUILDS): ARCHITECTURE = $(filter arm64 x64,$(subst -, ,$(notdir $(@D))))
$(BUILDS): $(SOURCES)
	@.ci/packages build $(addprefix build-,$(ARCHITECTURE))
	@$(if $(ARCHITECTURE),$(if $(findstring plain,$@),,src/Punnet.Startup/musl $(ARCHITECTURE) out/musl-$(ARCHITECTURE)))
	@mkdir -p $(@D)
	$(if $(ARCHITECTURE),COMPILER_PATH=/usr/bin) $(DOTNET) publish src/Punnet/Punnet.csproj --configuration Release $(QUIET) $(if $(findstring plain,$@),-p:Plain=true) $(addprefix -p:Architecture=,$(ARCHITECTURE)) --output $(@D)/.publish
	@mv $(@D)/.publish/punnet.dbg $(@D)/.publish/punnet $(@D)/
	@rm -rf $(@D)/.publish
	@touch $@
	@ls -l $@

install: $(PUNNET) ## copy out/punnet to PREFIX/bin (default /usr/local), with manual pages and completions for bash, zsh and fish
	install -D --mode=755 $(PUNNET) $(DESTDIR)$(PREFIX)/bin/punnet
	@docs/man/build $(PUNNET) $(SHARE)/man
	@mkdir -p $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$(PUNNET) completion bash >$(SHARE)/bash-completion/completions/punnet
	$(PUNNET) completion zsh >$(SHARE)/zsh/site-functions/_punnet
	$(PUNNET) completion fish >$(SHARE)/fish/vendor_completions.d/punnet.fish

man: $(PUNNET) ## out/man: the manual pages; man -l out/man/man8/punnet-run.8 shows one
	@docs/man/build $(PUNNET) out/man

# What is packed: the program from stock parts. One of another machine needs RUNS, a punnet for this one, which says what its pages say.
PACKED := out/plain/punnet
RUNS := $(PACKED)

deb: $(PACKED) $(RUNS) ## out/packages: a package for Debian and Ubuntu; PACKED=out/punnet for another build
rpm: $(PACKED) $(RUNS) ## out/packages: a package for Fedora, RHEL and openSUSE
tarball: $(PACKED) $(RUNS) ## out/packages: an archive for other systems, with a script that installs and removes it
deb rpm tarball:
	@.ci/packages package
	@.ci/release/package $@ $(PACKED) $(RUNS)

release: ## out/release: VERSION=1.0.0-rc.1 built, tested and packed from a clone; TAG=yes also commits and tags it; docs/packages.md
	@.ci/packages package
	@.ci/release/run "$(VERSION)"

run: $(PUNNET) ## run a first container and see what it sees; then some that share layers
	@.ci/packages run
	@docs/first-container $(PUNNET)
	@docs/layers $(PUNNET)

out/.tests-built: $(SOURCES) $(TEST_SOURCES) Runtime.sln
	@.ci/packages build
	$(DOTNET) build Runtime.sln --configuration Release $(QUIET)
	@mkdir -p out
	@touch $@

# The containers' tests for an emulated machine (tests/run --arm64), with their .NET and their C programs.
out/arm64/tests/Punnet.Tests: out/.tests-built
	@.ci/packages build build-arm64
	$(DOTNET) publish tests/Punnet.Tests/Punnet.Tests.csproj --configuration Release $(QUIET) -p:Architecture=arm64 --output $(@D)
	@tests/vm/programs $(@D)/Programs aarch64-linux-gnu-gcc
	@touch $@

arm64-ready: out/arm64/punnet out/arm64/tests/Punnet.Tests ## what `make test` needs to run in an emulated arm64 machine too; docs/testing.md
	@.ci/packages arm64

# For those who call tests/run themselves.
tests-ready: $(PUNNET) out/.tests-built $(wildcard out/plain/punnet) $(if $(wildcard out/arm64/tests/Punnet.Tests),arm64-ready)
	@.ci/packages test

test: tests-ready ## every test, here and in the virtual machines that some need; ONLY=Punnet.Plan.Tests for one suite, ALL=1 for every place
	@ALL=$(ALL) tests/run $(ONLY)

vm-test: tests-ready ## only the containers' tests, in the virtual machine with all cgroup controllers
	@tests/run --vm Punnet.Tests

soak: $(PUNNET) ## many containers in a row and at once, alone on this machine: COUNT=10000, ONLY="row burst"; SYSTEMD=yes in a virtual machine
	@.ci/packages test
	@$(if $(SYSTEMD),tests/vm/run --systemd --memory 3072M --seconds 20000) env ALONE=yes SYSTEMD=$(SYSTEMD) COUNT=$(COUNT) tests/soak $(ONLY)

fuzz: out/.tests-built ## search for inputs that break what reads them; SECONDS=60 for each target, ONLY="config tar" for some, KEEP=1 for the corpus
	@.ci/packages fuzz
	@tests/fuzz --seconds $(or $(SECONDS),60) $(if $(KEEP),--keep) $(ONLY)

faults: tests-ready ## every error, kill and signal at every system call of punnet, an hour; FAULTS=… for one case, as a failure prints it
	@rm -rf out/faults
	@FAULTS=$(or $(FAULTS),all) NATIVE_SECONDS=14400 tests/run --native Punnet.Faults.Tests
	@cat out/faults/*.row 2>/dev/null || true

bench: $(PUNNET) ## time and memory against crun and runc; `make peers` first for the newest of them; ONLY="run exec" for some rows
	@.ci/packages bench
	@PEERS=$(PEERS) tests/bench/run $(ONLY)
ifndef ONLY
	@echo
	@PEERS=$(PEERS) tests/bench/run systemd systemd-lifecycle systemd-load
	@echo
	@PEERS=$(PEERS) tests/bench/memory-limit
	@echo
	@tests/bench/layers
endif

timeline: $(PUNNET) ## docs/start.svg: what each step of a start takes, by --trace
	@.ci/packages bench
	@tests/bench/timeline

peers: ## out/peers: crun, runc and CRIU from Debian sid, to compare with and for the tests of checkpoints
	@.ci/packages peers
	@tests/bench/peers out/peers

conformance: $(PUNNET) ## real engines and OCI runtime-tools with runc and with punnet: an hour; writes conformance/RESULTS.md
	@conformance/run

format: ## rewrite the sources in the project's format
	$(DOTNET) format Runtime.sln

check: ## what CI asks of the text: format, analyzers, no warning
	@.ci/packages build
	$(DOTNET) format Runtime.sln --verify-no-changes
	@$(MAKE) --no-print-directory out/.tests-built

clean: ## remove what was made
	rm -rf out artifacts
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
