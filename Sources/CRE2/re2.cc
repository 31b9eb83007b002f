#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "CRE2.h"

#include <fcntl.h>
#include <re2/re2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <new>
#include <string>

struct martlet_re2 {
    explicit martlet_re2(const re2::StringPiece &pattern, const RE2::Options &options) : expression(pattern, options) {}
    RE2 expression;
};

static martlet_re2 *compile(const re2::StringPiece &pattern, size_t max_memory, char *error, size_t error_size) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(static_cast<int64_t>(max_memory));
    auto *re = new (std::nothrow) martlet_re2(pattern, options);
    if (re != nullptr && re->expression.ok()) return re;
    if (error_size > 0) {
        std::strncpy(error, re == nullptr ? "out of memory" : re->expression.error().c_str(), error_size - 1);
        error[error_size - 1] = '\0';
    }
    delete re;
    return nullptr;
}

extern "C" martlet_re2 *martlet_re2_compile(const char *pattern, size_t length, size_t max_memory, char *error,
                                            size_t error_size) {
    return compile(re2::StringPiece(pattern, length), max_memory, error, error_size);
}

extern "C" bool martlet_re2_search(const martlet_re2 *re, const char *text, size_t length) {
    return RE2::PartialMatch(re2::StringPiece(text, length), re->expression);
}

extern "C" long martlet_re2_replace(const martlet_re2 *re, const char *text, size_t length, const char *rewrite,
                                    size_t rewrite_length, char *output, size_t capacity) {
    std::string result(text, length);
    RE2::GlobalReplace(&result, re->expression, re2::StringPiece(rewrite, rewrite_length));
    if (result.size() > capacity) return -1;
    std::memcpy(output, result.data(), result.size());
    return static_cast<long>(result.size());
}

extern "C" void martlet_re2_free(martlet_re2 *re) { delete re; }

namespace {

// The patterns that an expression made while it was evaluated, the latest used first. A constant pattern never comes here.
class Cache {
  public:
    std::shared_ptr<martlet_re2> find(const std::string &pattern) {
        std::lock_guard<std::mutex> guard(mutex_);
        for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
            if (entry->pattern != pattern) continue;
            entries_.splice(entries_.begin(), entries_, entry);
            return entries_.front().expression;
        }
        return nullptr;
    }

    void add(const std::string &pattern, const std::shared_ptr<martlet_re2> &expression) {
        std::lock_guard<std::mutex> guard(mutex_);
        entries_.push_front({pattern, expression});
        if (entries_.size() > capacity) entries_.pop_back();
    }

  private:
    static constexpr size_t capacity = 16;
    struct Entry {
        std::string pattern;
        std::shared_ptr<martlet_re2> expression;
    };
    std::mutex mutex_;
    std::list<Entry> entries_;
};

// Never destroyed: a thread may still search while the process exits.
Cache &cache() {
    static Cache *const shared = new Cache();
    return *shared;
}

}  // namespace

extern "C" int martlet_re2_search_cached(const char *pattern, size_t pattern_length, const char *text,
                                         size_t text_length, size_t max_memory, char *error, size_t error_size) {
    const std::string key(pattern, pattern_length);
    auto expression = cache().find(key);
    if (expression == nullptr) {
        expression.reset(compile(key, max_memory, error, error_size));
        if (expression == nullptr) return -1;
        cache().add(key, expression);
    }
    return martlet_re2_search(expression.get(), text, text_length) ? 1 : 0;
}

extern "C" bool martlet_contains(const char *text, size_t length, const char *needle, size_t needle_length) {
    return memmem(text, length, needle, needle_length) != nullptr;
}

extern "C" long martlet_read_file(const char *path, unsigned char *buffer, size_t capacity) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -1;
    struct stat status;
    long total = -1;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && static_cast<size_t>(status.st_size) <= capacity) {
        total = 0;
        while (static_cast<size_t>(total) < capacity) {
            const ssize_t count = read(descriptor, buffer + total, capacity - static_cast<size_t>(total));
            if (count < 0) total = -1;
            if (count <= 0) break;
            total += count;
        }
    }
    close(descriptor);
    return total;
}
