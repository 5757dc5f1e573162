/* query_search: see query_search.h.
 *
 *   value       = alternative *( "," alternative )           "\" escapes  , | $ \
 *   token       = code | system "|" code | "|" code | system "|"
 *   reference   = id | Type "/" id | URL
 *   date        = [prefix] date        number = [prefix] decimal
 *   quantity    = [prefix] decimal [ "|" system "|" code ] */
#include "base/encode.h"
#include "fhir/datetime.h"
#include "fhir/id.h"
#include "fhir/reference.h"
#include "fhir/search_index.h"
#include "pipeline/query_internal.h"

#define DECIMAL_LIMIT 40
#define ALTERNATIVE_LIMIT 500
/* Of a whole search: what has more takes the server longer to think about than to find. */
#define CRITERION_LIMIT 30
#define SEARCH_ALTERNATIVE_LIMIT 1000

struct pipeline_search *pipeline_search_new(const struct pipeline_search_options *options,
                                            struct arena *arena)
{
    struct pipeline_search *search = ARENA_NEW(arena, struct pipeline_search);
    search->options = *options;
    search->arena = arena;
    search->limit = 50;
    bool patient = slice_equal(options->type, SLICE("Patient"));
    search->store.type = options->type;
    search->store.of_persons = patient || fhir_search_is_personal(options->table, options->type);
    search->store.of_nobody = !patient;
    return search;
}

static void add_criterion(struct pipeline_search *search, const struct store_criterion *criterion)
{
    if (search->store.criterion_count == search->capacity) {
        size_t capacity = search->capacity ? search->capacity * 2 : 8;
        search->criteria =
            arena_grow(search->arena, search->criteria, search->capacity * sizeof *criterion,
                       capacity * sizeof *criterion);
        search->capacity = capacity;
    }
    search->criteria[search->store.criterion_count++] = *criterion;
    search->store.criteria = search->criteria;
}

void pipeline_search_bind(struct pipeline_search *search, struct slice patient)
{
    struct store_alternative *alternative = ARENA_NEW(search->arena, struct store_alternative);
    alternative->id = patient;
    add_criterion(search, &(struct store_criterion){STORE_MATCH_PERSON, .alternatives = alternative,
                                                    .count = 1});
    search->store.of_persons = true;
    search->store.of_nobody = false;
}

/* --- values ----------------------------------------------------------------------------------- */

/* FHIR R4 search.html#escaping. Cuts the part before the first `separator` that is not escaped off
 * the front; the escapes stay. */
static bool take_part(struct slice *rest, char separator, struct slice *ret_part)
{
    if (!rest->ptr)
        return false;
    size_t at = 0;
    while (at < rest->len && rest->ptr[at] != separator)
        at += rest->ptr[at] == '\\' && at + 1 < rest->len ? 2 : 1;
    *ret_part = slice_part(*rest, 0, at);
    *rest = at < rest->len ? slice_after(*rest, at + 1) : (struct slice){0};
    return true;
}

static struct slice unescape(struct slice text, struct arena *arena)
{
    if (slice_find_byte(text, '\\') == text.len)
        return text;
    char *plain = arena_alloc(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len)
            i++;
        plain[len++] = text.ptr[i];
    }
    return (struct slice){plain, len};
}

/* FHIR R4 search.html#prefix. */
static const struct {
    struct slice word;
    enum store_compare compare;
} prefixes[] = {
    {SLICE_INIT("eq"), STORE_EQUAL},         {SLICE_INIT("ne"), STORE_NOT_EQUAL},
    {SLICE_INIT("gt"), STORE_GREATER},       {SLICE_INIT("lt"), STORE_LESS},
    {SLICE_INIT("ge"), STORE_GREATER_EQUAL}, {SLICE_INIT("le"), STORE_LESS_EQUAL},
    {SLICE_INIT("sa"), STORE_STARTS_AFTER},  {SLICE_INIT("eb"), STORE_ENDS_BEFORE},
    {SLICE_INIT("ap"), STORE_OVERLAPS},
};

static enum store_compare take_prefix(struct slice *value)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (!slice_starts_with(*value, prefixes[i].word))
            continue;
        *value = slice_after(*value, 2);
        return prefixes[i].compare;
    }
    return STORE_EQUAL;
}

/* One parameter while it is read. */
struct reading {
    struct pipeline_search *search;
    const struct fhir_search_parameter *parameter;
    struct slice modifier;
    struct store_criterion *criterion;
};

/* Each of these reads one alternative; NULL where it could, else what is wrong with it. */
typedef const char *read_alternative(struct reading *reading, struct slice value,
                                     struct store_alternative *ret_alternative);

static const char *read_coded(struct slice value, struct arena *arena,
                              struct store_alternative *ret_alternative)
{
    struct slice rest = value, first, second;
    take_part(&rest, '|', &first);
    if (!take_part(&rest, '|', &second)) {
        ret_alternative->code = unescape(first, arena);
        ret_alternative->has_code = true;
        return first.len > 0 ? NULL : "is empty";
    }
    ret_alternative->system = unescape(first, arena);
    ret_alternative->has_system = true;
    ret_alternative->code = unescape(second, arena);
    ret_alternative->has_code = second.len > 0;
    if (rest.ptr)
        return "has more than one '|'";
    return first.len + second.len > 0 ? NULL : "is empty";
}

static const char *read_token(struct reading *reading, struct slice value,
                              struct store_alternative *ret_alternative)
{
    if (slice_equal(reading->parameter->code, SLICE("_id"))) {
        reading->criterion->match = STORE_MATCH_ID;
        ret_alternative->id = value;
        return value.len > 0 ? NULL : "is empty";
    }
    return read_coded(value, reading->search->arena, ret_alternative);
}

/* What points at the person a resource belongs to stands in no index (store schema 0004). */
static bool means_person(const struct reading *reading, struct slice type)
{
    struct slice code = reading->parameter->code;
    if (!slice_equal(code, SLICE("patient")) && !slice_equal(code, SLICE("subject")))
        return false;
    if (!fhir_search_is_personal(reading->search->options.table, reading->search->store.type))
        return false;
    return type.len == 0 || slice_equal(type, SLICE("Patient"));
}

/* What a Provenance says of its own person's resources stands in no index either: a message has one
 * Provenance of everything in it, which would be a row for each. */
static bool means_own(const struct reading *reading)
{
    return slice_equal(reading->search->store.type, SLICE("Provenance")) &&
           slice_equal(reading->parameter->code, SLICE("target"));
}

static enum store_match reference_match(const struct reading *reading, struct slice type)
{
    if (means_own(reading))
        return STORE_MATCH_OWN;
    return means_person(reading, type) ? STORE_MATCH_PERSON : STORE_MATCH_REFERENCE;
}

static struct slice quote(struct slice text, struct arena *arena)
{
    struct buffer quoted;
    buffer_init(&quoted, 0);
    json_print(json_string(arena, text), &quoted);
    struct slice result = arena_copy(arena, buffer_slice(&quoted));
    buffer_release(&quoted);
    return result;
}

/* Our own absolute URL as Type/id. */
static struct slice without_base(const struct reading *reading, struct slice value)
{
    struct slice base = reading->search->options.base_url;
    struct slice rest = slice_after(value, base.len);
    if (base.len == 0 || !slice_starts_with(value, base) ||
        !slice_starts_with(rest, SLICE("/fhir/")))
        return value;
    return slice_after(rest, sizeof "/fhir/" - 1);
}

static const char *read_reference(struct reading *reading, struct slice value,
                                  struct store_alternative *ret_alternative)
{
    value = without_base(reading, unescape(value, reading->search->arena));
    struct fhir_reference reference;
    struct slice type = reading->modifier;
    struct slice id = value;
    if (fhir_reference_parse(value, &reference) && reference.kind == FHIR_REFERENCE_RELATIVE) {
        if (type.len > 0 && !slice_equal(type, reference.type))
            return "names another type than its modifier";
        type = reference.type;
        id = reference.id;
    }
    if (id.len == 0)
        return "is empty";
    enum store_match match = reference_match(reading, type);
    if (match == STORE_MATCH_OWN && type.len == 0 && fhir_id_is_valid(id))
        return "needs a type: Type/id";
    if (reading->criterion->count > 0 && reading->criterion->match != match)
        return "mixes patients with others";
    reading->criterion->match = match;
    ret_alternative->type = type;
    ret_alternative->id = id;
    if (match == STORE_MATCH_OWN)
        ret_alternative->quoted =
            quote(arena_format(reading->search->arena, "%.*s/%.*s", SLICE_ARG(type), SLICE_ARG(id)),
                  reading->search->arena);
    return NULL;
}

/* FHIR R4 search.html#prefix, ap: a tenth of the time between then and now, on both sides. */
static void widen(struct store_alternative *alternative, instant now)
{
    instant distance = now > alternative->upper ? now - alternative->upper : 0;
    if (now < alternative->lower)
        distance = alternative->lower - now;
    alternative->lower -= distance / 10;
    alternative->upper += distance / 10;
}

static const char *read_date(struct reading *reading, struct slice value,
                             struct store_alternative *ret_alternative)
{
    struct arena *arena = reading->search->arena;
    if (slice_equal(reading->parameter->code, SLICE("_lastUpdated")))
        reading->criterion->match = STORE_MATCH_UPDATED;
    ret_alternative->compare = take_prefix(&value);
    /* a client that did not encode the "+" of an offset has sent a blank */
    size_t blank = slice_find_byte(value, ' ');
    if (blank < value.len)
        value = arena_format(arena, "%.*s+%.*s", (int)blank, value.ptr,
                             SLICE_ARG(slice_after(value, blank + 1)));
    struct fhir_datetime datetime;
    if (!fhir_search_date_parse(value, &datetime))
        return "is no date";
    fhir_datetime_bounds(&datetime, reading->search->options.offset_minutes,
                         &ret_alternative->lower, &ret_alternative->upper);
    if (ret_alternative->compare == STORE_OVERLAPS)
        widen(ret_alternative, reading->search->options.now);
    return NULL;
}

static const char *read_string(struct reading *reading, struct slice value,
                               struct store_alternative *ret_alternative)
{
    struct arena *arena = reading->search->arena;
    value = unescape(value, arena);
    ret_alternative->text = fhir_search_normalise(value, arena);
    ret_alternative->compare = STORE_BEGINS;
    if (slice_equal(reading->modifier, SLICE("contains")))
        ret_alternative->compare = STORE_CONTAINS;
    if (slice_equal(reading->modifier, SLICE("exact"))) {
        ret_alternative->compare = STORE_EXACT;
        ret_alternative->quoted = quote(value, arena);
    }
    return ret_alternative->text.len > 0 ? NULL : "has no letter or digit";
}

static const char *read_uri(struct reading *reading, struct slice value,
                            struct store_alternative *ret_alternative)
{
    ret_alternative->text = unescape(value, reading->search->arena);
    ret_alternative->compare = STORE_EQUAL;
    return value.len > 0 ? NULL : "is empty";
}

/* A decimal whose exponent has at most two digits: what is larger is nothing anybody measured. */
static bool is_decimal(struct slice text)
{
    if (text.len > DECIMAL_LIMIT || !json_is_number(text))
        return false;
    size_t exponent = slice_find_byte(text, 'e');
    if (exponent == text.len)
        exponent = slice_find_byte(text, 'E');
    return text.len - exponent <= sizeof "e-99" - 1;
}

static const char *read_quantity(struct reading *reading, struct slice value,
                                 struct store_alternative *ret_alternative)
{
    enum store_compare compare = take_prefix(&value);
    struct slice rest = value, number;
    take_part(&rest, '|', &number);
    if (!is_decimal(number))
        return "is no number";
    ret_alternative->compare = compare;
    ret_alternative->text = number;
    if (!rest.ptr || slice_equal(rest, SLICE("|")))
        return NULL;
    if (slice_find_byte(rest, '|') == rest.len)
        return "needs number|system|code";
    const char *wrong = read_coded(rest, reading->search->arena, ret_alternative);
    /* "5.4||mg": any system */
    ret_alternative->has_system = ret_alternative->system.len > 0;
    return wrong;
}

/* --- parameters ------------------------------------------------------------------------------- */

static const struct {
    enum store_match match;
    read_alternative *read;
    struct slice modifiers[2];
} kinds[FHIR_SEARCH_TYPE_COUNT] = {
    [FHIR_SEARCH_TOKEN] = {STORE_MATCH_TOKEN, read_token, {SLICE_INIT("not")}},
    [FHIR_SEARCH_REFERENCE] = {STORE_MATCH_REFERENCE, read_reference, {{0}}},
    [FHIR_SEARCH_DATE] = {STORE_MATCH_DATE, read_date, {{0}}},
    [FHIR_SEARCH_STRING] = {STORE_MATCH_STRING,
                            read_string,
                            {SLICE_INIT("exact"), SLICE_INIT("contains")}},
    [FHIR_SEARCH_URI] = {STORE_MATCH_STRING, read_uri, {{0}}},
    [FHIR_SEARCH_NUMBER] = {STORE_MATCH_QUANTITY, read_quantity, {{0}}},
    [FHIR_SEARCH_QUANTITY] = {STORE_MATCH_QUANTITY, read_quantity, {{0}}},
};

static bool is_target(const struct fhir_search_parameter *parameter, struct slice type)
{
    for (size_t i = 0; i < parameter->target_count; i++) {
        if (slice_equal(parameter->targets[i], type))
            return true;
    }
    return false;
}

static bool knows_modifier(const struct fhir_search_parameter *parameter, struct slice modifier)
{
    if (modifier.len == 0)
        return true;
    for (size_t i = 0; i < 2; i++) {
        if (slice_equal(kinds[parameter->type].modifiers[i], modifier))
            return true;
    }
    return parameter->type == FHIR_SEARCH_REFERENCE && is_target(parameter, modifier);
}

static int refuse(struct issue_list *issues, enum issue_code code, struct slice parameter,
                  const char *words)
{
    issue_report(issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "search parameter '%.*s' %s",
                 SLICE_ARG(parameter), words);
    return -1;
}

static int read_value(struct reading *reading, struct slice value, struct issue_list *issues)
{
    struct slice code = reading->parameter->code;
    size_t commas = 1;
    for (size_t i = 0; i < value.len; i++)
        commas += value.ptr[i] == ',';
    if (commas > ALTERNATIVE_LIMIT)
        return refuse(issues, ISSUE_TOO_COSTLY, code, "has too many values");
    reading->search->alternative_count += commas;
    if (reading->search->store.criterion_count == CRITERION_LIMIT ||
        reading->search->alternative_count > SEARCH_ALTERNATIVE_LIMIT)
        return refuse(issues, ISSUE_TOO_COSTLY, code, "is one too many for a search");
    struct store_alternative *alternatives =
        ARENA_ARRAY(reading->search->arena, commas, struct store_alternative);
    reading->criterion->alternatives = alternatives;
    for (struct slice rest = value, part; take_part(&rest, ',', &part);) {
        const char *wrong = kinds[reading->parameter->type].read(
            reading, part, &alternatives[reading->criterion->count]);
        if (wrong)
            return refuse(issues, ISSUE_DATA_TYPE, code, wrong);
        reading->criterion->count++;
    }
    return 0;
}

/* What we know and do not serve: ignoring it would answer with more than was asked for. */
static bool is_refused(struct slice name)
{
    static const struct slice refused[] = {SLICE_INIT("_has"),   SLICE_INIT("_filter"),
                                           SLICE_INIT("_query"), SLICE_INIT("_list"),
                                           SLICE_INIT("_text"),  SLICE_INIT("_content")};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (slice_equal(refused[i], name))
            return true;
    }
    return false;
}

int pipeline_search_add(struct pipeline_search *search, struct slice name, struct slice value,
                        struct issue_list *issues)
{
    size_t colon = slice_find_byte(name, ':');
    struct slice head = slice_part(name, 0, colon);
    if (is_refused(head))
        return refuse(issues, ISSUE_NOT_SUPPORTED, head, "is not supported");
    struct slice code = slice_part(head, 0, slice_find_byte(head, '.'));
    struct reading reading = {
        .search = search,
        .parameter = fhir_search_parameter(search->options.table, search->store.type, code),
        .modifier = slice_after(name, colon + 1)};
    if (code.len < head.len || slice_find_byte(reading.modifier, '.') < reading.modifier.len)
        return refuse(issues, ISSUE_NOT_SUPPORTED, code, "cannot be chained here");
    if (!reading.parameter)
        return 0;
    if (!knows_modifier(reading.parameter, reading.modifier))
        return refuse(issues, ISSUE_NOT_SUPPORTED, code, "does not have this modifier here");
    struct store_criterion criterion = {
        .match = kinds[reading.parameter->type].match,
        .parameter = arena_format(search->arena, "%.*s.%.*s", SLICE_ARG(search->store.type),
                                  SLICE_ARG(code)),
        .negated = slice_equal(reading.modifier, SLICE("not")),
    };
    reading.criterion = &criterion;
    if (read_value(&reading, value, issues) != 0)
        return -1;
    if (criterion.match == STORE_MATCH_PERSON)
        search->store.of_nobody = false;
    add_criterion(search, &criterion);
    return 1;
}

/* --- order and pages -------------------------------------------------------------------------- */

int pipeline_search_sort(struct pipeline_search *search, struct slice value,
                         struct issue_list *issues)
{
    bool descending = slice_starts_with(value, SLICE("-"));
    struct slice code = descending ? slice_after(value, 1) : value;
    const struct fhir_search_parameter *parameter =
        fhir_search_parameter(search->options.table, search->store.type, code);
    if (!parameter)
        return 0;
    if (parameter->type != FHIR_SEARCH_DATE)
        return refuse(issues, ISSUE_NOT_SUPPORTED, parameter->code, "cannot be sorted by");
    search->store.descending = descending;
    search->store.sort = (struct slice){0};
    if (!slice_equal(code, SLICE("_lastUpdated")))
        search->store.sort = arena_format(search->arena, "%.*s.%.*s", SLICE_ARG(search->store.type),
                                          SLICE_ARG(code));
    return 1;
}

void pipeline_search_limit(struct pipeline_search *search, uint32_t limit)
{
    search->limit = limit;
}

void pipeline_search_count_all(struct pipeline_search *search)
{
    search->count_all = true;
}

/* Key and number, eight bytes each, most significant first. */
#define CURSOR_SIZE 16
#define EARLIEST_KEY (INT64_C(-62135596800) * TIME_SECOND)   /* 0001-01-01T00:00:00Z */
#define LATEST_KEY (INT64_C(253402300800) * TIME_SECOND - 1) /* 9999-12-31T23:59:59.999999Z */

struct slice pipeline_search_cursor(instant key, int64_t number, struct arena *arena)
{
    struct slice first = store_value_int8(key, arena).bytes;
    struct slice second = store_value_int8(number, arena).bytes;
    struct buffer bytes;
    buffer_init(&bytes, CURSOR_SIZE);
    buffer_append(&bytes, first);
    buffer_append(&bytes, second);
    struct slice text = encode_base64url(buffer_slice(&bytes), arena);
    buffer_release(&bytes);
    return text;
}

bool pipeline_search_continue(struct pipeline_search *search, struct slice cursor)
{
    struct slice bytes;
    if (!decode_base64url(cursor, search->arena, &bytes) || bytes.len != CURSOR_SIZE)
        return false;
    instant key = store_read_int8(slice_part(bytes, 0, CURSOR_SIZE / 2));
    if (key < EARLIEST_KEY || key > LATEST_KEY)
        return false;
    search->store.has_cursor = true;
    search->store.cursor_key = key;
    search->store.cursor_number = store_read_int8(slice_after(bytes, CURSOR_SIZE / 2));
    return true;
}
