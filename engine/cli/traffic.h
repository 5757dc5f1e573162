/* traffic: the messages that a view of the mappings looks at: those of files, or the stored ones of
 * an instance.
 *
 *   map coverage FILE...
 *   map coverage --instance DIR --since 2026-11-20 --feed mission-oru
 *
 * Stored messages are read newest first and one at a time; what never came whole (a fragment) and
 * what came from a feed that is no more is passed over. Reading is not a look in the sense of the
 * audit as long as nothing of a message is shown: who shows values notes that first. */
#ifndef CLI_TRAFFIC_H
#define CLI_TRAFFIC_H

#include "cli/input.h"
#include "cli/instance.h"

struct pipeline_inbox;

/* The rows for a command's options; help of each as here. */
#define TRAFFIC_INSTANCE                                                                           \
    {                                                                                              \
        "instance", "DIR", "look at the stored messages of this instance", false                   \
    }
#define TRAFFIC_OPTIONS                                                                            \
    TRAFFIC_INSTANCE, {"since", "T", "stored messages received at or after T", false},             \
        {"feed", "NAME", "stored messages of this feed only", false},                              \
    {                                                                                              \
        "limit", "N", "at most so many stored messages, the newest; else 10000", false             \
    }

/* Where the messages come from. */
struct traffic {
    struct command_call *call;
    bool is_stored;
    struct instance instance; /* where stored */
    struct pipeline_inbox *inbox;
    instant since;
    struct slice feed;
    uint64_t limit;
    size_t passed_over; /* stored messages of feeds that are no more */
};

struct traffic_message {
    struct input_message *input;
    struct slice subject;             /* "a.hl7: message 3", "message 65537, feed mission-oru" */
    const struct instance_feed *feed; /* NULL for a file */
    instant received;                 /* of a stored one */
    int64_t key;                      /* the same */
};

/* Reads the options of the call and opens what they name. COMMAND_DONE or an exit code with issues
 * in the call. */
enum command_exit traffic_open(struct traffic *traffic, struct command_call *call);
/* Always, whether it was opened or not. */
void traffic_close(struct traffic *traffic);

/* Visits each message: of the operands from number `first` on, or the stored ones. `charset` is
 * that of messages in files that do not say theirs. False from a visit makes COMMAND_FOUND of the
 * whole and goes on. */
enum command_exit traffic_each(struct traffic *traffic, size_t first, enum hl7v2_charset charset,
                               bool (*visit)(const struct traffic_message *message, void *data),
                               void *data);

/* Visits the stored message of that key or MSH-10; none where there is none. `is_look` notes in the
 * audit that its values are about to be shown. */
enum command_exit traffic_one(struct traffic *traffic, struct slice key, bool is_look,
                              bool (*visit)(const struct traffic_message *message, void *data),
                              void *data);

#endif
