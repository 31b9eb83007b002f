#include <sqlite3.h>
#include <sys/vfs.h>

// Swift cannot call variadic functions, nor see macros that cast.
static inline int martlet_sqlite_without_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

static inline int martlet_sqlite_no_checkpoint_on_close(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

static inline int martlet_sqlite_bind_copy(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int martlet_sqlite_bind_text_copy(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

// tmpfs and ramfs: nothing there outlives the machine. (Glibc's module map leaves statfs out.)
static inline int martlet_is_in_memory(const char *path) {
    struct statfs facts;
    return statfs(path, &facts) == 0 && (facts.f_type == 0x01021994 || (unsigned int)facts.f_type == 0x858458f6U);
}
