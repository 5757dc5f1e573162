/* introspection: see introspection.h. */
#include "access/introspection.h"

#include "net/fetch.h"
#include "net/http.h"

#include <stdlib.h>

#define QUESTION_LIMIT 16

struct question {
    struct access_introspection *owner;
    unsigned char digest[DIGEST_SHA256_SIZE];
    struct net_fetch_task *task; /* NULL: this place is free */
    struct access_wait *waiting;
};

struct access_introspection {
    struct arena *arena;
    struct access_introspection_options options;
    struct question questions[QUESTION_LIMIT];
};

struct access_introspection *
access_introspection_new(const struct access_introspection_options *options)
{
    struct access_introspection *introspection = calloc(1, sizeof *introspection);
    if (!introspection)
        abort();
    struct arena *arena = introspection->arena = arena_new(0);
    introspection->options = *options;
    introspection->options.name = arena_copy(arena, options->name);
    introspection->options.url = arena_copy(arena, options->url);
    introspection->options.user = arena_copy(arena, options->user);
    introspection->options.secret = arena_copy(arena, options->secret);
    return introspection;
}

static void tell_waiting(struct question *question)
{
    struct access_wait *waiting = question->waiting;
    question->waiting = NULL;
    while (waiting) {
        struct access_wait *wait = waiting;
        waiting = wait->next;
        wait->done(wait->data);
    }
}

void access_introspection_free(struct access_introspection *introspection)
{
    if (!introspection)
        return;
    for (size_t i = 0; i < QUESTION_LIMIT; i++) {
        if (introspection->questions[i].task)
            net_fetch_cancel(introspection->questions[i].task);
        tell_waiting(&introspection->questions[i]);
    }
    arena_free(introspection->arena);
    free(introspection);
}

static void fetched(void *data, const struct net_fetch_answer *answer)
{
    struct question *question = data;
    const struct access_introspection_options *options = &question->owner->options;
    question->task = NULL;
    if (!answer->well)
        LOG_EVENT(options->log, LOG_WARNING, "issuer-not-asked", LOG_TEXT("of", options->name),
                  LOG_TEXT("why", slice_of(answer->words)));
    options->answered(options->data, question->digest, answer->body);
    tell_waiting(question);
}

/* The place where this token is asked about already, else a free one, else NULL. */
static struct question *find_place(struct access_introspection *introspection,
                                   const unsigned char *digest)
{
    struct question *place = NULL;
    for (size_t i = 0; i < QUESTION_LIMIT; i++) {
        struct question *question = &introspection->questions[i];
        if (question->task && memcmp(question->digest, digest, DIGEST_SHA256_SIZE) == 0)
            return question;
        if (!question->task)
            place = question;
    }
    return place;
}

/* RFC 7662 2.1. */
static void begin(struct question *question, struct slice token)
{
    const struct access_introspection_options *options = &question->owner->options;
    struct arena *arena = arena_new(0);
    const struct net_fetch_request request = {
        .url = options->url,
        .body = arena_format(arena, "token=%.*s&token_type_hint=access_token",
                             SLICE_ARG(http_percent_encode(token, arena))),
        .user = options->user,
        .password = options->secret};
    question->task = net_fetch_start(options->fetch, &request, fetched, question);
    arena_free(arena);
}

bool access_introspection_ask(struct access_introspection *introspection, struct slice token,
                              const unsigned char *digest, struct access_wait *wait)
{
    struct question *question = find_place(introspection, digest);
    if (!question)
        return false;
    wait->next = question->waiting;
    question->waiting = wait;
    if (question->task)
        return true;
    question->owner = introspection;
    memcpy(question->digest, digest, DIGEST_SHA256_SIZE);
    begin(question, token);
    return true;
}
