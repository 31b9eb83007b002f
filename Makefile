# Thin: each target is one script, so that a laptop and CI run the same.
.PHONY: help setup build test check bench run release fuzz sanitize clients

help:
	@echo "make run       the example app with a sidecar, and a few orders to see events flow"
	@echo "make build     a debug build: .build/debug/martlet"
	@echo "make test      all tests"
	@echo "make check     format, imports, rules of the house"
	@echo "make sanitize  unit tests under ThreadSanitizer and AddressSanitizer"
	@echo "make release   build/martlet: one file, to be copied anywhere"
	@echo "make bench     measurements"
	@echo "make fuzz      fuzzers of everything that reads bytes from outside"
	@echo "make clients   clients that others wrote; downloads them from PyPI"

setup:
	@scripts/setup

build: setup
	swift build

test: setup
	@scripts/test

check: setup
	@scripts/check

sanitize: setup
	@scripts/sanitize

release: setup
	@scripts/release

bench: setup
	@scripts/bench

fuzz: setup
	@scripts/fuzz

run: build
	@scripts/run

clients: build
	@scripts/clients
