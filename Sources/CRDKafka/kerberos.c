// Debian's librdkafka refers to Cyrus SASL for one mechanism, GSSAPI (Kerberos), which no setting of `pubsub.kafka` can ask for: PLAIN and
// SCRAM are librdkafka's own. In the one-file release these say that there is none, instead of an archive that loads plugins from the system.
#ifdef MARTLET_STATIC

#define SASL_OK 0
#define SASL_NOMECH -4

int sasl_client_init(const void *callbacks) {
    (void)callbacks;
    return SASL_OK;
}

int sasl_client_new(const char *service, const char *server, const char *local, const char *remote,
                    const void *callbacks, unsigned flags, void **connection) {
    (void)service, (void)server, (void)local, (void)remote, (void)callbacks, (void)flags;
    *connection = 0;
    return SASL_NOMECH;
}

int sasl_client_start(void *connection, const char *mechanisms, void **prompt, const char **out, unsigned *length,
                      const char **mechanism) {
    (void)connection, (void)mechanisms, (void)prompt, (void)out, (void)length, (void)mechanism;
    return SASL_NOMECH;
}

int sasl_client_step(void *connection, const char *in, unsigned length, void **prompt, const char **out,
                     unsigned *out_length) {
    (void)connection, (void)in, (void)length, (void)prompt, (void)out, (void)out_length;
    return SASL_NOMECH;
}

int sasl_listmech(void *connection, const char *user, const char *prefix, const char *separator, const char *suffix,
                  const char **result, unsigned *length, int *count) {
    (void)connection, (void)user, (void)prefix, (void)separator, (void)suffix, (void)result, (void)length, (void)count;
    return SASL_NOMECH;
}

int sasl_getprop(void *connection, int property, const void **value) {
    (void)connection, (void)property, (void)value;
    return SASL_NOMECH;
}

void sasl_dispose(void **connection) { *connection = 0; }

const char *sasl_errdetail(void *connection) {
    (void)connection;
    return "this build has no Kerberos";
}

const char *sasl_errstring(int error, const char *languages, const char **used) {
    (void)error, (void)languages, (void)used;
    return "this build has no Kerberos";
}

#else
typedef int martlet_kerberos_is_librdkafkas_own_matter;
#endif
