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

int inspection_run(const struct knowledge *knowledge, const struct instance *instance, instant now,
                   struct issue_list *issues)
{
    struct rules rules;
    int result = inspection_certificates(instance, now, issues);
    return rules_load(knowledge, instance, issues->arena, &rules, issues) != 0 ? -1 : result;
}
