// accept4 and mkdtemp
#define _GNU_SOURCE
#include "CMosquitto.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// What is used of the library. The header gives the types, the loader the addresses.
#define FUNCTIONS(X) \
    X(lib_init) X(lib_version) X(strerror) X(connack_string) X(reason_string) X(new) X(destroy) X(int_option) \
    X(username_pw_set) X(connect_bind_v5) X(disconnect_v5) X(subscribe_v5) X(unsubscribe_v5) X(loop_read) X(loop_write) \
    X(want_write) X(connect_v5_callback_set) X(disconnect_v5_callback_set) X(subscribe_v5_callback_set) \
    X(unsubscribe_v5_callback_set) X(property_add_int16) X(property_add_int32) X(property_free_all) \
    X(property_read_byte) X(property_read_int16) X(property_read_int32) X(property_read_string)

static struct {
#define MEMBER(name) __typeof__(mosquitto_##name) *name##_;
    FUNCTIONS(MEMBER)
} lib;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *open_error = "libmosquitto was not opened";
static int version;

static void open_library(void) {
    void *handle = dlopen("libmosquitto.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        char *words = strdup(dlerror());
        if (words) open_error = words;
        return;
    }
#define FIND(name) \
    if (!(lib.name##_ = (__typeof__(mosquitto_##name) *)dlsym(handle, "mosquitto_" #name))) { \
        open_error = "libmosquitto.so.1 has no mosquitto_" #name; \
        return; \
    }
    FUNCTIONS(FIND)
    int major, minor, revision;
    version = lib.lib_version_(&major, &minor, &revision);
    if (version < 2000000) {
        open_error = "libmosquitto.so.1 is older than 2.0";
        return;
    }
    if (lib.lib_init_() != MOSQ_ERR_SUCCESS) {
        open_error = "libmosquitto.so.1 cannot be initialised";
        return;
    }
    open_error = NULL;
}

const char *martlet_mosquitto_open(void) {
    pthread_once(&once, open_library);
    return open_error;
}

int martlet_mosquitto_version(void) { return open_error ? 0 : version; }
const char *martlet_mosquitto_reason(int code) { return open_error ? "" : lib.reason_string_(code); }
const char *martlet_mosquitto_connack(int code) { return open_error ? "" : lib.connack_string_(code); }
const char *martlet_mosquitto_error(int code) { return open_error ? "" : lib.strerror_(code); }

struct martlet_mosquitto {
    struct mosquitto *library;
    int end;  // our end of the socket pair
    martlet_mosquitto_answer *answer;
};

// MARK: Callbacks, from inside feed() only

static void copy_text(martlet_mosquitto_answer *answer, const mosquitto_property *properties) {
    char *text = NULL;
    if (!properties || !lib.property_read_string_(properties, MQTT_PROP_REASON_STRING, &text, false)) return;
    if (text) snprintf(answer->text, sizeof answer->text, "%s", text);
    free(text);
}

static void on_connect(struct mosquitto *library, void *owner, int code, int flags, const mosquitto_property *properties) {
    martlet_mosquitto_answer *answer = ((martlet_mosquitto *)owner)->answer;
    (void)library;
    if (!answer) return;
    answer->is_connack = true;
    answer->reason = code;
    answer->session_present = flags & 1;
    answer->retain_available = true;
    answer->maximum_qos = 2;
    answer->receive_maximum = UINT16_MAX;
    if (!properties) return;
    uint8_t byte;
    if (lib.property_read_byte_(properties, MQTT_PROP_RETAIN_AVAILABLE, &byte, false)) answer->retain_available = byte != 0;
    if (lib.property_read_byte_(properties, MQTT_PROP_MAXIMUM_QOS, &byte, false)) answer->maximum_qos = byte;
    lib.property_read_int16_(properties, MQTT_PROP_RECEIVE_MAXIMUM, &answer->receive_maximum, false);
    lib.property_read_int16_(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &answer->server_keep_alive, false);
    lib.property_read_int32_(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &answer->maximum_packet_size, false);
    copy_text(answer, properties);
}

static void on_disconnect(struct mosquitto *library, void *owner, int code, const mosquitto_property *properties) {
    martlet_mosquitto_answer *answer = ((martlet_mosquitto *)owner)->answer;
    (void)library;
    if (!answer || answer->is_connack) return;
    answer->is_disconnect = true;
    answer->reason = code;
    copy_text(answer, properties);
}

static void on_subscribe(struct mosquitto *library, void *owner, int id, int count, const int *granted,
                         const mosquitto_property *properties) {
    martlet_mosquitto_answer *answer = ((martlet_mosquitto *)owner)->answer;
    (void)library;
    if (!answer) return;
    answer->is_suback = true;
    answer->packet_id = id;
    answer->reason = count > 0 ? granted[0] : 0x80;
    copy_text(answer, properties);
}

static void on_unsubscribe(struct mosquitto *library, void *owner, int id, const mosquitto_property *properties) {
    martlet_mosquitto_answer *answer = ((martlet_mosquitto *)owner)->answer;
    (void)library;
    if (!answer) return;
    answer->is_unsuback = true;
    answer->packet_id = id;
    copy_text(answer, properties);
}

// MARK: The socket pair

static int listen_in(const char *directory, char *folder, struct sockaddr_un *address) {
    if (!directory || snprintf(folder, sizeof address->sun_path - 4, "%s/martlet-mqtt-XXXXXX", directory) >= (int)sizeof address->sun_path - 4)
        return -1;
    if (!mkdtemp(folder)) return -1;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    size_t length = strlen(folder);
    memcpy(address->sun_path, folder, length);
    memcpy(address->sun_path + length, "/s", 3);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener >= 0 && (bind(listener, (struct sockaddr *)address, sizeof *address) != 0 || listen(listener, 1) != 0)) {
        close(listener);
        listener = -1;
    }
    if (listener < 0) rmdir(folder);
    return listener;
}

// The library connects by itself: to a path in a folder that only we may enter, and that is gone again when this returns.
static int attach(martlet_mosquitto *session, int keep_alive, const mosquitto_property *properties, char *error, size_t error_size) {
    const char *places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp", "/run", "/dev/shm", "/var/tmp"};
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct sockaddr_un address;
    int listener = -1;
    for (size_t index = 0; listener < 0 && index < sizeof places / sizeof *places; index++)
        listener = listen_in(places[index], folder, &address);
    if (listener < 0) {
        snprintf(error, error_size, "no folder for a socket can be made in $TMPDIR, /tmp, /run, /dev/shm or /var/tmp (%s)", strerror(errno));
        return -1;
    }
    int status = lib.connect_bind_v5_(session->library, address.sun_path, 0, keep_alive, NULL, properties);
    if (status == MOSQ_ERR_SUCCESS) session->end = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (status != MOSQ_ERR_SUCCESS)
        snprintf(error, error_size, "libmosquitto: %s", status == MOSQ_ERR_ERRNO ? strerror(errno) : lib.strerror_(status));
    else if (session->end < 0)
        snprintf(error, error_size, "libmosquitto did not connect to its socket (%s)", strerror(errno));
    close(listener);
    unlink(address.sun_path);
    rmdir(folder);
    return session->end < 0 ? -1 : 0;
}

// MARK: Sessions

static int add_properties(const martlet_mosquitto_settings *settings, mosquitto_property **properties) {
    int status = MOSQ_ERR_SUCCESS;
    if (settings->session_expiry > 0)
        status |= lib.property_add_int32_(properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, settings->session_expiry);
    if (settings->receive_maximum > 0)
        status |= lib.property_add_int16_(properties, MQTT_PROP_RECEIVE_MAXIMUM, settings->receive_maximum);
    if (settings->maximum_packet_size > 0)
        status |= lib.property_add_int32_(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, settings->maximum_packet_size);
    return status;
}

martlet_mosquitto *martlet_mosquitto_make(const martlet_mosquitto_settings *settings, char *error, size_t error_size) {
    martlet_mosquitto *session = calloc(1, sizeof *session);
    mosquitto_property *properties = NULL;
    int status = MOSQ_ERR_NOMEM;
    if (!session) goto failed;
    session->end = -1;
    session->library = lib.new_(settings->client_id, settings->clean_start, session);
    if (!session->library) {
        status = errno == EINVAL ? MOSQ_ERR_INVAL : MOSQ_ERR_NOMEM;
        goto failed;
    }
    status = lib.int_option_(session->library, MOSQ_OPT_PROTOCOL_VERSION, settings->is_v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    if (status == MOSQ_ERR_SUCCESS && settings->username)
        status = lib.username_pw_set_(session->library, settings->username, settings->password);
    if (status == MOSQ_ERR_SUCCESS && settings->is_v5) status = add_properties(settings, &properties);
    if (status != MOSQ_ERR_SUCCESS) goto failed;
    lib.connect_v5_callback_set_(session->library, on_connect);
    lib.disconnect_v5_callback_set_(session->library, on_disconnect);
    lib.subscribe_v5_callback_set_(session->library, on_subscribe);
    lib.unsubscribe_v5_callback_set_(session->library, on_unsubscribe);
    if (attach(session, settings->keep_alive, properties, error, error_size) == 0) {
        lib.property_free_all_(&properties);
        return session;
    }
    lib.property_free_all_(&properties);
    martlet_mosquitto_free(session);
    return NULL;
failed:
    snprintf(error, error_size, "libmosquitto: %s", lib.strerror_(status));
    lib.property_free_all_(&properties);
    martlet_mosquitto_free(session);
    return NULL;
}

int martlet_mosquitto_feed(martlet_mosquitto *session, const void *packet, size_t size, martlet_mosquitto_answer *answer) {
    memset(answer, 0, sizeof *answer);
    ssize_t sent = send(session->end, packet, size, MSG_NOSIGNAL);
    if (sent < 0 || (size_t)sent != size) return MOSQ_ERR_CONN_LOST;
    session->answer = answer;
    int status = MOSQ_ERR_SUCCESS;
    // By what is there and not by errno, which the library leaves set by other calls. Each round reads at least one packet.
    for (size_t round = 0; round <= size && status == MOSQ_ERR_SUCCESS; round++) {
        int left = 0;
        status = lib.loop_read_(session->library, 1);
        if (ioctl(session->end, TIOCOUTQ, &left) != 0 || left <= 0) break;
    }
    session->answer = NULL;
    return status;
}

size_t martlet_mosquitto_output(martlet_mosquitto *session, void *buffer, size_t capacity) {
    for (int round = 0; round < 64 && lib.want_write_(session->library); round++)
        if (lib.loop_write_(session->library, 1) != MOSQ_ERR_SUCCESS) break;
    ssize_t count = recv(session->end, buffer, capacity, 0);
    return count > 0 ? (size_t)count : 0;
}

int martlet_mosquitto_subscribe(martlet_mosquitto *session, const char *filter, int qos, int options) {
    int id = 0;
    int status = lib.subscribe_v5_(session->library, &id, filter, qos, options, NULL);
    return status == MOSQ_ERR_SUCCESS ? id : -status;
}

int martlet_mosquitto_unsubscribe(martlet_mosquitto *session, const char *filter) {
    int id = 0;
    int status = lib.unsubscribe_v5_(session->library, &id, filter, NULL);
    return status == MOSQ_ERR_SUCCESS ? id : -status;
}

void martlet_mosquitto_disconnect(martlet_mosquitto *session) { lib.disconnect_v5_(session->library, 0, NULL); }

void martlet_mosquitto_free(martlet_mosquitto *session) {
    if (!session) return;
    if (session->library) lib.destroy_(session->library);
    if (session->end >= 0) close(session->end);
    free(session);
}
