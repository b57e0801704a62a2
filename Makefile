# Hamn: one verb a user goal. `make` alone prints them; each target does its own set-up, without root.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready

METER ?= p1-landis
HEAP ?= 112k

.PHONY: help
help:
	@echo "Hamn: readings from the electricity meter's port to MQTT."
	@echo
	@grep -h '^#?' $(MAKEFILE_LIST) | cut -c4-
	@echo
	@echo "METER is one of the simulated meters: $(PY) -m tools.meter --list"

-include tools/device.mk
-include tools/quality.mk

#?  make run [METER=p1-landis] [SECONDS=40] [HEAP=112k] [START=2026-03-29T00:59:35]
#?                              see a dongle work, on this PC: meter, firmware, broker, readings, an hour that ends
.PHONY: run
run: $(READY)
	@exec $(PY) -m tools.run --meter "$(METER)" --heap "$(HEAP)" $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(START),--start "$(START)")

#?  make soak [METER=p1-landis] [SECONDS=600]
#?                              the same for ten minutes: the free heap once a minute; fails below 31 KB and when it keeps falling
.PHONY: soak
soak: $(READY)
	@exec $(PY) -m tools.soak --meter "$(METER)" --seconds "$(or $(SECONDS),600)"

#?  make test [ARGS="-k p1"]    run all tests, six at a time since most of them wait; ARGS="-n 0 -s" shows what they say
.PHONY: test
test: $(READY)
	@exec $(PY) -m pytest -n 6 --dist worksteal $(ARGS)

#?  make venv                   only set up the virtual environment (the others do it by themselves)
.PHONY: venv
venv: $(READY)

$(READY): requirements.txt
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m tools.venv $(VENV) requirements.txt
	@touch $@

#?  make clean                  remove what was built
.PHONY: clean
clean:
	rm -rf build .pytest_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

#?  make distclean              also remove the virtual environment and all downloads
.PHONY: distclean
distclean: clean
	rm -rf $(VENV) .cache
