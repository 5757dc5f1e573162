/* partner: see partner.h. */
#include "cli/partner.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define PARTNER_FILE_LIMIT ((size_t)1 << 20)
#define PARTNER_CERTIFICATE_DAYS 730

static const struct setting name_row = {.name = "name", .type = SETTING_NAME, .maximum = 40};

enum command_exit partner_init(struct partner *partner, struct command_call *call,
                               enum instance_kind kind)
{
    return partner_init_as(partner, call, kind, slice_of(call->operands[0]));
}

enum command_exit partner_init_as(struct partner *partner, struct command_call *call,
                                  enum instance_kind kind, struct slice name)
{
    *partner = (struct partner){.call = call, .kind = kind};
    buffer_init(&partner->entries, PARTNER_FILE_LIMIT);
    enum command_exit exit_code = command_open(call, &partner->instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    partner->name = name;
    if (partner->name.len == 0 || !settings_accepts(&name_row, partner->name)) {
        return command_wrong(call, "a name has 1 to 40 letters, digits, '-', '_' and '.'");
    }
    partner->file = file_join(call->arena, partner->instance.directory,
                              instance_file(kind, partner->name, call->arena));
    if (file_exists(partner->file)) {
        issue_report(&call->issues, ISSUE_CONFLICT, ISSUE_ERROR, ISSUE_NOWHERE,
                     "'%s' is there already; it can be edited", partner->file);
        return COMMAND_REFUSED;
    }
    return COMMAND_DONE;
}

void partner_release(struct partner *partner)
{
    buffer_release(&partner->entries);
}

void partner_set(struct partner *partner, const char *element, const char *name, struct slice value)
{
    if (value.len > 0 && partner->value_count < PARTNER_VALUE_LIMIT) {
        partner->values[partner->value_count++] = (struct setting_value){element, name, value};
    }
}

void partner_set_from_option(struct partner *partner, const char *name)
{
    partner_set(partner, "", name, slice_of(option_value(&partner->call->options, name)));
}

int partner_make_folder(struct partner *partner, const char *folder)
{
    struct command_call *call = partner->call;
    if (instance_assume(&partner->instance, &call->issues) != 0) {
        return -1;
    }
    char *path = file_join(call->arena, partner->instance.directory, slice_of(folder));
    bool well = mkdir(path, 0755) == 0 || errno == EEXIST;
    if (!well) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not make the folder '%s': %s", path, strerror(errno));
    }
    account_resume();
    return well ? 0 : -1;
}

int partner_copy(struct partner *partner, const char *source, const char *target, unsigned mode)
{
    struct command_call *call = partner->call;
    struct slice text;
    if (file_read(source, PARTNER_FILE_LIMIT, call->arena, &text, &call->issues) != 0 ||
        instance_assume(&partner->instance, &call->issues) != 0) {
        return -1;
    }
    char *path = file_join(call->arena, partner->instance.directory, slice_of(target));
    int result = file_write(path, text, mode, &call->issues);
    account_resume();
    return result;
}

int partner_authority(struct command_call *call, const struct instance *instance,
                      struct certificate_files *ret_authority)
{
    struct certificate_files authority = {
        file_join(call->arena, instance->directory, SLICE("tls/ca.pem")),
        file_join(call->arena, instance->directory, SLICE("tls/ca.key")),
    };
    if (!file_exists(authority.key_path)) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "this instance has no tls/ca.key; its certificates are made elsewhere");
        return -1;
    }
    *ret_authority = authority;
    return 0;
}

int partner_sign(struct command_call *call, const struct certificate_files *authority,
                 const struct certificate_files *made, struct slice name, enum certificate_use use)
{
    instant begin = time_now() - TIME_DAY;
    struct certificate_subject subject = {.common_name = name,
                                          .use = use,
                                          .not_before = begin,
                                          .not_after = begin + PARTNER_CERTIFICATE_DAYS * TIME_DAY};
    return certificate_make(authority, made, &subject, &call->issues);
}

int partner_make_certificate(struct partner *partner, enum certificate_use use)
{
    struct command_call *call = partner->call;
    struct certificate_files authority;
    if (partner_authority(call, &partner->instance, &authority) != 0) {
        return -1;
    }
    struct slice stem = arena_format(call->arena, "tls/%.*s", SLICE_ARG(partner->name));
    char *base = file_join(call->arena, partner->instance.directory, stem);
    struct certificate_files files = {arena_format(call->arena, "%s.pem", base).ptr,
                                      arena_format(call->arena, "%s.key", base).ptr};
    if (instance_assume(&partner->instance, &call->issues) != 0) {
        return -1;
    }
    int result = partner_sign(call, &authority, &files, partner->name, use);
    account_resume();
    return result;
}

static int write_file(struct partner *partner, struct slice text)
{
    struct command_call *call = partner->call;
    if (instance_assume(&partner->instance, &call->issues) != 0) {
        return -1;
    }
    int result = 0;
    if (partner->kind == INSTANCE_SITE) {
        struct slice folder = arena_format(call->arena, "sites/%.*s", SLICE_ARG(partner->name));
        char *path = file_join(call->arena, partner->instance.directory, folder);
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                         "could not make the folder '%s': %s", path, strerror(errno));
            result = -1;
        }
    }
    if (result == 0) {
        result = file_write(partner->file, text, 0644, &call->issues);
    }
    account_resume();
    return result;
}

/* The values as the command line gave them: a wrong one is the command line's fault. */
static enum command_exit check_values(const struct partner *partner)
{
    const struct setting_table *table = instance_table(partner->kind);
    for (size_t i = 0; i < partner->value_count; i++) {
        const struct setting *row = settings_find(table, slice_of(partner->values[i].name));
        if (row != NULL && !settings_accepts(row, partner->values[i].value)) {
            return command_wrong(partner->call, "'%s' must be %.*s", row->name,
                                 SLICE_ARG(settings_range(row, partner->call->arena)));
        }
    }
    return COMMAND_DONE;
}

enum command_exit partner_write(struct partner *partner)
{
    struct command_call *call = partner->call;
    const struct setting_table *table = instance_table(partner->kind);
    enum command_exit exit_code = check_values(partner);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    struct buffer text;
    buffer_init(&text, PARTNER_FILE_LIMIT);
    settings_write(table, partner->values, partner->value_count, buffer_slice(&partner->entries),
                   &text);
    struct slice whole = arena_copy(call->arena, buffer_slice(&text));
    buffer_release(&text);
    union {
        struct instance_site site;
        struct instance_feed feed;
        struct instance_client client;
        struct instance_destination destination;
        struct instance_issuer issuer;
    } record;
    if (instance_parse(partner->kind, slice_of(partner->file), whole, &partner->instance, &record,
                       &call->issues) != 0 ||
        write_file(partner, whole) != 0) {
        return command_failed(call);
    }
    return COMMAND_DONE;
}
