/* scope: see scope.h.
 *
 *   scope      = ("system" | "patient") "/" type "." rights
 *   type       = "*" | letters
 *   rights     = some of c r u d s, in this order | "read" | "write" | "*" */
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

/* 0 where the letters are no rights: others, twice, or in another order. */
static unsigned parse_rights(struct slice rights)
{
    for (size_t i = 0; i < sizeof version_1 / sizeof version_1[0]; i++) {
        if (slice_equal(rights, version_1[i].word))
            return version_1[i].permissions;
    }
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

bool access_scope_parse(struct slice word, struct access_grant *ret_grant)
{
    size_t slash = slice_find_byte(word, '/');
    size_t dot = slice_find_byte(word, '.');
    if (slash >= word.len || dot >= word.len || dot < slash)
        return false;
    struct slice whose = slice_part(word, 0, slash);
    bool of_patient = slice_equal(whose, SLICE("patient"));
    if (!of_patient && !slice_equal(whose, SLICE("system")))
        return false;
    struct access_grant grant = {.type = slice_part(word, slash + 1, dot - slash - 1),
                                 .permissions = parse_rights(slice_after(word, dot + 1)),
                                 .of_patient = of_patient};
    if (grant.permissions == 0 || !is_type(grant.type))
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

unsigned access_scopes_permissions(const struct access_scopes *scopes, struct slice type,
                                   bool of_patient)
{
    unsigned permissions = 0;
    for (size_t i = 0; i < scopes->count; i++) {
        const struct access_grant *grant = &scopes->grants[i];
        if (grant->of_patient != of_patient)
            continue;
        if (slice_equal(grant->type, SLICE("*")) || slice_equal(grant->type, type))
            permissions |= grant->permissions;
    }
    return permissions;
}

static bool is_within(struct slice word, const struct access_scopes *most)
{
    struct access_grant grant;
    return access_scope_parse(word, &grant) &&
           (grant.permissions & ~access_scopes_permissions(most, grant.type, grant.of_patient)) ==
               0;
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

struct slice access_scopes_within(struct slice asked, const struct access_scopes *most,
                                  struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    for (struct slice rest = asked, word; slice_split(&rest, ' ', &word);) {
        if (word.len == 0 || !is_within(word, most) || has_word(buffer_slice(&text), word))
            continue;
        if (text.len > 0)
            buffer_append(&text, SLICE(" "));
        buffer_append(&text, word);
    }
    struct slice within = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return within;
}
