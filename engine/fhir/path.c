#include "fhir/path.h"

#define NAME_LIMIT 64 /* the longest name in R4 has 41 characters */

static bool is_fhir_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char low = (char)(name.ptr[i] | 0x20);
        const bool is_letter = low >= 'a' && low <= 'z';
        if (!is_letter && !(name.ptr[i] >= '0' && name.ptr[i] <= '9') && name.ptr[i] != '_')
            return false;
    }
    return name.len <= NAME_LIMIT;
}

struct slice fhir_path_text(const struct fhir_path *path, struct arena *arena)
{
    if (!path)
        return (struct slice){NULL, 0};
    const struct slice outer = fhir_path_text(path->outer, arena);
    if (path->is_item)
        return arena_format(arena, "%.*s[%zu]", SLICE_ARG(outer), path->index);
    if (path->name.len == 0)
        return outer;
    const struct slice name = is_fhir_name(path->name) ? path->name : SLICE("?");
    return arena_format(arena, "%.*s%s%.*s", SLICE_ARG(outer), outer.len > 0 ? "." : "",
                        SLICE_ARG(name));
}

struct issue_place fhir_path_place(const struct fhir_path *path, struct arena *arena)
{
    return issue_place_fhir(fhir_path_text(path, arena));
}
