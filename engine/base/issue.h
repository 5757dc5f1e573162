/* issue: the one vocabulary of what can be wrong.
 *
 * Every failure that a sender, a client or an admin may see is an issue: a code from the table
 * below, a severity, a place, and words. From the code alone derive the ERR segment (HL7 table
 * 0357), the OperationOutcome (issue.code), the HTTP status and the log line, so that no two doors
 * tell two stories.
 *
 * Words are lower case without a stop; they say what could not be done and why ("could not" may
 * work later, "cannot" never will). No issue ever carries a value of a message: places, codes and
 * counts only, because issues travel to logs and to other people's screens.
 *
 * Lower rooms report issues; only the top rooms log them, once. */
#ifndef BASE_ISSUE_H
#define BASE_ISSUE_H

#include "base/arena.h"

/* HL7 table 0516 and FHIR issue-severity in one. */
enum issue_severity {
    ISSUE_INFORMATION, /* 0516 I, FHIR information */
    ISSUE_WARNING,     /* 0516 W, FHIR warning: done, but look at it */
    ISSUE_ERROR,       /* 0516 E, FHIR error: not done */
    ISSUE_FATAL /* 0516 F, FHIR fatal: not looked at, or failed for a reason outside the content */
};

/* What the acknowledgement of the message becomes (HL7 v2.5.1 2.9.2, 2.9.3). */
enum issue_answer {
    ISSUE_ANSWER_ACCEPT, /* AA or CA */
    ISSUE_ANSWER_ERROR,  /* AE or CE */
    ISSUE_ANSWER_REJECT  /* AR or CR */
};

/* name, log name, FHIR issue-type, HTTP status, HL7 table 0357 code, answer, usual words.
 * 0357: https://terminology.hl7.org CodeSystem v2-0357; issue-type:
 * http://hl7.org/fhir/R4/valueset-issue-type.html */
/* clang-format off */
#define ISSUE_TABLE(row)                                                                           \
    row(NONE, "none", "informational", 200, 0, ACCEPT,                                             \
        "message accepted")                                                                        \
    row(SEGMENT_SEQUENCE, "segment-sequence", "structure", 400, 100, ERROR,                        \
        "segment sequence error")                                                                  \
    row(NOT_A_MESSAGE, "not-a-message", "structure", 400, 100, REJECT,                             \
        "not an HL7 v2 message")                                                                   \
    row(REQUIRED_FIELD, "required-field", "required", 400, 101, ERROR,                             \
        "required field missing")                                                                  \
    row(REQUIRED_HEADER, "required-header", "required", 400, 101, REJECT,                          \
        "required field missing")                                                                  \
    row(DATA_TYPE, "data-type", "value", 400, 102, ERROR,                                          \
        "data type error")                                                                         \
    row(TABLE_VALUE, "table-value", "code-invalid", 400, 103, ERROR,                               \
        "table value not found")                                                                   \
    row(TABLE_VALUE_HEADER, "table-value-header", "code-invalid", 400, 103, REJECT,                \
        "table value not found")                                                                   \
    row(TOO_LONG_VALUE, "value-too-long", "too-long", 413, 104, ERROR,                             \
        "value too long")                                                                          \
    row(TOO_LARGE_MESSAGE, "message-too-large", "too-long", 413, 104, REJECT,                      \
        "message too large")                                                                       \
    row(CARDINALITY, "cardinality", "structure", 400, 198, ERROR,                                  \
        "too many or too few repetitions")                                                         \
    row(MESSAGE_TYPE, "message-type", "not-supported", 400, 200, REJECT,                           \
        "unsupported message type")                                                                \
    row(EVENT_CODE, "event-code", "not-supported", 400, 201, REJECT,                               \
        "unsupported event code")                                                                  \
    row(PROCESSING_ID, "processing-id", "not-supported", 400, 202, REJECT,                         \
        "unsupported processing id")                                                               \
    row(VERSION_ID, "version-id", "not-supported", 400, 203, REJECT,                               \
        "unsupported version id")                                                                  \
    row(UNKNOWN_KEY, "unknown-key", "not-found", 404, 204, ERROR,                                  \
        "unknown key identifier")                                                                  \
    row(DUPLICATE_KEY, "duplicate-key", "duplicate", 409, 205, ERROR,                              \
        "duplicate key identifier")                                                                \
    row(RECORD_LOCKED, "record-locked", "lock-error", 409, 206, REJECT,                            \
        "application record locked")                                                               \
    row(APPLICATION, "application", "exception", 500, 207, REJECT,                                 \
        "application internal error")                                                              \
    row(NOT_OURS, "not-ours", "forbidden", 403, 207, REJECT,                                       \
        "sender or receiver not allowed here")                                                     \
    row(BATCH_COUNT, "batch-count", "structure", 400, 207, REJECT,                                 \
        "batch count does not match")                                                              \
    row(STORE_DOWN, "store-down", "transient", 503, 207, REJECT,                                   \
        "storage not available")                                                                   \
    row(OUTCOME_UNKNOWN, "outcome-unknown", "timeout", 503, 207, REJECT,                            \
        "nobody knows whether it was stored")                                                      \
    row(BUSY, "busy", "throttled", 429, 207, REJECT,                                               \
        "too many requests")                                                                       \
    row(OVERLOADED, "overloaded", "throttled", 503, 207, REJECT,                                   \
        "no room for more at the moment")                                                          \
    row(TIMEOUT, "timeout", "timeout", 408, 207, REJECT,                                           \
        "not finished in time")                                                                    \
    row(TOO_SLOW, "too-slow", "timeout", 504, 207, REJECT,                                         \
        "took too long")                                                                           \
    row(TOO_COSTLY, "too-costly", "too-costly", 413, 207, REJECT,                                  \
        "needs more than a request may have")                                                      \
    row(SYNTAX, "syntax", "structure", 400, 102, ERROR,                                            \
        "content cannot be parsed")                                                                \
    row(STRUCTURE, "structure", "structure", 400, 102, ERROR,                                      \
        "unknown element or wrong structure")                                                      \
    row(INVARIANT, "invariant", "invariant", 422, 102, ERROR,                                      \
        "a rule of the definition does not hold")                                                  \
    row(BUSINESS_RULE, "business-rule", "business-rule", 422, 207, ERROR,                          \
        "a rule of this server does not hold")                                                     \
    row(MAPPING, "mapping", "processing", 422, 207, ERROR,                                         \
        "cannot be translated")                                                                    \
    row(HELD, "held", "incomplete", 202, 0, ACCEPT,                                                \
        "held until a mapping is resolved")                                                        \
    row(LOGIN, "login", "login", 401, 207, REJECT,                                                 \
        "no valid credentials")                                                                    \
    row(EXPIRED, "expired", "expired", 401, 207, REJECT,                                           \
        "credentials have expired")                                                                \
    row(FORBIDDEN, "forbidden", "forbidden", 403, 207, REJECT,                                     \
        "not allowed")                                                                             \
    row(NOT_FOUND, "not-found", "not-found", 404, 204, ERROR,                                      \
        "not found")                                                                               \
    row(DELETED, "deleted", "deleted", 410, 204, ERROR,                                            \
        "has been deleted")                                                                        \
    row(METHOD, "method", "not-supported", 405, 200, ERROR,                                        \
        "method not allowed here")                                                                 \
    row(MEDIA_TYPE, "media-type", "not-supported", 415, 200, ERROR,                                \
        "media type not supported")                                                                \
    row(NOT_ACCEPTABLE, "not-acceptable", "not-supported", 406, 200, ERROR,                        \
        "no acceptable media type")                                                                \
    row(NOT_SUPPORTED, "not-supported", "not-supported", 400, 207, ERROR,                          \
        "not supported")                                                                           \
    row(CONFLICT, "conflict", "conflict", 409, 205, ERROR,                                         \
        "conflicts with what is stored")                                                           \
    row(PRECONDITION, "precondition", "conflict", 412, 205, ERROR,                                 \
        "the condition does not hold")                                                             \
    row(MULTIPLE_MATCHES, "multiple-matches", "multiple-matches", 412, 205, ERROR,                 \
        "more than one match")                                                                     \
    row(URI_TOO_LONG, "uri-too-long", "too-long", 414, 104, ERROR,                                 \
        "request line too long")                                                                   \
    row(HEADERS_TOO_LARGE, "headers-too-large", "too-long", 431, 104, ERROR,                       \
        "headers too large")                                                                       \
    row(CONFIGURATION, "configuration", "invalid", 500, 207, REJECT,                               \
        "configuration is not valid")
/* clang-format on */

enum issue_code {
#define ISSUE_ROW(name, log, fhir, http, hl7, answer, words) ISSUE_##name,
    ISSUE_TABLE(ISSUE_ROW)
#undef ISSUE_ROW
        ISSUE_CODE_COUNT
};

/* One row of the table. */
struct issue_kind {
    const char *name;      /* log and metric name, kebab-case */
    const char *fhir_type; /* OperationOutcome.issue.code */
    int http_status;
    int hl7_code; /* table 0357 */
    enum issue_answer answer;
    const char *words; /* English, for people */
};

/* Where it is. Which fields count is said by `kind`; unused numbers are 0. */
enum issue_place_kind {
    ISSUE_PLACE_NONE,
    ISSUE_PLACE_V2,   /* name = segment id; sequence, field .. subcomponent from 1, 0 = not said */
    ISSUE_PLACE_FHIR, /* name = FHIRPath expression such as Observation.value.code */
    ISSUE_PLACE_FILE  /* name = file; line and column from 1; length = bytes to underline */
};

struct issue_place {
    enum issue_place_kind kind;
    struct slice name;
    unsigned sequence, field, repetition, component, subcomponent;
    unsigned line, column, length;
};

struct issue {
    enum issue_code code;
    enum issue_severity severity;
    struct issue_place place;
    struct slice words; /* empty: the usual words of the code */
    struct slice hint;  /* one suggestion for a person, may be empty */
    struct slice rule; /* id of the lint rule or HL7 row that found it ("field-not-in-version"); may
                          be empty */
};

/* A list in an arena. At most ISSUE_LIST_LIMIT are kept; the rest is counted. */
#define ISSUE_LIST_LIMIT 200
struct issue_list {
    struct arena *arena;
    struct issue *items;
    size_t count;
    size_t capacity;
    size_t dropped;              /* found after the list was full */
    enum issue_severity highest; /* of all, dropped ones included; ISSUE_INFORMATION when empty */
};

/* The row of a code; never NULL. */
const struct issue_kind *issue_kind(enum issue_code code);
/* "information", "warning", "error", "fatal" (FHIR issue-severity). */
const char *issue_severity_name(enum issue_severity severity);
/* 'I', 'W', 'E', 'F' (HL7 table 0516). */
char issue_severity_letter(enum issue_severity severity);
/* The words of an issue: its own, else its code's. */
struct slice issue_words(const struct issue *issue);

/* An empty list whose texts live in `arena`. */
void issue_list_init(struct issue_list *list, struct arena *arena);
/* Adds a copy; the slices in it must live as long as the arena. A NULL list drops it. */
void issue_add(struct issue_list *list, struct issue issue);
/* Adds copies of all issues of another list, their texts in this one's arena: for what is found in
 * an arena that will not last. A NULL list drops them. */
void issue_list_take(struct issue_list *list, const struct issue_list *from);
/* Adds one with formatted words; `place` may be ISSUE_NOWHERE. Never a value of a message in it. */
void issue_report(struct issue_list *list, enum issue_code code, enum issue_severity severity,
                  struct issue_place place, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* True when something of severity error or fatal is in the list. */
bool issue_list_failed(const struct issue_list *list);
/* The first issue of error or fatal severity, or NULL. */
const struct issue *issue_list_first_error(const struct issue_list *list);

#define ISSUE_NOWHERE ((struct issue_place){.kind = ISSUE_PLACE_NONE})
struct issue_place issue_place_fhir(struct slice expression);
struct issue_place issue_place_file(struct slice file, unsigned line, unsigned column);
/* Numbers from 1; 0 = not said. `sequence` is the number of the segment among those of its name. */
struct issue_place issue_place_v2(struct slice segment, unsigned sequence, unsigned field,
                                  unsigned repetition, unsigned component, unsigned subcomponent);
/* "PID[1]-5[1].2", "Patient.name[0]", "a.xml:3:14", or "" as text in the arena. */
struct slice issue_place_text(const struct issue_place *place, struct arena *arena);

#endif
