/* inspection: see the header. */
#include "cli/inspection.h"
#include "cli/trust.h"

#include "net/revocation.h"

#define EXPIRY_WARNING (30 * TIME_DAY)

static void judge_expiry(const char *path, const char *what, instant expires, instant soon,
                         instant now, struct issue_list *issues)
{
    if (expires > soon) {
        return;
    }
    issue_report(issues, ISSUE_EXPIRED, expires > now ? ISSUE_WARNING : ISSUE_ERROR,
                 issue_place_file(slice_of(path), 0, 0), "the %s %s on %.*s", what,
                 expires > now ? "expires" : "has expired",
                 SLICE_ARG(time_format(expires, 0, issues->arena)));
}

/* Of a feed's certificates the first is the one that it has, or is about to have. */
static int inspect_feed(const struct instance *instance, const struct instance_feed *feed,
                        instant now, struct issue_list *issues)
{
    struct certificate *certificates = NULL;
    size_t count = 0;
    const char *path = instance_path(instance, feed->certificate, issues->arena);
    if (certificate_read_all(path, issues->arena, &certificates, &count, issues) != 0) {
        return -1;
    }
    judge_expiry(path, "certificate", certificates[0].not_after, now + EXPIRY_WARNING, now, issues);
    return 0;
}

/* Lists live for days or for years: the last quarter of its life is when somebody should have
 * fetched the next one. */
static int inspect_lists(const struct instance *instance, instant now, struct issue_list *issues)
{
    struct revocation_list *lists = NULL;
    size_t count = 0;
    if (instance->settings.crl.len == 0) {
        return 0;
    }
    const char *path = instance_path(instance, instance->settings.crl, issues->arena);
    const char *authority = instance_path(instance, instance->settings.ca, issues->arena);
    if (revocation_read(path, authority, issues->arena, &lists, &count, issues) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        instant quarter = (lists[i].expires - lists[i].issued) / 4;
        judge_expiry(path, "revocation list", lists[i].expires,
                     now + (quarter < EXPIRY_WARNING ? quarter : EXPIRY_WARNING), now, issues);
    }
    return 0;
}

static int inspect_certificate(const struct instance *instance, struct slice name, instant now,
                               struct issue_list *issues)
{
    struct certificate certificate;
    if (name.len == 0) {
        return 0;
    }
    const char *path = instance_path(instance, name, issues->arena);
    if (certificate_read(path, issues->arena, &certificate, issues) != 0) {
        return -1;
    }
    judge_expiry(path, "certificate", certificate.not_after, now + EXPIRY_WARNING, now, issues);
    return 0;
}

int inspection_certificates(const struct instance *instance, instant now, struct issue_list *issues)
{
    const struct instance_settings *settings = &instance->settings;
    const struct slice ours[] = {settings->ca, settings->certificate, settings->database_ca};
    int result = 0;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        result |= inspect_certificate(instance, ours[i], now, issues);
    }
    result |= inspect_lists(instance, now, issues);
    for (size_t i = 0; i < instance->feed_count; i++) {
        result |= inspect_feed(instance, &instance->feeds[i], now, issues);
    }
    for (size_t i = 0; i < instance->destination_count; i++) {
        const struct instance_destination *destination = &instance->destinations[i];
        result |= inspect_certificate(instance, destination->ca, now, issues);
        result |= inspect_certificate(instance, destination->certificate, now, issues);
    }
    return result;
}

/* --- one certificate, several feeds ----------------------------------------------------------- */

static bool words_meet(struct slice a, struct slice b)
{
    const struct slice any = SLICE("*");
    return slice_equal(a, any) || slice_equal(b, any) || slice_equal(a, b);
}

static bool senders_meet(const struct instance_feed *a, const struct instance_feed *b)
{
    for (size_t i = 0; i < a->allowed_count; i++) {
        for (size_t j = 0; j < b->allowed_count; j++) {
            /* any application is any sender, whatever the facility says */
            bool any = slice_equal(a->allowed[i].application, SLICE("*")) ||
                       slice_equal(b->allowed[j].application, SLICE("*"));
            if (any || (words_meet(a->allowed[i].application, b->allowed[j].application) &&
                        words_meet(a->allowed[i].facility, b->allowed[j].facility))) {
                return true;
            }
        }
    }
    return false;
}

/* The certificates of a feed; none where they cannot be read, which is said elsewhere. */
struct shown {
    struct certificate *certificates;
    size_t count;
};

static const struct shown *certificates_of(const struct instance *instance, struct arena *arena)
{
    struct shown *shown = ARENA_ARRAY(arena, instance->feed_count + 1, struct shown);
    struct issue_list passed_over;
    issue_list_init(&passed_over, arena);
    for (size_t i = 0; i < instance->feed_count; i++) {
        const char *path = instance_path(instance, instance->feeds[i].certificate, arena);
        if (certificate_read_all(path, arena, &shown[i].certificates, &shown[i].count,
                                 &passed_over) != 0) {
            shown[i].count = 0;
        }
    }
    return shown;
}

static bool certificates_meet(const struct shown *a, const struct shown *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (slice_equal(a->certificates[i].fingerprint, b->certificates[j].fingerprint)) {
                return true;
            }
        }
    }
    return false;
}

int inspection_shared_certificates(const struct instance *instance, struct issue_list *issues)
{
    const struct shown *shown = certificates_of(instance, issues->arena);
    int result = 0;
    for (size_t i = 0; i < instance->feed_count; i++) {
        for (size_t j = i + 1; j < instance->feed_count; j++) {
            const struct instance_feed *a = &instance->feeds[i], *b = &instance->feeds[j];
            if (!certificates_meet(&shown[i], &shown[j]) || !senders_meet(a, b)) {
                continue;
            }
            issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, issue_place_file(b->file, 0, 0),
                         "has the same certificate as feed '%.*s' and allows the same MSH-3/MSH-4: "
                         "it cannot be known whose a message is",
                         SLICE_ARG(a->name));
            result = -1;
        }
    }
    return result;
}

bool inspection_clock(const struct instance *instance, struct issue_list *issues)
{
    if (!instance->settings.test_clock)
        return true;
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_WARNING, ISSUE_NOWHERE,
                 "the dates of the record follow a test clock: no instance for patients");
    return false;
}

int inspection_run(const struct knowledge *knowledge, const struct instance *instance, instant now,
                   struct issue_list *issues)
{
    struct rules rules;
    int result = inspection_certificates(instance, now, issues);
    result |= inspection_shared_certificates(instance, issues);
    result |= trust_check(instance, issues);
    inspection_clock(instance, issues);
    return rules_load(knowledge, instance, issues->arena, issues->arena, &rules, issues) != 0
               ? -1
               : result;
}
