// The driver of libFuzzer: it makes inputs up and calls back with each (https://llvm.org/docs/LibFuzzer.html).
#ifndef CFUZZ_H
#define CFUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*test)(const uint8_t *bytes, size_t size));

#endif
