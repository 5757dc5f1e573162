/* texts: see the header. */
#include "mapping/texts.h"

#include "base/file.h"

#define FILE_LIMIT (16u << 20)

static int read_text(struct mapping_texts *texts, struct slice name, struct arena *arena,
                     struct issue_list *issues)
{
    struct mapping_text item = {.name = name};
    const char *path = file_join(arena, texts->folder, name);
    if (file_read(path, FILE_LIMIT, arena, &item.text, issues) != 0)
        return -1;
    texts->items[texts->count++] = item;
    return 0;
}

static void make_room(struct mapping_texts *texts, size_t more, struct arena *arena)
{
    texts->items = arena_grow(arena, texts->items, texts->count * sizeof(*texts->items),
                              (texts->count + more) * sizeof(*texts->items));
}

/* All files of a folder below; where there is none, none. */
static int read_folder(struct mapping_texts *texts, const char *below, const char *suffix,
                       struct arena *arena, struct issue_list *issues)
{
    const char *folder = file_join(arena, texts->folder, slice_of(below));
    struct slice *names;
    size_t count;
    if (!file_is_folder(folder))
        return 0;
    if (file_list(folder, suffix, arena, &names, &count, issues) != 0)
        return -1;
    int result = 0;
    make_room(texts, count, arena);
    for (size_t i = 0; i < count; i++)
        if (read_text(texts, arena_format(arena, "%s/%.*s", below, SLICE_ARG(names[i])), arena,
                      issues) != 0)
            result = -1;
    return result;
}

int mapping_texts_of_base(const char *folder, struct arena *arena, struct mapping_texts *ret_texts,
                          struct issue_list *issues)
{
    static const char *const RULES[] = {"v2-to-fhir/datatypes", "v2-to-fhir/segments",
                                        "v2-to-fhir/messages",  "fhir-to-v2/datatypes",
                                        "fhir-to-v2/segments",  "fhir-to-v2/messages"};
    struct mapping_texts texts = {.folder = arena_string(arena, slice_of(folder))};
    const char *base = file_join(arena, folder, SLICE("v2-to-fhir"));
    if (!file_is_folder(base)) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not find the folder %s", base);
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++)
        result |= read_folder(&texts, RULES[i], ".xml", arena, issues);
    result |= read_folder(&texts, "codes", ".csv", arena, issues);
    result |= read_folder(&texts, "identity", ".csv", arena, issues);
    *ret_texts = texts;
    return result;
}

struct slice mapping_texts_site_name(const char *folder, struct arena *arena)
{
    struct slice path = slice_of(folder);
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    size_t at = path.len;
    while (at > 0 && path.ptr[at - 1] != '/')
        at--;
    return arena_format(arena, "%.*s.xml", SLICE_ARG(slice_after(path, at)));
}

int mapping_texts_of_site(const char *folder, struct arena *arena, struct mapping_texts *ret_texts,
                          struct issue_list *issues)
{
    struct mapping_texts texts = {.folder = arena_string(arena, slice_of(folder))};
    make_room(&texts, 1, arena);
    int result = read_text(&texts, mapping_texts_site_name(folder, arena), arena, issues);
    result |= read_folder(&texts, "codes", ".csv", arena, issues);
    *ret_texts = texts;
    return result;
}

int mapping_texts_of_codes(const char *folder, struct arena *arena, struct mapping_texts *ret_texts,
                           struct issue_list *issues)
{
    *ret_texts = (struct mapping_texts){.folder = arena_string(arena, slice_of(folder))};
    return read_folder(ret_texts, "codes", ".csv", arena, issues);
}

const struct mapping_text *mapping_texts_get(const struct mapping_texts *texts, struct slice name)
{
    for (size_t i = 0; i < texts->count; i++)
        if (slice_equal(texts->items[i].name, name))
            return &texts->items[i];
    return NULL;
}
