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
/// Whether the pattern is found anywhere in the text. Any thread, also several at once.
bool martlet_re2_search(const martlet_re2 *re, const char *text, size_t length);
void martlet_re2_free(martlet_re2 *re);
/// Replaces every match by `rewrite`, in which `\1` stands for a group. The length of the result, or -1 where it is longer than `capacity`.
long martlet_re2_replace(const martlet_re2 *re, const char *text, size_t length, const char *rewrite,
                         size_t rewrite_length, char *output, size_t capacity);

/// Compiles a pattern, or takes it from a cache of the last few that all threads share, and searches the text.
/// 1 found, 0 not found, -1 the pattern does not compile, with the reason in `error`.
int martlet_re2_search_cached(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                              size_t max_memory, char *error, size_t error_size);

/// Whether the bytes of `needle` are in `text`, in time linear in both.
bool martlet_contains(const char *text, size_t length, const char *needle, size_t needle_length);

/// Reads a whole file of at most `capacity` bytes. The number of bytes, or -1 when it is not there, no plain file or larger.
long martlet_read_file(const char *path, unsigned char *buffer, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
