#pragma once

/* The main function of every fuzz target: SwiftPM gives executables a main of their own, so that libFuzzer's is not taken. */
void martlet_fuzz_main(int argc, char *_Nullable *_Nonnull argv) __attribute__((noreturn));
