// Clocks, a latency histogram and CPU time for the load driver and the sink. Header only, C11 and libc.
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Time of day: it is what travels inside an event from one process to the other. 19 digits until the year 2286.
static inline uint64_t wall_ns(void) { return clock_ns(CLOCK_REALTIME); }
static inline uint64_t steady_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

// Nanoseconds in buckets of 1/32 of a power of two: 3 % wide, from 1 ns to 584 years.
enum { SUB_BITS = 5, SUB = 1 << SUB_BITS, BUCKETS = 64 * SUB };

struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t bucket[BUCKETS];
};

static inline unsigned bucket_of(uint64_t value) {
    if (value < SUB) return (unsigned)value;
    unsigned power = 63u - (unsigned)__builtin_clzll(value);
    return (power - SUB_BITS + 1u) * SUB + (unsigned)((value >> (power - SUB_BITS)) & (SUB - 1));
}

static inline uint64_t bucket_middle(unsigned index) {
    if (index < SUB) return index;
    unsigned power = index / SUB - 1u + SUB_BITS;
    uint64_t low = ((uint64_t)SUB + index % SUB) << (power - SUB_BITS);
    return low + (((uint64_t)1 << (power - SUB_BITS)) >> 1);
}

static inline void record(struct histogram *all, uint64_t value) {
    all->count++;
    if (value > all->max) all->max = value;
    all->bucket[bucket_of(value)]++;
}

// Milliseconds that a share of all values does not exceed; 0 without values.
static inline double quantile_ms(const struct histogram *all, double share) {
    uint64_t wanted = (uint64_t)(share * (double)all->count), seen = 0;
    for (unsigned index = 0; index < BUCKETS; index++) {
        seen += all->bucket[index];
        if (all->bucket[index] && seen > wanted) return (double)bucket_middle(index) / 1e6;
    }
    return (double)all->max / 1e6;
}

static inline double seconds_of(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

// Members of a JSON object, without its braces.
static inline int print_latency(char *out, size_t size, const struct histogram *all) {
    return snprintf(out, size, "\"p50_ms\":%.4f,\"p99_ms\":%.4f,\"p999_ms\":%.4f,\"max_ms\":%.4f",
                    quantile_ms(all, 0.50), quantile_ms(all, 0.99), quantile_ms(all, 0.999), (double)all->max / 1e6);
}

static inline int print_cpu(char *out, size_t size) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return snprintf(out, size, "\"cpu_user\":%.3f,\"cpu_system\":%.3f", seconds_of(usage.ru_utime),
                    seconds_of(usage.ru_stime));
}

#endif
