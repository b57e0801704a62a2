# The goals that try to break the parser, the ledger or the dongle, or measure them. Included by the Makefile, which defines PY and READY.

N ?= 20000
SEED ?= 1

.PHONY: fuzz campaign bench outages ledger-sim

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

#?  make outages [ONLY="refused day"]
#?                              the whole dongle through networks and brokers that misbehave; fails when anything is lost
outages: $(READY)
	@exec $(PY) -m tools.outages $(if $(ONLY),--only $(ONLY))

#?  make ledger-sim [DAYS=400] [SEED=1]
#?                              the ledger beside the truth, on every kind of meter, with all that goes wrong; 10 minutes
ledger-sim: $(READY)
	@exec $(PY) -m tools.ledger_sim --days '$(or $(DAYS),400)' --seed '$(SEED)' $(if $(KIND),--kind '$(KIND)')
