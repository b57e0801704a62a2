# The goals that try to break the parser or the dongle, or measure them. Included by the Makefile, which defines PY and READY.

N ?= 20000
SEED ?= 1

.PHONY: fuzz campaign bench page-bench outages

#?
#?  make fuzz [N=20000] [SEED=1]
#?                              damaged streams through the parser: nothing wrong believed, nothing intact missed
fuzz: $(READY)
	@exec $(PY) -m tools.fuzz -n '$(N)' --seed '$(SEED)'

#?  make campaign [SECONDS=60]
#?                              search for inputs that break the parser, guided by the code that they reach
campaign: $(READY)
	@exec $(PY) -m tools.campaign --seconds '$(or $(SECONDS),60)'

#?  make bench [STRICT=1]       what the parser costs in instructions, memory and code, and its speed beside other parsers
bench: $(READY)
	@exec $(PY) -m tools.bench $(if $(STRICT),--strict)

#?  make page-bench [METERS="aidon-no p1-landis"] [STRICT=1]
#?                              what the page costs: its weight, the heap with TLS and nobody, one, three pages, its speed
page-bench: $(READY)
	@exec $(PY) -m tools.visits $(foreach meter,$(METERS),--meter $(meter)) $(if $(STRICT),--strict)

#?  make outages [ONLY="refused day"]
#?                              the whole dongle through networks and brokers that misbehave; fails when anything is lost
outages: $(READY)
	@exec $(PY) -m tools.outages $(if $(ONLY),--only $(ONLY))
