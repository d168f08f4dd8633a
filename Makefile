# make              build all programs into build/
# make demo         train a real model over the market, from an empty folder to paid owners
# make test         install what is missing, build, run every test that needs no special machine
# make check        everything a change must pass: format, lint, gcc and clang, tests, sanitizers
# make sim          the deterministic simulator: SEEDS=1000
# make mutants      break the core and the market on purpose and show that the tests find each fault
# make fuzz         coverage-guided fuzzing of every decoder: FUZZ_SECONDS=60 for each
# make bench        measure this machine and the parts of the node; prints figures
# make bench-pvsnip what the aggregation costs up to 10^7 coordinates, with the primitives of the same run
# make coverage     line coverage of the unit and story tests
# make install      into DESTDIR, PREFIX=/usr/local
# make format       apply .clang-format
# make lint         the checks of make check that need no build
# make man          man pages into build/man; needs scdoc
# make clean        remove build/
# make help         this list
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0)
PREFIX  ?= /usr/local
BUILD   ?= build
CFLAGS  ?= -O2 -g
SEEDS   ?= 1000
FUZZ_SECONDS ?= 60
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),@:,@printf '  %-6s %s\n')

# Folders from the bottom up. tests/lint/check_layers.sh holds the exact rules of inclusion.
LAYERS   := base crypto vm market consensus p2p
PROGRAMS := soukd souk souk-server souk-signer souk-testnet souk-bench souk-sim souk-train

WERROR ?= -Werror # packagers: make WERROR=
WARNINGS := -std=c11 -Wall -Wextra -Wpedantic $(WERROR) -Wshadow -Wconversion -Wsign-conversion \
	-Wcast-qual -Wcast-align -Wpointer-arith -Wstrict-prototypes -Wold-style-definition \
	-Wmissing-prototypes -Wmissing-declarations -Wredundant-decls -Wnested-externs -Wundef \
	-Wvla -Wswitch-enum -Wformat=2 -Wdouble-promotion -Wfloat-equal -Wwrite-strings \
	-Wimplicit-fallthrough -Wnull-dereference
ifeq ($(findstring clang,$(shell $(CC) --version 2>/dev/null)),)
WARNINGS += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wcast-align=strict \
	-Wjump-misses-init -Wstringop-overflow=4 -Warith-conversion -Wtrampolines
else
WARNINGS += -Wconditional-uninitialized -Wreserved-identifier -Wcomma -Wextra-semi-stmt \
	-Wunreachable-code-aggressive -Wassign-enum
endif
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -fPIE
LLHTTP       := /usr/share/llhttp
ALL_CPPFLAGS := -I. -isystem /usr/share/include/llhttp -D_GNU_SOURCE \
	-DSOUK_VERSION='"$(VERSION)"' -MMD -MP $(CPPFLAGS)
ALL_CFLAGS   := $(WARNINGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer,$(HARDENING)) \
	-fno-common -pthread $(CFLAGS)
ALL_LDFLAGS  := $(if $(SANITIZE),-fsanitize=$(SANITIZE),-pie -Wl,-z,relro,-z,now) -pthread $(LDFLAGS)

# Everything but libc is linked statically where Debian ships an archive; libcurl, which only the
# tools need, is the exception.
LDLIBS := -l:liblmdb.a -l:libuv_a.a -l:libsecp256k1.a -l:libgmp.a -l:libjansson.a -l:libinih.a \
	-l:libcrypto.a -lm -ldl
CHECK_LIBS := -lcheck -lsubunit -lrt -lm

ARCHIVES := $(foreach layer,p2p market consensus vm crypto base,$(BUILD)/$(layer).a) $(BUILD)/llhttp.a
CLIENT   := $(BUILD)/tools/client.a
TOOLS    := $(foreach tool,wallet server signer train testnet bench client,$(BUILD)/tools/$(tool).a)
UNIT     := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
STORY    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/story/test_*.c))
SIM      := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/sim/test_*.c))
FUZZERS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
SOURCES  := $(wildcard $(LAYERS:%=%/*.c) node/*.c tools/*/*.c)
TESTS_C  := $(wildcard tests/*/*.c)
HEADERS  := $(wildcard $(LAYERS:%=%/*.h) node/*.h tools/*/*.h tests/*/*.h)

all: $(PROGRAMS:%=$(BUILD)/%)

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
define archive
$(BUILD)/$(1).a: $(filter-out %/main.o,$(call objects,$(1)))
	$$(say) AR $$@
	$$(Q)mkdir -p $$(@D) && rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach layer,$(LAYERS) tools/client tools/wallet tools/server tools/signer tools/train tools/testnet tools/bench node tests/lib,$(eval $(call archive,$(layer))))

# Node's own HTTP parser, as Debian ships its generated C.
$(BUILD)/llhttp.a: $(wildcard $(LLHTTP)/*.c)
	$(say) LLHTTP $@
	$(Q)mkdir -p $(BUILD)/llhttp && cd $(BUILD)/llhttp && \
		$(CC) -O2 -fPIE $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -isystem /usr/share/include/llhttp -c $(LLHTTP)/*.c
	$(Q)rm -f $@ && $(AR) rcs $@ $(BUILD)/llhttp/*.o

# program(name, folder, archives before the layers, libraries)
define program
$(BUILD)/$(1): $(call objects,$(2)) $(3) $(ARCHIVES)
	$$(say) LD $$@
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $(4) $$(LDLIBS)
endef
$(eval $(call program,soukd,node,,))
$(eval $(call program,souk,tools/wallet,$(CLIENT),-lcurl))
$(eval $(call program,souk-server,tools/server,$(CLIENT),-lcurl))
$(eval $(call program,souk-signer,tools/signer,$(CLIENT),))
$(eval $(call program,souk-testnet,tools/testnet,$(CLIENT),-lcurl))
$(eval $(call program,souk-bench,tools/bench,$(CLIENT),-lcurl))
$(eval $(call program,souk-train,tools/train,$(CLIENT),-lcurl))
$(eval $(call program,souk-sim,tools/sim,,$$(MEMO_LINK)))

$(BUILD)/%.o: %.c
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# A test sees every layer; tests of the node, the simulator and the tools also see theirs.
SIM_OBJECTS := $(filter-out %/main.o %/check_memo.o,$(call objects,tools/sim))
NODE_OBJECTS := $(filter-out %/main.o,$(call objects,node))
TEST_OBJECTS := $(call objects,tests/lib)
$(UNIT) $(STORY) $(SIM): $(BUILD)/%: $(BUILD)/%.o $(TEST_OBJECTS) $(SIM_OBJECTS) $(NODE_OBJECTS) $(TOOLS) $(ARCHIVES)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(if $(filter $(SIM),$@),$(MEMO_LINK)) -lcurl $(LDLIBS) $(CHECK_LIBS)
# In the simulator each check is made once. run_mutations.sh links its mutants so too.
MEMO := $(BUILD)/tools/sim/check_memo.o
MEMO_LINK := -Wl,--wrap=signature_check,--wrap=public_key_valid,--wrap=point_valid
$(SIM): $(MEMO)
$(BENCHES): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/tests/lib.a $(NODE_OBJECTS) $(ARCHIVES)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)
# The programs with lies and sudden ends put in place of single functions, for tests/e2e.
# The linker's names for what it puts in place begin with two underscores.
$(BUILD)/tests/e2e/lies.o $(BUILD)/tests/e2e/deaths.o $(MEMO) $(BUILD)/tests/sim/test_check_memo.o: \
	ALL_CFLAGS += -Wno-reserved-identifier
LIARS := $(BUILD)/tests/e2e/souk $(BUILD)/tests/e2e/souk-server
WRAPS := share_writer_init norm_contribute compute aggregate_plan_apply computed_evaluate roster_holds duty_justify zero_deal_make vault_put_post rpc_call_within
$(BUILD)/tests/e2e/souk: $(call objects,tools/wallet)
$(BUILD)/tests/e2e/souk-server: $(call objects,tools/server)
$(LIARS): $(BUILD)/tests/e2e/lies.o $(BUILD)/tests/e2e/deaths.o $(BUILD)/tools/server.a $(CLIENT) $(ARCHIVES)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(WRAPS:%=-Wl,--wrap=%) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcurl $(LDLIBS)
# Without a fuzzing engine a fuzz target replays the files it is given: so none can rot.
FUZZ_MAIN ?= $(BUILD)/tests/fuzz/replay.o
$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(FUZZ_MAIN) $(BUILD)/tests/lib.a $(NODE_OBJECTS) $(TOOLS) $(ARCHIVES)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcurl $(LDLIBS)

demo:
	$(Q).ci/install build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tools/demo.sh

test:
	$(Q).ci/install build test
	$(Q)$(MAKE) --no-print-directory run-tests

run-tests: all $(UNIT) $(STORY) $(SIM) $(FUZZERS) $(LIARS)
	$(Q)BUILD=$(BUILD) tests/run.sh unit story sim fuzz e2e
run-unit: $(UNIT) $(STORY)
	$(Q)BUILD=$(BUILD) tests/run.sh unit story

sim: $(BUILD)/souk-sim
	$(BUILD)/souk-sim --seeds $(SEEDS) --n 4-10 --quiet

MUTANT_TESTS := $(shell sed -n 's|^Found by: \(.*/.*\)|$(BUILD)/tests/\1.o|p' tests/sim/mutations/*.patch | sort -u)
mutants: $(BUILD)/souk-sim $(MUTANT_TESTS) $(BUILD)/tests/lib.a
	$(Q)BUILD=$(BUILD) tests/sim/run_mutations.sh

sanitize:
	$(Q)$(MAKE) --no-print-directory BUILD=build/asan SANITIZE=address,undefined WERROR= \
		CFLAGS='-O1 -g -fno-sanitize-recover=all' run-sanitized
run-sanitized: $(UNIT) $(STORY) $(SIM) $(FUZZERS)
	$(Q)BUILD=$(BUILD) tests/run.sh unit story sim fuzz

fuzz:
	$(Q)$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang-14 SANITIZE=address,undefined \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' LDFLAGS=-fsanitize=fuzzer FUZZ_MAIN= run-fuzz
run-fuzz: $(FUZZERS)
	$(Q)for f in $^; do mkdir -p $(BUILD)/corpus/$${f##*/}; \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 $(BUILD)/corpus/$${f##*/} tests/fuzz/corpus/$${f##*/} || exit 1; done

coverage:
	$(Q)$(MAKE) --no-print-directory BUILD=build/coverage CC=clang-14 HARDENING= \
		LDFLAGS=-fprofile-instr-generate CFLAGS='-O0 -g -fprofile-instr-generate -fcoverage-mapping' run-coverage
run-coverage: $(UNIT) $(STORY)
	$(Q)rm -f $(BUILD)/*.profraw; for t in $^; do LLVM_PROFILE_FILE=$(BUILD)/%p.profraw $$t >/dev/null || exit 1; done
	$(Q)llvm-profdata-14 merge -o $(BUILD)/all.profdata $(BUILD)/*.profraw
	$(Q)llvm-cov-14 report $(patsubst %,-object %,$^) -instr-profile $(BUILD)/all.profdata -ignore-filename-regex='tests/|/usr/'

bench: $(BENCHES) all
	@sed -n 's/^model name[[:space:]]*: /machine: /p' /proc/cpuinfo | head -n 1; \
		echo "cores: $$(nproc), load: $$(cut -d ' ' -f 1-3 /proc/loadavg)"
	$(Q)for b in $(BENCHES); do $$b || exit 1; done

bench-pvsnip: $(BUILD)/tests/bench/bench_pvsnip
	$(Q)$< 10000000

format:
	clang-format-14 -i $(SOURCES) $(HEADERS) $(TESTS_C)
check-format:
	$(Q)clang-format-14 --dry-run -Werror $(SOURCES) $(HEADERS) $(TESTS_C)
check-layers:
	$(Q)tests/lint/check_layers.sh
check-spec-quotes:
	$(Q)tests/lint/check_spec_quotes.sh
check-headers: # every header compiles alone
	$(Q)set -e; for h in $(HEADERS); do $(CC) -I. -isystem /usr/share/include/llhttp -std=c11 -D_GNU_SOURCE -fsyntax-only -x c $$h; done
check-scripts:
	$(Q)shellcheck -x $(wildcard tests/*.sh tests/*/*.sh tools/*.sh) .ci/run .ci/install
check-classes:
	$(Q)tests/lint/check_classes.sh
check-man:
	$(Q)tests/lint/check_man.sh
lint: check-layers check-headers check-spec-quotes check-scripts check-classes check-man
	$(Q)printf '%s\n' $(SOURCES) $(TESTS_C) | xargs -P 2 -n 8 sh -c 'clang-tidy-14 --quiet "$$@" -- -I. -isystem /usr/share/include/llhttp -D_GNU_SOURCE -DSOUK_VERSION=\"lint\" -std=c11 2>/dev/null' lint
	$(Q)cppcheck --quiet --std=c11 -j2 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability,style \
		--suppress=unusedStructMember -D_GNU_SOURCE -DSOUK_VERSION='""' -I. $(SOURCES)
analyze:
	$(Q)$(MAKE) --no-print-directory BUILD=build/analyze CC=gcc CFLAGS='-O1 -g -fanalyzer' all

check: check-format lint
	$(Q)$(MAKE) --no-print-directory BUILD=build/gcc CC=gcc all run-unit
	$(Q)$(MAKE) --no-print-directory BUILD=build/clang CC=clang-14 all run-unit
	$(Q)$(MAKE) --no-print-directory sanitize
	$(Q)$(MAKE) --no-print-directory run-tests

MAN := $(patsubst docs/man/%.scd,$(BUILD)/man/%,$(wildcard docs/man/*.scd))
man: $(MAN)
$(BUILD)/man/%: docs/man/%.scd
	$(Q)mkdir -p $(@D) && scdoc <$< >$@
install: all man
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 0755 $(PROGRAMS:%=$(BUILD)/%) $(DESTDIR)$(PREFIX)/bin
	for page in $(MAN); do install -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/; done
clean:
	rm -rf build
help:
	@sed -n 's/^# make/make/p' Makefile

.PHONY: all demo test run-tests run-unit sim mutants sanitize run-sanitized fuzz run-fuzz coverage run-coverage bench bench-pvsnip \
	format check-format check-layers check-headers check-spec-quotes check-scripts check-classes check-man lint analyze check man install clean help
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
