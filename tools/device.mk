# The goals that need a board, or make something for one. Included by the Makefile, which defines PY and READY.

CHIP ?= esp32
BAUD ?= 460800

.PHONY: image flash configure certificates deploy console

#?
#?  make flash PORT=/dev/ttyUSB0 IMAGE=stock.bin [SETTINGS=file] [FLASH_SIZE=4MB] [BAUD=460800] [DRY_RUN=1]
#?                              first installation: erases the chip, writes MicroPython's stock image and Hamn
flash: $(READY)
	@exec $(PY) -m tools.flash --port '$(PORT)' --image '$(IMAGE)' --baud '$(BAUD)' \
	  $(if $(FLASH_SIZE),--flash-size '$(FLASH_SIZE)') $(if $(SETTINGS),--settings '$(SETTINGS)') $(if $(DRY_RUN),--dry-run)

#?  make configure PORT=/dev/ttyUSB0 [SET="key=value ..."]
#?                              ask for the settings and write them to the board; FILE=settings.json: to a file
# Through the environment and unexpanded: a password may hold quotation marks and dollar signs.
configure: export HAMN_SET := $(value SET)
configure: $(READY)
	@exec $(PY) -m tools.configure $(if $(FILE),--file '$(FILE)',--port '$(PORT)')

#?  make certificates PORT=/dev/ttyUSB0 CA=ca.pem [CERT=client.pem KEY=client.key]
#?                              check certificates for TLS and put them on the board
certificates: $(READY)
	@exec $(PY) -m tools.certificates --port '$(PORT)' $(if $(CA),--ca '$(CA)') $(if $(CERT),--cert '$(CERT)') $(if $(KEY),--key '$(KEY)')

#?  make console PORT=/dev/ttyUSB0
#?                              read what the board says, without disturbing it; Ctrl-] ends
console: $(READY)
	@exec $(PY) -m tools.console --port '$(PORT)'

#?  make deploy PORT=/dev/ttyUSB0
#?                              bring a board up to date with this source: only what changed
deploy: $(READY)
	@exec $(PY) -m tools.deploy --port '$(PORT)'

#?  make image [CHIP=esp32|esp32s3|esp32c3] [FLASH_SIZE=4MB] [IMAGE=stock.bin] [SETTINGS=file]
#?                              only build the file system that make flash would write
image: $(READY)
	@exec $(PY) -m tools.image 'build/hamn-$(CHIP)-$(or $(FLASH_SIZE),4MB).bin' --chip '$(CHIP)' \
	  --flash-size '$(or $(FLASH_SIZE),4MB)' $(if $(IMAGE),--image '$(IMAGE)') $(if $(SETTINGS),--settings '$(SETTINGS)')
