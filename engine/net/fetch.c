/* fetch: see fetch.h. A task belongs to its thread until the loop has it back; who loses interest
 * before takes `done` away. */
#include "net/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "net/loop.h"
#include "net/loop_internal.h"

#define LARGEST_AGE INT64_C(31536000)

struct net_fetch {
    struct net_loop *loop;
    bool is_ready;        /* libcurl is set up when it is wanted: most instances fetch nothing */
    char *authority_path; /* NULL: the system's */
    struct net_fetch_task *tasks;
};

struct net_fetch_task {
    struct net_fetch *fetch; /* NULL: it is gone, and nobody waits */
    struct net_fetch_task *next;
    void (*done)(void *data, const struct net_fetch_answer *answer); /* NULL: cancelled */
    void *data;
    struct arena *arena; /* of the texts: */
    const char *url, *body, *user, *password, *authority_path;
    long body_len;
    struct buffer answer;
    CURLcode result;
    long status;
    int64_t max_age;
};

struct net_fetch *net_fetch_new(struct net_loop *loop, const char *authority_path)
{
    struct net_fetch *fetch = net_allocate(sizeof(*fetch));
    fetch->loop = loop;
    fetch->authority_path = authority_path ? strdup(authority_path) : NULL;
    return fetch;
}

void net_fetch_free(struct net_fetch *fetch)
{
    if (!fetch)
        return;
    for (struct net_fetch_task *task = fetch->tasks; task; task = task->next)
        task->fetch = NULL;
    free(fetch->authority_path);
    free(fetch);
}

/* --- on the thread ----------------------------------------------------------------------------
 */

static size_t take_bytes(char *bytes, size_t size, size_t count, void *data)
{
    struct net_fetch_task *task = data;
    buffer_append(&task->answer, (struct slice){bytes, size * count});
    return task->answer.overflowed ? 0 : size * count;
}

/* RFC 9111 5.2.2.1: max-age=SECONDS among the directives; no-store and no-cache count as 0. */
static int64_t read_max_age(struct slice directives)
{
    int64_t age = -1;
    for (struct slice each; slice_split(&directives, ',', &each);) {
        struct slice word = slice_trim(each);
        uint64_t seconds = 0;
        if (slice_equal_ignoring_case(word, SLICE("no-store")) ||
            slice_equal_ignoring_case(word, SLICE("no-cache")))
            return 0;
        if (slice_equal_ignoring_case(slice_part(word, 0, 8), SLICE("max-age=")))
            age = slice_to_uint64(slice_after(word, 8), (uint64_t)LARGEST_AGE, &seconds)
                      ? (int64_t)seconds
                      : 0;
    }
    return age;
}

/* 0 where each was taken. */
static CURLcode set_options(CURL *easy, struct net_fetch_task *task, struct curl_slist *headers)
{
    CURLcode code = CURLE_OK;
#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(easy, option, value) : code
    SET(CURLOPT_URL, task->url);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, (long)(NET_FETCH_TIME / 1000));
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_WRITEFUNCTION, take_bytes);
    SET(CURLOPT_WRITEDATA, task);
    if (task->authority_path) {
        SET(CURLOPT_CAINFO, task->authority_path);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (task->body) {
        SET(CURLOPT_POSTFIELDS, task->body);
        SET(CURLOPT_POSTFIELDSIZE, task->body_len);
    }
    if (task->user) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, task->user);
        SET(CURLOPT_PASSWORD, task->password);
    }
#undef SET
    return code;
}

static void run(void *data)
{
    struct net_fetch_task *task = data;
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    task->result = CURLE_OUT_OF_MEMORY;
    if (easy && headers)
        task->result = set_options(easy, task, headers);
    if (task->result == CURLE_OK)
        task->result = curl_easy_perform(easy);
    struct curl_header *caching = NULL;
    if (task->result == CURLE_OK) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &task->status);
        if (curl_easy_header(easy, "Cache-Control", 0, CURLH_HEADER, -1, &caching) == CURLHE_OK)
            task->max_age = read_max_age(slice_of(caching->value));
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
}

/* --- on the loop ------------------------------------------------------------------------------
 */

/* Those that an admin can do something about; all else is the last row's. */
static const struct {
    CURLcode code;
    const char *words;
} reasons[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "the name of the host could not be resolved"},
    {CURLE_COULDNT_CONNECT, "the host could not be reached"},
    {CURLE_OPERATION_TIMEDOUT, "no whole answer in five seconds"},
    {CURLE_WRITE_ERROR, "the answer is larger than 64 KiB"},
    {CURLE_PEER_FAILED_VERIFICATION, "the certificate of the host is not trusted"},
    {CURLE_SSL_CACERT_BADFILE, "the file of authorities cannot be read"},
    {CURLE_UNSUPPORTED_PROTOCOL, "the address is no https URL"},
    {CURLE_OK, "the request failed"},
};

static const char *words_of(const struct net_fetch_task *task)
{
    size_t row = 0;
    if (task->result == CURLE_OK)
        return task->status == 200 ? "" : "the host did not answer with 200";
    while (reasons[row].code != CURLE_OK && reasons[row].code != task->result)
        row++;
    return reasons[row].words;
}

static void forget(struct net_fetch_task *task)
{
    struct net_fetch_task **each = &task->fetch->tasks;
    while (*each != task)
        each = &(*each)->next;
    *each = task->next;
}

static void came_back(void *data)
{
    struct net_fetch_task *task = data;
    bool well = task->result == CURLE_OK && task->status == 200;
    const struct net_fetch_answer answer = {.well = well,
                                            .words = words_of(task),
                                            .body = well ? buffer_slice(&task->answer)
                                                         : (struct slice){NULL, 0},
                                            .max_age = task->max_age};
    if (task->fetch)
        forget(task);
    if (task->fetch && task->done)
        task->done(task->data, &answer);
    buffer_release(&task->answer);
    arena_free(task->arena);
    free(task);
}

struct net_fetch_task *
net_fetch_start(struct net_fetch *fetch, const struct net_fetch_request *request,
                void (*done)(void *data, const struct net_fetch_answer *answer), void *data)
{
    struct net_fetch_task *task = net_allocate(sizeof(*task));
    struct arena *arena = arena_new(0);
    if (!fetch->is_ready)
        curl_global_init(CURL_GLOBAL_DEFAULT);
    fetch->is_ready = true;
    *task = (struct net_fetch_task){.fetch = fetch,
                                    .next = fetch->tasks,
                                    .done = done,
                                    .data = data,
                                    .arena = arena,
                                    .url = arena_string(arena, request->url),
                                    .body_len = (long)request->body.len,
                                    .max_age = -1};
    if (request->body.ptr)
        task->body = arena_string(arena, request->body);
    if (request->user.ptr) {
        task->user = arena_string(arena, request->user);
        task->password = arena_string(arena, request->password);
    }
    if (fetch->authority_path)
        task->authority_path = arena_string(arena, slice_of(fetch->authority_path));
    buffer_init(&task->answer, NET_FETCH_BYTES);
    fetch->tasks = task;
    net_loop_work(fetch->loop, run, came_back, task);
    return task;
}

void net_fetch_cancel(struct net_fetch_task *task)
{
    task->done = NULL;
}
