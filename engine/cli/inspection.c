/* inspection: see the header. */
#include "cli/inspection.h"

#include "net/certificate.h"

#define EXPIRY_WARNING (30 * TIME_DAY)

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
    instant left = certificate.not_after - now;
    if (left > EXPIRY_WARNING) {
        return 0;
    }
    issue_report(issues, ISSUE_EXPIRED, left > 0 ? ISSUE_WARNING : ISSUE_ERROR,
                 issue_place_file(slice_of(path), 0, 0), "the certificate %s on %.*s",
                 left > 0 ? "expires" : "has expired",
                 SLICE_ARG(time_format(certificate.not_after, 0, issues->arena)));
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
    for (size_t i = 0; i < instance->feed_count; i++) {
        result |= inspect_certificate(instance, instance->feeds[i].certificate, now, issues);
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

/* Of each feed's certificate; empty where it cannot be read, which is said elsewhere. */
static const struct slice *fingerprints_of(const struct instance *instance, struct arena *arena)
{
    struct slice *fingerprints = ARENA_ARRAY(arena, instance->feed_count + 1, struct slice);
    struct issue_list passed_over;
    issue_list_init(&passed_over, arena);
    for (size_t i = 0; i < instance->feed_count; i++) {
        struct certificate certificate;
        const char *path = instance_path(instance, instance->feeds[i].certificate, arena);
        if (certificate_read(path, arena, &certificate, &passed_over) == 0) {
            fingerprints[i] = certificate.fingerprint;
        }
    }
    return fingerprints;
}

int inspection_shared_certificates(const struct instance *instance, struct issue_list *issues)
{
    const struct slice *fingerprints = fingerprints_of(instance, issues->arena);
    int result = 0;
    for (size_t i = 0; i < instance->feed_count; i++) {
        for (size_t j = i + 1; j < instance->feed_count; j++) {
            const struct instance_feed *a = &instance->feeds[i], *b = &instance->feeds[j];
            if (fingerprints[i].len == 0 || !slice_equal(fingerprints[i], fingerprints[j]) ||
                !senders_meet(a, b)) {
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
    inspection_clock(instance, issues);
    return rules_load(knowledge, instance, issues->arena, issues->arena, &rules, issues) != 0
               ? -1
               : result;
}
