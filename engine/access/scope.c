/* scope: see scope.h.
 *
 *   scope      = whose "/" type "." rights [ "?" query ]
 *   whose      = "system" | "patient" | "user"
 *   type       = "*" | letters
 *   rights     = some of c r u d s, in this order | "read" | "write" | "*"
 *   query      = name "=" value *( "&" name "=" value ) */
#include "access/scope.h"

#include "base/buffer.h"

/* SMART App Launch 2.0: .read is .rs, .write is .cud. */
static const struct {
    struct slice word;
    unsigned permissions;
} version_1[] = {
    {SLICE_INIT("read"), ACCESS_MAY_READ | ACCESS_MAY_SEARCH},
    {SLICE_INIT("write"), ACCESS_MAY_CREATE | ACCESS_MAY_UPDATE | ACCESS_MAY_DELETE},
    {SLICE_INIT("*"), ACCESS_MAY_CREATE | ACCESS_MAY_READ | ACCESS_MAY_UPDATE | ACCESS_MAY_DELETE |
                          ACCESS_MAY_SEARCH},
};

static const struct {
    char letter;
    enum access_permission permission;
} version_2[] = {
    {'c', ACCESS_MAY_CREATE}, {'r', ACCESS_MAY_READ},   {'u', ACCESS_MAY_UPDATE},
    {'d', ACCESS_MAY_DELETE}, {'s', ACCESS_MAY_SEARCH},
};

static unsigned parse_old_rights(struct slice rights)
{
    for (size_t i = 0; i < sizeof version_1 / sizeof version_1[0]; i++) {
        if (slice_equal(rights, version_1[i].word))
            return version_1[i].permissions;
    }
    return 0;
}

/* 0 where the letters are no rights: others, twice, or in another order. */
static unsigned parse_rights(struct slice rights)
{
    unsigned permissions = 0;
    size_t at = 0;
    for (size_t i = 0; i < sizeof version_2 / sizeof version_2[0] && at < rights.len; i++) {
        if (rights.ptr[at] != version_2[i].letter)
            continue;
        permissions |= version_2[i].permission;
        at++;
    }
    return at == rights.len ? permissions : 0;
}

static bool is_type(struct slice text)
{
    if (slice_equal(text, SLICE("*")))
        return true;
    if (text.len == 0 || text.ptr[0] < 'A' || text.ptr[0] > 'Z')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        char letter = text.ptr[i];
        if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')))
            return false;
    }
    return true;
}

static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.ptr[i] < 'a' || text.ptr[i] > 'z') && (i == 0 || text.ptr[i] != '-'))
            return false;
    return text.len > 0;
}

/* RFC 6749 3.3: a scope's characters are visible ASCII without quotes and backslash. */
static bool is_value(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == '"' || text.ptr[i] == '\\')
            return false;
    return text.len > 0;
}

static bool is_query(struct slice query)
{
    for (struct slice part; slice_split(&query, '&', &part);) {
        size_t equals = slice_find_byte(part, '=');
        if (equals == part.len || !is_name(slice_part(part, 0, equals)) ||
            !is_value(slice_after(part, equals + 1)))
            return false;
    }
    return true;
}

static bool parse_whose(struct slice text, enum access_whose *ret_whose)
{
    static const struct slice names[] = {[ACCESS_OF_ALL] = SLICE_INIT("system"),
                                         [ACCESS_OF_PATIENT] = SLICE_INIT("patient"),
                                         [ACCESS_OF_USER] = SLICE_INIT("user")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!slice_equal(text, names[i]))
            continue;
        *ret_whose = (enum access_whose)i;
        return true;
    }
    return false;
}

bool access_scope_parse(struct slice word, struct access_grant *ret_grant)
{
    size_t slash = slice_find_byte(word, '/');
    size_t dot = slice_find_byte(word, '.');
    size_t mark = slice_find_byte(word, '?');
    struct access_grant grant = {0};
    if (slash >= word.len || dot >= word.len || dot < slash || mark < dot ||
        !parse_whose(slice_part(word, 0, slash), &grant.whose))
        return false;
    struct slice rights = slice_part(word, dot + 1, mark - dot - 1);
    bool has_query = mark < word.len;
    grant.type = slice_part(word, slash + 1, dot - slash - 1);
    grant.query = slice_after(word, mark + 1);
    grant.permissions = parse_rights(rights);
    if (!has_query && grant.permissions == 0)
        grant.permissions = parse_old_rights(rights);
    if (grant.permissions == 0 || !is_type(grant.type) ||
        (has_query && (slice_equal(grant.type, SLICE("*")) || !is_query(grant.query))))
        return false;
    *ret_grant = grant;
    return true;
}

void access_scopes_parse(struct slice text, struct arena *arena, struct access_scopes *ret_scopes)
{
    size_t words = 1;
    for (size_t i = 0; i < text.len; i++)
        words += text.ptr[i] == ' ';
    struct access_grant *grants = ARENA_ARRAY(arena, words, struct access_grant);
    size_t count = 0;
    for (struct slice rest = text, word; slice_split(&rest, ' ', &word);) {
        if (access_scope_parse(word, &grants[count]))
            count++;
    }
    *ret_scopes = (struct access_scopes){grants, count};
}

/* By the grants without a query, and by those with this one. */
static unsigned permissions_of(const struct access_scopes *scopes, struct slice type,
                               enum access_whose whose, struct slice query)
{
    unsigned permissions = 0;
    for (size_t i = 0; i < scopes->count; i++) {
        const struct access_grant *grant = &scopes->grants[i];
        if (grant->whose != whose || (grant->query.len > 0 && !slice_equal(grant->query, query)))
            continue;
        if (slice_equal(grant->type, SLICE("*")) || slice_equal(grant->type, type))
            permissions |= grant->permissions;
    }
    return permissions;
}

unsigned access_scopes_permissions(const struct access_scopes *scopes, struct slice type,
                                   enum access_whose whose)
{
    return permissions_of(scopes, type, whose, (struct slice){0});
}

static bool is_within(struct slice word, const struct access_scopes *most)
{
    struct access_grant grant;
    return access_scope_parse(word, &grant) &&
           (grant.permissions & ~permissions_of(most, grant.type, grant.whose, grant.query)) == 0;
}

bool access_scopes_exceed(struct slice asked, const struct access_scopes *most,
                          struct slice *ret_word)
{
    for (struct slice rest = asked, word; slice_split(&rest, ' ', &word);) {
        if (word.len == 0 || is_within(word, most))
            continue;
        *ret_word = word;
        return true;
    }
    return false;
}

static bool has_word(struct slice text, struct slice wanted)
{
    for (struct slice word; slice_split(&text, ' ', &word);)
        if (slice_equal(word, wanted))
            return true;
    return false;
}

static void add_word(struct buffer *text, struct slice word)
{
    if (has_word(buffer_slice(text), word))
        return;
    if (text->len > 0)
        buffer_append(text, SLICE(" "));
    buffer_append(text, word);
}

/* The parts of a word that are allowed behind a query. */
static void add_parts(struct buffer *text, struct slice word, const struct access_scopes *most,
                      struct arena *arena)
{
    struct access_grant asked;
    if (!access_scope_parse(word, &asked) || asked.query.len > 0)
        return;
    for (size_t i = 0; i < most->count; i++) {
        const struct access_grant *grant = &most->grants[i];
        struct slice part =
            arena_format(arena, "%.*s?%.*s", SLICE_ARG(word), SLICE_ARG(grant->query));
        if (grant->query.len > 0 && grant->whose == asked.whose &&
            slice_equal(grant->type, asked.type) && is_within(part, most))
            add_word(text, part);
    }
}

struct slice access_scopes_within(struct slice asked, const struct access_scopes *most,
                                  struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    for (struct slice rest = asked, word; slice_split(&rest, ' ', &word);) {
        if (is_within(word, most))
            add_word(&text, word);
        else
            add_parts(&text, word, most, arena);
    }
    struct slice within = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return within;
}
