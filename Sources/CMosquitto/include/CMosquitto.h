#ifndef MARTLET_CMOSQUITTO_H
#define MARTLET_CMOSQUITTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// libmosquitto's control packets over a Unix socket pair of our own. The library is opened at run time: Debian has no archive of it.
/// One session belongs to one thread. No call blocks.

/// Opens libmosquitto.so.1 once for the process. NULL when it is there, else the loader's words. Any thread.
const char *martlet_mosquitto_open(void);
/// The library's version, such as 2000011; 0 while it is not open.
int martlet_mosquitto_version(void);
/// The library's words for a reason code of MQTT 5, for a return code of CONNACK in MQTT 3.1.1, and for its own errors.
const char *martlet_mosquitto_reason(int code);
const char *martlet_mosquitto_connack(int code);
const char *martlet_mosquitto_error(int code);

typedef struct martlet_mosquitto martlet_mosquitto;

typedef struct {
    const char *client_id;
    bool is_v5;
    bool clean_start;
    uint16_t keep_alive;
    /// NULL for none.
    const char *username;
    const char *password;
    /// MQTT 5 only.
    uint32_t session_expiry;
    uint16_t receive_maximum;
    uint32_t maximum_packet_size;
} martlet_mosquitto_settings;

/// What the last packet said. Zeroed by each feed.
typedef struct {
    bool is_connack;
    bool is_suback;
    bool is_unsuback;
    bool is_disconnect;
    bool session_present;
    bool retain_available;
    uint8_t maximum_qos;
    uint16_t receive_maximum;
    uint16_t server_keep_alive;
    uint32_t maximum_packet_size;
    int reason;
    int packet_id;
    /// The broker's own words (MQTT 5), cut; empty where it has none.
    char text[160];
} martlet_mosquitto_answer;

/// Makes a session whose CONNECT waits in the output. NULL with the reason in `error`.
martlet_mosquitto *martlet_mosquitto_make(const martlet_mosquitto_settings *settings, char *error, size_t error_size);
/// Gives the library one whole control packet of the broker. 0, or the library's error.
int martlet_mosquitto_feed(martlet_mosquitto *session, const void *packet, size_t size, martlet_mosquitto_answer *answer);
/// Takes what the library has for the broker: the number of bytes, 0 when there is no more.
size_t martlet_mosquitto_output(martlet_mosquitto *session, void *buffer, size_t capacity);
/// The packet id that SUBACK will name, or the negated error of the library.
int martlet_mosquitto_subscribe(martlet_mosquitto *session, const char *filter, int qos, int options);
/// The packet id that UNSUBACK will name, or the negated error of the library.
int martlet_mosquitto_unsubscribe(martlet_mosquitto *session, const char *filter);
/// Puts a DISCONNECT into the output.
void martlet_mosquitto_disconnect(martlet_mosquitto *session);
void martlet_mosquitto_free(martlet_mosquitto *session);

#endif
