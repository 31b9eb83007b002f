#include <yaml.h>

// The members of `yaml_event_t.data` and `yaml_parser_t` that the Swift side reads, as plain functions:
// anonymous unions import badly, and nothing but this header has to know their layout.

static inline const unsigned char *martlet_yaml_scalar_value(const yaml_event_t *event) { return event->data.scalar.value; }
static inline size_t martlet_yaml_scalar_length(const yaml_event_t *event) { return event->data.scalar.length; }
static inline int martlet_yaml_scalar_style(const yaml_event_t *event) { return (int)event->data.scalar.style; }

/// The anchor of a scalar, sequence, mapping or alias event; NULL where there is none.
static inline const unsigned char *martlet_yaml_anchor(const yaml_event_t *event) {
    switch (event->type) {
    case YAML_ALIAS_EVENT: return event->data.alias.anchor;
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor;
    default: return NULL;
    }
}

/// The tag of a scalar, sequence or mapping event; NULL where there is none.
static inline const unsigned char *martlet_yaml_tag(const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.tag;
    default: return NULL;
    }
}

/// What kind of event it is, as a number of ours: 0 other, 1 document start, 2 document end, 3 alias, 4 scalar,
/// 5 sequence start, 6 sequence end, 7 mapping start, 8 mapping end, 9 stream end.
static inline int martlet_yaml_kind(const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT: return 1;
    case YAML_DOCUMENT_END_EVENT: return 2;
    case YAML_ALIAS_EVENT: return 3;
    case YAML_SCALAR_EVENT: return 4;
    case YAML_SEQUENCE_START_EVENT: return 5;
    case YAML_SEQUENCE_END_EVENT: return 6;
    case YAML_MAPPING_START_EVENT: return 7;
    case YAML_MAPPING_END_EVENT: return 8;
    case YAML_STREAM_END_EVENT: return 9;
    default: return 0;
    }
}

/// Whether the parser's error comes from its scanner, which does not count the line it stands on.
static inline int martlet_yaml_is_scanner_error(const yaml_parser_t *parser) { return parser->error == YAML_SCANNER_ERROR; }
