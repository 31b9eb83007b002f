#include "CRE2.h"

#include <re2/re2.h>

#include <cstring>
#include <new>

struct martlet_re2 {
    explicit martlet_re2(const re2::StringPiece &pattern, const RE2::Options &options) : expression(pattern, options) {}
    RE2 expression;
};

extern "C" martlet_re2 *martlet_re2_compile(const char *pattern, size_t length, size_t max_memory, char *error,
                                            size_t error_size) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(static_cast<int64_t>(max_memory));
    auto *re = new (std::nothrow) martlet_re2(re2::StringPiece(pattern, length), options);
    if (re == nullptr) return nullptr;
    if (re->expression.ok()) return re;
    if (error_size > 0) {
        std::strncpy(error, re->expression.error().c_str(), error_size - 1);
        error[error_size - 1] = '\0';
    }
    delete re;
    return nullptr;
}

extern "C" bool martlet_re2_search(const martlet_re2 *re, const char *text, size_t length) {
    return RE2::PartialMatch(re2::StringPiece(text, length), re->expression);
}

extern "C" void martlet_re2_free(martlet_re2 *re) { delete re; }
