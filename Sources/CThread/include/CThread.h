#ifndef MARTLET_CTHREAD_H
#define MARTLET_CTHREAD_H

/// The event loop that the calling thread runs, or NULL. A thread-local of C,
/// because `pthread_self()` is declared const and may be cached across suspensions.
void *martlet_current_loop(void);
void martlet_set_current_loop(void *loop);

#endif
