/* match: see the header. */
#include "pipeline/match_internal.h"

/* --- the level of each field ------------------------------------------------------------------ */

/* Of several values the pair that weighs most. */
static void take_better(const struct match_table *table, enum match_field field,
                        enum match_level level, enum match_level *best)
{
    const double *weights = table->weights[field];
    if (*best == MATCH_LEVEL_MISSING ||
        (level != MATCH_LEVEL_MISSING && weights[level] > weights[*best]))
        *best = level;
}

static double weight_of_name(const struct match_table *table, const struct match_name_levels *name)
{
    return table->weights[MATCH_FAMILY][name->family] + table->weights[MATCH_GIVEN][name->given];
}

static void compare_names(const struct match_table *table, const struct pipeline_demographics *a,
                          const struct pipeline_demographics *b, enum match_level *levels)
{
    struct match_name_levels best = {MATCH_LEVEL_MISSING, MATCH_LEVEL_MISSING, MATCH_LEVEL_MISSING};
    for (size_t i = 0; i < a->name_count; i++)
        for (size_t j = 0; j < b->name_count; j++) {
            if (a->names[i].is_shifted && b->names[j].is_shifted)
                continue;
            struct match_name_levels found = match_name_compare(&a->names[i], &b->names[j]);
            bool is_first = i == 0 && j == 0;
            if (is_first || weight_of_name(table, &found) > weight_of_name(table, &best))
                best = found;
        }
    levels[MATCH_FAMILY] = best.family;
    levels[MATCH_GIVEN] = best.given;
    levels[MATCH_SUFFIX] = best.suffix;
}

/* One equal number is enough. Another number of the same assigner and kind speaks against it, but
 * for a slip. */
static enum match_level compare_numbers(const struct pipeline_demographics *a,
                                        const struct pipeline_demographics *b)
{
    enum match_level level = MATCH_LEVEL_MISSING;
    for (size_t i = 0; i < a->number_count; i++)
        for (size_t j = 0; j < b->number_count; j++) {
            const struct match_number *one = &a->numbers[i], *two = &b->numbers[j];
            if (!slice_equal(one->system, two->system))
                continue;
            if (slice_equal(one->value, two->value))
                return MATCH_LEVEL_EQUAL;
            if (slice_equal(one->type, two->type) && !match_is_slip(one->value, two->value))
                level = MATCH_LEVEL_DIFFERENT;
        }
    return level;
}

static void compare_places(const struct match_table *table, const struct pipeline_demographics *a,
                           const struct pipeline_demographics *b, enum match_level *levels)
{
    for (size_t i = 0; i < a->address_count; i++)
        for (size_t j = 0; j < b->address_count; j++)
            take_better(table, MATCH_ADDRESS,
                        match_address_compare(&a->addresses[i], &b->addresses[j]),
                        &levels[MATCH_ADDRESS]);
    for (size_t i = 0; i < a->phone_count; i++)
        for (size_t j = 0; j < b->phone_count; j++)
            take_better(table, MATCH_PHONE, match_phone_compare(a->phones[i], b->phones[j]),
                        &levels[MATCH_PHONE]);
}

/* --- the verdict ------------------------------------------------------------------------------ */

static const struct match_rule *find_rule(const struct match_table *table,
                                          const enum match_level *levels)
{
    for (size_t i = 0; i < table->rule_count; i++) {
        const struct match_rule *rule = &table->rules[i];
        size_t field = 0;
        while (field < MATCH_FIELD_COUNT && rule->fits[field] & 1u << levels[field])
            field++;
        if (field == MATCH_FIELD_COUNT)
            return rule;
    }
    return NULL;
}

static enum pipeline_verdict weigh(const struct match_table *table, double weight)
{
    if (weight >= table->link)
        return PIPELINE_SAME;
    return weight >= table->review ? PIPELINE_REVIEW : PIPELINE_DIFFERENT;
}

static void judge(const struct match_table *table, struct pipeline_match *match)
{
    const struct match_rule *rule = find_rule(table, match->levels);
    match->verdict = weigh(table, match->weight);
    if (!rule)
        return;
    match->rule = rule->name;
    switch (rule->says) {
    case MATCH_SAYS_SAME:
        match->verdict = PIPELINE_SAME;
        break;
    case MATCH_SAYS_REVIEW:
        match->verdict = PIPELINE_REVIEW;
        match->apart = true;
        break;
    case MATCH_SAYS_DIFFERENT:
        match->verdict = PIPELINE_DIFFERENT;
        match->apart = true;
        break;
    case MATCH_SAYS_APART:
        match->apart = true;
        match->verdict = match->verdict == PIPELINE_SAME ? PIPELINE_REVIEW : match->verdict;
        break;
    case MATCH_SAYS_AT_MOST_REVIEW:
        match->verdict = match->verdict == PIPELINE_SAME ? PIPELINE_REVIEW : match->verdict;
        break;
    case MATCH_SAYS_WEIGH:
    case MATCH_SAYS_COUNT:
        break;
    }
}

struct pipeline_match pipeline_match_compare(const struct match_table *table,
                                             const struct pipeline_demographics *a,
                                             const struct pipeline_demographics *b)
{
    struct pipeline_match match = {.weight = 0};
    enum match_level *levels = match.levels;
    levels[MATCH_NUMBER] = compare_numbers(a, b);
    levels[MATCH_SSN] = match_ssn_compare(&a->ssn, &b->ssn);
    levels[MATCH_BIRTH] = match_date_compare(&a->birth, &b->birth);
    compare_names(table, a, b, levels);
    compare_places(table, a, b, levels);
    if (a->sex != 0 && b->sex != 0)
        levels[MATCH_SEX] = a->sex == b->sex ? MATCH_LEVEL_EQUAL : MATCH_LEVEL_DIFFERENT;
    for (size_t field = 0; field < MATCH_FIELD_COUNT; field++)
        match.weight += table->weights[field][levels[field]];
    judge(table, &match);
    return match;
}

const char *pipeline_verdict_name(enum pipeline_verdict verdict)
{
    static const char *const NAMES[] = {"different", "review", "same"};
    return NAMES[verdict];
}

struct slice pipeline_match_words(const struct pipeline_match *match, struct arena *arena)
{
    struct slice words =
        arena_format(arena, "%s weight=%.1f", pipeline_verdict_name(match->verdict), match->weight);
    if (match->rule.len > 0)
        words = arena_format(arena, "%.*s rule=%.*s", SLICE_ARG(words), SLICE_ARG(match->rule));
    for (size_t field = 0; field < MATCH_FIELD_COUNT; field++)
        if (match->levels[field] != MATCH_LEVEL_MISSING)
            words = arena_format(arena, "%.*s %s=%s", SLICE_ARG(words),
                                 match_field_name((enum match_field)field),
                                 match_level_name(match->levels[field]));
    return words;
}

/* --- one record and the persons it may be ----------------------------------------------------- */

/* The candidates of one person: from `first`, `count` of them. */
struct group {
    size_t first, count;
};

/* A clinic seldom has a person twice: where it has numbered a record of this person otherwise, and
 * that record does not fit by itself, more is asked of the one that does. A number is proof. */
static bool is_doubtful(const struct match_table *table, const struct pipeline_match *match,
                        bool has_other_number)
{
    return has_other_number && match->weight < table->second &&
           match->levels[MATCH_NUMBER] != MATCH_LEVEL_EQUAL;
}

static struct pipeline_match_person compare_person(const struct match_table *table,
                                                   const struct pipeline_demographics *record,
                                                   const struct pipeline_candidate *candidates,
                                                   size_t count)
{
    struct pipeline_match_person person = {.person_key = candidates[0].person_key};
    bool apart = false, has_other_number = false;
    for (size_t i = 0; i < count; i++) {
        struct pipeline_match match =
            pipeline_match_compare(table, record, candidates[i].demographics);
        apart |= match.apart;
        has_other_number |=
            match.levels[MATCH_NUMBER] == MATCH_LEVEL_DIFFERENT && match.verdict != PIPELINE_SAME;
        if (i > 0 &&
            (match.verdict < person.match.verdict ||
             (match.verdict == person.match.verdict && match.weight <= person.match.weight)))
            continue;
        person.source_key = candidates[i].source_key;
        person.match = match;
    }
    person.match.apart = apart;
    if (person.match.verdict == PIPELINE_SAME &&
        (apart || is_doubtful(table, &person.match, has_other_number)))
        person.match.verdict = PIPELINE_REVIEW;
    return person;
}

static bool is_before(const struct pipeline_match_person *a, const struct pipeline_match_person *b)
{
    if (a->match.verdict != b->match.verdict)
        return a->match.verdict > b->match.verdict;
    if (a->match.weight != b->match.weight)
        return a->match.weight > b->match.weight;
    return a->person_key < b->person_key;
}

static bool stand_apart(const struct match_table *table,
                        const struct pipeline_candidate *candidates, struct group a, struct group b)
{
    for (size_t i = a.first; i < a.first + a.count; i++)
        for (size_t j = b.first; j < b.first + b.count; j++)
            if (pipeline_match_compare(table, candidates[i].demographics,
                                       candidates[j].demographics)
                    .apart)
                return true;
    return false;
}

static void put_in_order(struct pipeline_match_person *persons, struct group *groups, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct pipeline_match_person person = persons[i];
        struct group group = groups[i];
        size_t at = i;
        for (; at > 0 && is_before(&person, &persons[at - 1]); at--) {
            persons[at] = persons[at - 1];
            groups[at] = groups[at - 1];
        }
        persons[at] = person;
        groups[at] = group;
    }
}

/* The best one is taken; each next one only where it stands apart from none that was. */
static void keep_apart(const struct match_table *table, const struct pipeline_candidate *candidates,
                       struct pipeline_match_person *persons, const struct group *groups,
                       size_t count)
{
    for (size_t i = 1; i < count && persons[i].match.verdict == PIPELINE_SAME; i++)
        for (size_t j = 0; j < i; j++) {
            if (persons[j].match.verdict != PIPELINE_SAME ||
                !stand_apart(table, candidates, groups[i], groups[j]))
                continue;
            persons[i].match.verdict = PIPELINE_REVIEW;
            persons[i].match.apart = true;
            break;
        }
}

size_t pipeline_match_persons(const struct match_table *table,
                              const struct pipeline_demographics *record,
                              const struct pipeline_candidate *candidates, size_t count,
                              struct arena *arena, struct pipeline_match_person **ret_persons)
{
    struct pipeline_match_person *persons =
        ARENA_ARRAY(arena, count + 1, struct pipeline_match_person);
    struct group *groups = ARENA_ARRAY(arena, count + 1, struct group);
    size_t person_count = 0;
    for (size_t first = 0, next; first < count; first = next) {
        next = first + 1;
        while (next < count && candidates[next].person_key == candidates[first].person_key)
            next++;
        struct pipeline_match_person person =
            compare_person(table, record, candidates + first, next - first);
        if (person.match.verdict == PIPELINE_DIFFERENT)
            continue;
        groups[person_count] = (struct group){first, next - first};
        persons[person_count++] = person;
    }
    put_in_order(persons, groups, person_count);
    keep_apart(table, candidates, persons, groups, person_count);
    put_in_order(persons, groups, person_count);
    *ret_persons = persons;
    return person_count;
}
