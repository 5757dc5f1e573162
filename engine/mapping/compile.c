/* compile: the driver. */
#include "mapping/compile.h"

/* The rules of the base and of some dozens of sites, as they are read. */
#define RULES_CEILING ((size_t)256 * 1024 * 1024)

static compile_word *const WORDS[WORD_COUNT] = {
    [WORD_EACH] = compile_each,   [WORD_MAKE] = compile_make,         [WORD_ALSO] = compile_also,
    [WORD_LINK] = compile_link,   [WORD_MERGE] = compile_merge,       [WORD_SET] = compile_set,
    [WORD_ENTRY] = compile_entry, [WORD_SNAPSHOT] = compile_snapshot, [WORD_REF] = compile_ref,
    [WORD_USE] = compile_use,     [WORD_FILL] = compile_fill,         [WORD_FIRST] = compile_first,
    [WORD_DROP] = compile_drop,
};

/* --- what people are told ----------------------------------------------------------------------*/

struct mapping_rule_facts compile_facts_of(const struct rule *rule)
{
    struct mapping_rule_facts facts = {.id = rule->id,
                                       .file = rule->file->name,
                                       .line = rule->element->line,
                                       .column = rule->element->column,
                                       .guide = rule_text(rule, ATTRIBUTE_GUIDE),
                                       .because = rule_text(rule, ATTRIBUTE_BECAUSE),
                                       .changed = rule->changed};
    if (rule->changed_by) {
        facts.changed_file = rule->changed_by->file->name;
        facts.changed_line = rule->changed_by->element->line;
        facts.changed_column = rule->changed_by->element->column;
    }
    return facts;
}

/* --- names -------------------------------------------------------------------------------------*/

/* Names of a file: each with the type of its resource. */
static void collect_names(struct compiler *compiler, const struct rule *rule, struct map *names)
{
    for (const struct rule *child = rule->first_child; child; child = child->next) {
        enum rule_attribute attribute = child->word == WORD_MAKE ? ATTRIBUTE_TYPE : ATTRIBUTE_MAKE;
        const struct fhir_type *type =
            fhir_definitions_resource(compiler->rules->definitions, rule_text(child, attribute));
        if (rule_has(child, ATTRIBUTE_NAME) && type)
            map_put(names, rule_text(child, ATTRIBUTE_NAME), (void *)(uintptr_t)type);
        collect_names(compiler, child, names);
    }
}

static bool is_known_name(const struct compiler *compiler, const struct compile_scope *scope,
                          struct slice name)
{
    return map_get(scope->names, name) ||
           (!scope->is_message && map_get(&compiler->message_names, name));
}

struct slice compile_nearest_name(struct compiler *compiler, const struct compile_scope *scope,
                                  struct slice name)
{
    size_t count = scope->names->count;
    struct slice *known = ARENA_ARRAY(compiler->arena, count + 1, struct slice);
    for (size_t i = 0; i < count; i++)
        known[i] = scope->names->entries[i].key;
    return rule_did_you_mean(compiler->arena, name, known, count);
}

static void report_name(struct compiler *compiler, const struct compile_scope *scope,
                        const struct rule *rule, enum rule_attribute attribute, size_t offset,
                        struct slice name)
{
    rule_value_error(compiler->issues, rule, attribute, offset, name.len, "unknown-name",
                     compile_nearest_name(compiler, scope, name),
                     "no rule makes a resource called '%.*s'", SLICE_ARG(name));
}

struct name_list compile_names(struct compiler *compiler, const struct compile_scope *scope,
                               const struct rule *rule, enum rule_attribute attribute)
{
    struct name_list list = {0};
    struct slice text = rule_text(rule, attribute);
    for (size_t at = 0; at < text.len;) {
        struct slice rest = slice_after(text, at);
        size_t length = slice_find(rest, SLICE(" or "));
        struct slice name = slice_trim(slice_part(rest, 0, length));
        list.items = arena_grow(compiler->arena, list.items, list.count * sizeof(uint32_t),
                                (list.count + 1) * sizeof(uint32_t));
        if (slice_equal(name, SLICE("this")))
            list.items[list.count++] = NAME_THIS;
        else if (slice_equal(name, SLICE("all")) && attribute == ATTRIBUTE_TO)
            list.items[list.count++] = NAME_ALL;
        else if (is_known_name(compiler, scope, name))
            list.items[list.count++] = compile_name(compiler, name);
        else
            report_name(compiler, scope, rule, attribute, at, name);
        at += length + 4;
    }
    return list;
}

/* --- rules and overlays ------------------------------------------------------------------------*/

struct condition_names compile_condition_names(struct compiler *compiler,
                                               const struct compile_scope *scope)
{
    return (struct condition_names){.conditions = scope->conditions,
                                    .choices = &compiler->rules->choices,
                                    .answers = &compiler->site->answers,
                                    .tables = &compiler->program->tables,
                                    .scope = &scope->places,
                                    .number_decision = compile_decision,
                                    .decision_data = compiler};
}

/* An entry's `when` sees its own repetition. */
static struct place_scope when_scope(const struct compile_scope *scope, const struct rule *rule,
                                     struct arena *arena)
{
    struct place_scope places = scope->places;
    struct places from;
    size_t column;
    bool is_own = rule->word == WORD_ENTRY || rule->word == WORD_DROP || places.type.len == 0;
    if (is_own && rule_has(rule, ATTRIBUTE_FROM) &&
        places_parse(rule_text(rule, ATTRIBUTE_FROM), arena, &from, &column) == 0)
        places.type = place_type(&from.items[0], &places);
    return places;
}

/* The rule's `when`; NULL for always. `reader` tells whose `from` is meant. */
static const struct condition *parse_when(struct compiler *compiler,
                                          const struct compile_scope *scope,
                                          const struct rule *rule, const struct rule *reader)
{
    if (!rule_has(rule, ATTRIBUTE_WHEN))
        return NULL;
    struct place_scope places = when_scope(scope, reader, compiler->scratch);
    struct condition_names names = compile_condition_names(compiler, scope);
    names.scope = &places;
    return condition_parse(rule, ATTRIBUTE_WHEN, &names, compiler->scratch, compiler->issues);
}

static void compile_plain(struct compiler *compiler, const struct compile_scope *scope,
                          const struct rule *rule, const struct condition *extra)
{
    const struct condition *when =
        condition_and(extra, parse_when(compiler, scope, rule, rule), compiler->scratch);
    if (WORDS[rule->word])
        WORDS[rule->word](compiler, scope, rule, when);
}

const struct rule *compile_changed(const struct rule *base, const struct rule *change,
                                   struct arena *arena)
{
    struct rule *made = ARENA_NEW(arena, struct rule);
    *made = *base;
    made->changed_by = change;
    struct rule_values values = rule_given(base), changes = rule_given(change);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (i == ATTRIBUTE_ID || i == ATTRIBUTE_WHEN || !changes.items[i].attribute)
            continue;
        values.items[i] = changes.items[i];
        if (i != ATTRIBUTE_BECAUSE)
            made->changed = made->changed.len
                                ? arena_format(arena, "%.*s, %.*s", SLICE_ARG(made->changed),
                                               SLICE_ARG(RULE_ATTRIBUTE_NAMES[i]))
                                : RULE_ATTRIBUTE_NAMES[i];
    }
    rule_give(made, &values, arena);
    return made;
}

const struct rule *compile_replacing(const struct rule *base, const struct rule *replace,
                                     struct arena *arena)
{
    struct rule *made = ARENA_NEW(arena, struct rule);
    *made = *replace;
    made->word = base->word;
    made->id = base->id;
    made->is_send = base->is_send;
    made->changed_by = replace;
    made->changed = SLICE("replaced");
    struct rule_values values = rule_given(replace), replaced = rule_given(base);
    values.items[ATTRIBUTE_WHEN] = replaced.items[ATTRIBUTE_WHEN];
    if (!rule_has(replace, ATTRIBUTE_GUIDE))
        values.items[ATTRIBUTE_GUIDE] = replaced.items[ATTRIBUTE_GUIDE];
    rule_give(made, &values, arena);
    return made;
}

static void compile_variant(struct compiler *compiler, const struct compile_scope *scope,
                            const struct rule *base, const struct rule *overlay,
                            const struct condition *when)
{
    if (overlay->word == WORD_DROP)
        return;
    struct compile_scope own = *scope;
    own.places.version = site_version(compiler->site);
    own.is_site = true;
    const struct rule *rule = overlay->word == WORD_CHANGE
                                  ? compile_changed(base, overlay, compiler->arena)
                                  : compile_replacing(base, overlay, compiler->arena);
    compile_plain(compiler, overlay->word == WORD_REPLACE ? &own : scope, rule, when);
}

void compile_rule(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule)
{
    const struct overlay *overlay =
        scope->is_site ? NULL : map_get(&compiler->site->overlays, rule->id);
    /* What no overlay claimed so far is left to the next, at last to the base rule. */
    const struct condition *rest = NULL;
    for (; overlay; overlay = overlay->next) {
        const struct condition *when = parse_when(compiler, scope, overlay->rule, rule);
        compile_variant(compiler, scope, rule, overlay->rule,
                        condition_and(rest, when, compiler->scratch));
        if (!when)
            return;
        rest = condition_and(rest, condition_not(when, compiler->scratch), compiler->scratch);
    }
    compile_plain(compiler, scope, rule, rest);
}

void compile_children(struct compiler *compiler, const struct compile_scope *scope,
                      const struct rule *rule, struct slice owner)
{
    for (const struct rule *child = rule->first_child; child; child = child->next)
        compile_rule(compiler, scope, child);
    const struct overlay *added = map_get(&compiler->site->additions, owner);
    for (; added; added = added->next) {
        struct compile_scope own = *scope;
        own.places.version = site_version(compiler->site);
        own.is_site = true;
        library_name_rules(added->rule, compiler->program->site.id, &compiler->site_rules,
                           compiler->arena, compiler->issues);
        for (const struct rule *child = added->rule->first_child; child; child = child->next)
            compile_rule(compiler, &own, child);
    }
}

/* --- bodies ------------------------------------------------------------------------------------*/

static void names_of_additions(struct compiler *compiler, struct slice owner, struct map *names)
{
    const struct overlay *added = map_get(&compiler->site->additions, owner);
    for (; added; added = added->next)
        collect_names(compiler, added->rule, names);
}

static struct body *compile_rules(struct compiler *compiler, struct compile_scope *scope,
                                  const struct rule *rule)
{
    struct map *names = ARENA_NEW(compiler->scratch, struct map);
    map_init(names, compiler->scratch);
    collect_names(compiler, rule, names);
    names_of_additions(compiler, rule->id, names);
    scope->names = names;
    struct operation made = OPERATION_NEW;
    uint32_t head = compile_push(compiler, OPERATION_BODY, rule, NULL, &made);
    scope->container = head;
    compile_children(compiler, scope, rule, rule->id);
    compile_end(compiler, head);
    return compile_settle(compiler);
}

static struct body *compile_map_body(struct compiler *compiler, const struct map_source *map)
{
    struct compile_scope scope = {
        .places = {.dictionary = compiler->rules->dictionary, .type = map->type},
        .element = map->to,
        .type = map->to_type,
        .resource = map->to_type->kind == FHIR_TYPE_RESOURCE ? map->to_type : NULL,
        .conditions = &map->conditions};
    return compile_rules(compiler, &scope, map->rule);
}

static struct body *compile_message(struct compiler *compiler, const struct message_source *message)
{
    struct compile_scope scope = {
        .places = {.dictionary = compiler->rules->dictionary, .structure = message->structure},
        .conditions = &message->conditions,
        .structure = message->structure,
        .is_message = true};
    return compile_rules(compiler, &scope, message->rule);
}

static void number_maps(struct compiler *compiler)
{
    const struct map *maps = &compiler->rules->maps;
    for (size_t i = 0; i < maps->count; i++)
        map_put(&compiler->map_numbers, maps->entries[i].key, (void *)(uintptr_t)(i + 1));
    for (size_t i = 0; i < compiler->rules->messages.count; i++) {
        const struct message_source *message = compiler->rules->messages.entries[i].value;
        collect_names(compiler, message->rule, &compiler->message_names);
    }
}

/* --- conditions --------------------------------------------------------------------------------*/

static void share_conditions(struct compiler *compiler)
{
    struct mapping_program *program = compiler->program;
    struct condition_pool pool;
    condition_pool_init(&pool, compiler->arena, compiler->scratch);
    pool.answer_count = program->answer_count;
    for (size_t number = 0; number < program->body_count; number++) {
        struct body *body = compiler->made[number];
        for (uint32_t i = 0; body && i < body->count; i++)
            body->operations[i].when = condition_pool_share(&pool, body->operations[i].when);
    }
    program->answer_count = pool.answer_count;
    condition_pool_release(&pool);
}

/* --- circles -----------------------------------------------------------------------------------*/

enum visit { VISIT_NOT_YET, VISIT_NOW, VISIT_DONE };

/* False where a map comes back to itself. There is a mark for each body. */
static bool visit_body(const struct mapping_program *program, uint32_t number, unsigned char *marks)
{
    const struct body *body = program->bodies[number];
    if (!body || marks[number] != VISIT_NOT_YET)
        return !body || marks[number] == VISIT_DONE;
    marks[number] = VISIT_NOW;
    for (uint32_t i = 1; i < body->count; i++)
        if (body->operations[i].map != NO_MAP &&
            !visit_body(program, body->operations[i].map, marks))
            return false;
    marks[number] = VISIT_DONE;
    return true;
}

static bool check_circles(struct compiler *compiler)
{
    const struct mapping_program *program = compiler->program;
    unsigned char *marks = ARENA_ARRAY(compiler->scratch, program->body_count + 1, unsigned char);
    for (uint32_t i = 0; i < compiler->rules->maps.count; i++) {
        const struct map_source *map = compiler->rules->maps.entries[i].value;
        if (visit_body(program, i, marks))
            continue;
        rule_error(compiler->issues, map->rule, "map-circle",
                   SLICE("name each resource and stay flat: <ref in=\"...\" .../>"),
                   "the map '%.*s' comes back to itself", SLICE_ARG(map->id));
        return false;
    }
    return true;
}

struct mapping_site compile_site_facts(const struct site_source *site, struct arena *arena)
{
    if (!site->rule)
        return (struct mapping_site){.version = SLICE("2.5.1")};
    struct mapping_site facts = {.id = site->rule->id,
                                 .version = rule_text(site->rule, ATTRIBUTE_VERSION),
                                 .time_zone = rule_text(site->rule, ATTRIBUTE_TIME_ZONE),
                                 .charset = rule_text(site->rule, ATTRIBUTE_CHARSET),
                                 .organization = rule_text(site->rule, ATTRIBUTE_ORGANIZATION),
                                 .mrn_system = rule_text(site->rule, ATTRIBUTE_MRN_SYSTEM)};
    if (facts.version.len == 0)
        facts.version = SLICE("2.5.1");
    if (facts.mrn_system.len == 0)
        facts.mrn_system = arena_format(arena, "urn:painbridge:site:%.*s:mrn", SLICE_ARG(facts.id));
    return facts;
}

static void put_body(struct compiler *compiler, size_t number, struct body *body)
{
    compiler->program->bodies[number] = compiler->made[number] = body;
}

static void compile_bodies(struct compiler *compiler, const bool *changed)
{
    const struct mapping_rules *rules = compiler->rules;
    size_t number = 0;
    for (size_t i = 0; i < rules->maps.count; i++, number++) {
        const struct map_source *map = rules->maps.entries[i].value;
        if (map->to && changed[number])
            put_body(compiler, number, compile_map_body(compiler, map));
    }
    for (size_t i = 0; i < rules->messages.count; i++, number++) {
        const struct message_source *message = rules->messages.entries[i].value;
        if (message->structure && changed[number])
            put_body(compiler, number, compile_message(compiler, message));
    }
}

static void list_messages(struct compiler *compiler)
{
    const struct map *messages = &compiler->rules->messages;
    map_reserve(&compiler->program->messages, messages->count);
    for (size_t i = 0; i < messages->count; i++) {
        const struct message_source *message = messages->entries[i].value;
        struct message_program *made = ARENA_NEW(compiler->arena, struct message_program);
        made->structure = message->structure;
        made->body = (uint32_t)(compiler->rules->maps.count + i);
        map_put(&compiler->program->messages, message->rule->id, made);
    }
}

static void compile_all(struct compiler *compiler)
{
    const struct mapping_rules *rules = compiler->rules;
    struct mapping_program *program = compiler->program;
    size_t count = rules->maps.count + rules->messages.count;
    program->body_count = count;
    program->bodies = ARENA_ARRAY(compiler->arena, count, const struct body *);
    compiler->made = ARENA_ARRAY(compiler->scratch, count, struct body *);
    bool *changed = ARENA_ARRAY(compiler->scratch, count, bool);
    compile_changes(compiler, changed);
    for (size_t number = 0; number < count; number++)
        if (!changed[number])
            program->bodies[number] = compiler->base->bodies[number];
    number_maps(compiler);
    compile_bodies(compiler, changed);
    compile_settle_lists(compiler);
    share_conditions(compiler);
    for (size_t number = 0; number < count; number++)
        if (compiler->made[number])
            compile_guards(compiler->made[number], compiler->arena);
    if (check_circles(compiler))
        compile_far(compiler);
}

/* What the base has numbered keeps its number. */
static void begin_on(struct compiler *compiler, const struct mapping_program *base)
{
    struct mapping_program *program = compiler->program;
    compiler->base = program->base = base;
    program->messages = base->messages;
    program->first_source = base->first_source + (uint32_t)base->source_count;
    program->answer_count = base->answer_count;
    for (size_t i = 0; i < base->name_count; i++)
        compile_name(compiler, base->names[i]);
    for (size_t i = 0; i < base->label_count; i++)
        compile_label(compiler, base->labels[i]);
    for (size_t i = 0; i < base->decision_count; i++)
        compile_decision(compiler, base->decisions[i]);
    code_tables_share(&program->tables, &base->tables);
}

static const struct mapping_program *compile_one(const struct mapping_rules *rules,
                                                 const struct site_source *site,
                                                 const struct mapping_program *base,
                                                 struct arena *arena, struct issue_list *issues)
{
    struct mapping_program *program = ARENA_NEW(arena, struct mapping_program);
    struct compiler compiler = {
        .program = program, .rules = rules, .site = site, .arena = arena, .issues = issues};
    compiler.scratch = arena_new(0);
    program->rules = rules->kept ? NULL : rules;
    program->dictionary = rules->dictionary;
    program->site = compile_site_facts(site, arena);
    program->revision = library_revision(rules->digests, site->digests, arena);
    map_init(&program->messages, arena);
    struct text_pool own;
    text_pool_init(&own, arena, compiler.scratch);
    compiler.kept = rules->kept ? rules->kept : &own;
    map_init(&compiler.parts, compiler.scratch);
    map_init(&compiler.labels, compiler.scratch);
    map_init(&compiler.site_rules, compiler.scratch);
    map_init(&compiler.name_numbers, compiler.scratch);
    map_init(&compiler.decision_numbers, compiler.scratch);
    map_init(&compiler.message_names, compiler.scratch);
    map_init(&compiler.map_numbers, compiler.scratch);
    map_init(&compiler.checked_tables, compiler.scratch);
    code_tables_init(&program->tables, program->site.id, arena);
    program->tables.kept = rules->kept;
    if (base)
        begin_on(&compiler, base);
    else
        list_messages(&compiler);
    compile_tables(&compiler);
    compile_all(&compiler);
    arena_free(compiler.scratch);
    return program;
}

int compile_program(const struct mapping_rules *rules, const struct site_source *site,
                    const struct mapping_program *base, struct arena *arena,
                    const struct mapping_program **ret_program, struct issue_list *issues)
{
    const struct mapping_program *program = compile_one(rules, site, base, arena, issues);
    /* What is sent is compiled by who sends; here it only has to be right. */
    compile_sends_check(rules, site, issues);
    if (issue_list_failed(issues))
        return -1;
    *ret_program = program;
    return 0;
}

const struct mapping_program *compile_base(const struct mapping_rules *rules, struct arena *arena)
{
    struct arena *scratch = arena_new(0);
    const struct site_source nobody = {.file = NULL};
    struct issue_list issues;
    issue_list_init(&issues, scratch);
    const struct mapping_program *base = compile_one(rules, &nobody, NULL, arena, &issues);
    bool failed = issue_list_failed(&issues);
    arena_free(scratch);
    return failed ? NULL : base;
}

int mapping_program_make(const struct mapping_rules *rules, const struct mapping_texts *site_texts,
                         struct arena *arena, const struct mapping_program **ret_program,
                         struct issue_list *issues)
{
    struct site_source site;
    if (site_load(rules, site_texts, arena, &site, issues) != 0)
        return -1;
    const struct mapping_program *base = site_texts ? compile_base(rules, arena) : NULL;
    return compile_program(rules, &site, base, arena, ret_program, issues);
}

int mapping_programs_make(const struct mapping_texts *texts, const struct mapping_texts *sites,
                          size_t site_count, const struct hl7v2_dictionary *dictionary,
                          const struct fhir_definitions *definitions, struct arena *arena,
                          const struct mapping_program **ret_programs, struct issue_list *issues)
{
    struct arena *scratch = arena_new(RULES_CEILING);
    const struct mapping_rules *rules;
    const struct mapping_program *base = NULL;
    struct text_pool kept;
    struct issue_list found; /* its words go with the rules, too */
    issue_list_init(&found, scratch);
    text_pool_init(&kept, arena, scratch);
    int result = library_rules(texts, dictionary, definitions, &kept, scratch, &rules, &found);
    size_t count = result == 0 ? site_count : 0;
    if (count > 0)
        base = compile_base(rules, arena);
    issue_list_take(issues, &found);
    for (size_t i = 0; i < count; i++) {
        struct site_source site;
        issue_list_init(&found, scratch);
        if (site_load(rules, &sites[i], scratch, &site, &found) != 0 ||
            compile_program(rules, &site, base, arena, &ret_programs[i], &found) != 0)
            result = -1;
        issue_list_take(issues, &found);
    }
    arena_free(scratch);
    return result;
}

int mapping_program_load(const struct mapping_rules *rules, const char *site_folder,
                         struct arena *arena, const struct mapping_program **ret_program,
                         struct issue_list *issues)
{
    struct mapping_texts texts;
    if (site_folder && mapping_texts_of_site(site_folder, arena, &texts, issues) != 0)
        return -1;
    return mapping_program_make(rules, site_folder ? &texts : NULL, arena, ret_program, issues);
}
