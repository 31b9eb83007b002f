#ifndef MARTLET_CTHREAD_H
#define MARTLET_CTHREAD_H

/// The event loop that the calling thread runs, or NULL. A thread-local of C,
/// because `pthread_self()` is declared const and may be cached across suspensions.
void *martlet_current_loop(void);
void martlet_set_current_loop(void *loop);

/// Names the calling thread; at most 15 bytes. Glibc hides the call from plain C.
void martlet_name_thread(const char *name);

#endif
