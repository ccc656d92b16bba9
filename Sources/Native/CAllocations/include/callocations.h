#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H
#include <stdint.h>
/* Calls of malloc, calloc, realloc and their aligned kin by the calling thread since it started. */
uint64_t callocations_count(void);
#endif
