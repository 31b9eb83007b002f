#ifndef MARTLET_CRE2_H
#define MARTLET_CRE2_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct martlet_re2 martlet_re2;

/// Compiles a pattern (UTF-8) within `max_memory` bytes. NULL on failure, with the reason written to `error` (NUL-terminated, cut to `error_size`).
martlet_re2 *martlet_re2_compile(const char *pattern, size_t length, size_t max_memory, char *error, size_t error_size);
/// Whether the pattern is found anywhere in the text.
bool martlet_re2_search(const martlet_re2 *re, const char *text, size_t length);
void martlet_re2_free(martlet_re2 *re);

#ifdef __cplusplus
}
#endif

#endif
