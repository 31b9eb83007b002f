#define _GNU_SOURCE
#include "CThread.h"

#include <pthread.h>

static _Thread_local void *current_loop;

void *martlet_current_loop(void) { return current_loop; }

void martlet_set_current_loop(void *loop) { current_loop = loop; }

void martlet_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
