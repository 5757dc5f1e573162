/* commit_consent: the rules of the consents that a batch changed. See commit_internal.h.
 *
 * Of a Consent with two faces the labelled one counts, which knows all: what a labelled source took
 * back is taken back. */
#include "pipeline/commit_internal.h"

#include "fhir/json.h"
#include "pipeline/consent.h"

static void add_rule(struct store_column *column, const struct commit_resource *resource,
                     const struct pipeline_consent_rule *rule)
{
    store_column_add_int8(&column[1], resource->person->key);
    store_column_add_int8(&column[2], resource->number);
    store_column_add_boolean(&column[3], rule->permits);
    store_column_add_bytes(&column[4], rule->discloser);
    store_column_add_bytes(&column[5], rule->recipient);
    store_column_add_int4(&column[6], (int32_t)rule->labels);
    store_column_add_int4(&column[7], (int32_t)rule->purposes);
    store_column_add_instant(&column[8], rule->lower);
    store_column_add_instant(&column[9], rule->upper);
}

/* What one source says of it, or all there is where there is one. */
static void add_word(struct commit_batch *batch, struct store_column *column,
                     const struct commit_resource *resource, const struct json *body,
                     struct slice site, bool may_permit)
{
    struct pipeline_consent_rule *rules = NULL;
    size_t count = pipeline_consent_rules(body, site, batch->arena, &rules);
    for (size_t i = 0; i < count; i++) {
        if (may_permit || !rules[i].permits)
            add_rule(column, resource, &rules[i]);
    }
}

static bool says_other(const struct json *body)
{
    struct slice status = json_get_text(body, SLICE("status"));
    return status.len > 0 && !slice_equal(status, SLICE("active"));
}

/* Each source is believed in what it says itself: nobody takes another one's denial back, or brings
 * a permit back that was revoked. What any of them revokes permits nothing any more. */
static void add_words(struct commit_batch *batch, struct store_column *column,
                      const struct commit_resource *resource)
{
    bool is_revoked = false;
    for (int pass = 0; pass < 2; pass++) {
        for (const struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
            struct json *body = NULL;
            if (voice->is_mute || json_parse(voice->body, batch->arena, &body, NULL) != 0)
                continue;
            is_revoked |= says_other(body);
            if (pass == 1)
                add_word(batch, column, resource, body, voice->site, !is_revoked);
        }
    }
}

static void add_consent(struct commit_batch *batch, struct store_column *column,
                        const struct commit_resource *resource)
{
    store_column_add_int8(&column[0], resource->number);
    if (resource->labelled || !resource->person)
        return;
    if (resource->merged)
        add_words(batch, column, resource);
    else
        add_word(batch, column, resource, resource->tree, resource->site, true);
}

static bool has_changed_voice(const struct commit_resource *resource)
{
    for (const struct commit_voice *voice = resource->voices; voice; voice = voice->next) {
        if (voice->is_changed)
            return true;
    }
    return false;
}

void commit_consent_store(struct commit_batch *batch)
{
    struct commit_columns columns;
    COMMIT_COLUMNS_INIT(&columns, batch->arena, STORE_INT8, STORE_INT8, STORE_INT8, STORE_BOOLEAN,
                        STORE_TEXT, STORE_TEXT, STORE_INT4, STORE_INT4, STORE_INSTANT,
                        STORE_INSTANT);
    for (size_t i = 0; i < batch->resources.count; i++) {
        const struct commit_resource *resource = batch->resources.entries[i].value;
        bool is_changed = resource->has_new_version || has_changed_voice(resource) ||
                          (resource->labelled && resource->labelled->has_new_version);
        if (is_changed && slice_equal(resource->type, SLICE("Consent")))
            add_consent(batch, columns.column, resource);
    }
    commit_columns_send(&columns, batch->request, STORE_SQL_PUT_CONSENT_RULES);
}
