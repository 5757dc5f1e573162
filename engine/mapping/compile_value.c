/* compile_value: what a rule reads, and how it becomes what the element wants. */
#include "mapping/compile.h"

/* --- places ------------------------------------------------------------------------------------*/

/* Their texts are kept, and equal places are one. */
static void settle_places(struct compiler *compiler, struct places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        struct place *place = &places->items[i];
        place->text = text_pool_keep(compiler->kept, place->text);
        place->nth = text_pool_keep(compiler->kept, place->nth);
        place->groups = text_pool_keep(compiler->kept, place->groups);
    }
    places->items =
        compile_settle_part(compiler, places->items, places->count * sizeof(*places->items));
}

bool compile_places(struct compiler *compiler, const struct compile_scope *scope,
                    const struct rule *rule, enum rule_attribute attribute,
                    struct places *ret_places)
{
    struct slice text = rule_text(rule, attribute);
    struct places places;
    size_t column;
    if (places_parse(text, compiler->scratch, &places, &column) != 0) {
        struct slice near =
            place_did_you_mean(slice_after(text, column), &scope->places, rule, compiler->arena);
        rule_value_error(compiler->issues, rule, attribute, column, 1, "place-syntax",
                         near.len ? near
                                  : SLICE("a place is written as PID-3.4, .3 or engine.now; "
                                          "several are joined by 'or'"),
                         "this is no place");
        return false;
    }
    bool well = true;
    for (size_t i = 0; i < places.count; i++)
        well &= place_check(&places.items[i], &scope->places, rule, attribute,
                            (size_t)(places.items[i].text.ptr - text.ptr), compiler->issues);
    settle_places(compiler, &places);
    *ret_places = places;
    return well;
}

/* The site's drop names this place or something around it. */
static bool is_dropped(const struct compiler *compiler, const struct place *place)
{
    for (size_t i = 0; i < compiler->site->dropped_count; i++) {
        const struct place *dropped = &compiler->site->dropped[i];
        if (place->kind == PLACE_SEGMENT && dropped->segment == place->segment &&
            dropped->field == place->field &&
            (dropped->component == 0 || dropped->component == place->component))
            return true;
    }
    return false;
}

static bool all_dropped(const struct compiler *compiler, const struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        if (!is_dropped(compiler, &places->items[i]))
            return false;
    return places->count > 0;
}

/* --- templates ---------------------------------------------------------------------------------*/

struct template_reader {
    struct compiler *compiler;
    const struct compile_scope *scope;
    const struct rule *rule;
    struct slice text;
    struct template_piece *pieces;
    size_t count;
};

static void push_piece(struct template_reader *reader, struct template_piece piece)
{
    reader->pieces = arena_grow(reader->compiler->arena, reader->pieces,
                                reader->count * sizeof(piece), (reader->count + 1) * sizeof(piece));
    reader->pieces[reader->count++] = piece;
}

/* "{.2}" or "{PID-3}" at `at`; its length, or 0 where it is wrong. */
static size_t read_brace(struct template_reader *reader, size_t at)
{
    struct slice rest = slice_after(reader->text, at);
    size_t close = slice_find_byte(rest, '}');
    struct template_piece piece = {.literal = {NULL, 0}};
    size_t length = place_parse_front(slice_part(rest, 1, close - 1), &piece.place);
    if (close == rest.len || length != close - 1) {
        rule_value_error(reader->compiler->issues, reader->rule, ATTRIBUTE_TEXT, at + 1, 1,
                         "place-syntax", SLICE("write {.2} or {PID-3.1}; a brace is written {{"),
                         "this is no place");
        return 0;
    }
    if (!place_check(&piece.place, &reader->scope->places, reader->rule, ATTRIBUTE_TEXT, at + 1,
                     reader->compiler->issues))
        return 0;
    push_piece(reader, piece);
    return close + 1;
}

static bool read_template(struct template_reader *reader)
{
    struct slice text = reader->text;
    for (size_t at = 0; at < text.len;) {
        if (text.ptr[at] != '{') {
            size_t length = slice_find_byte(slice_after(text, at), '{');
            push_piece(reader, (struct template_piece){.literal = slice_part(text, at, length)});
            at += length;
        } else if (at + 1 < text.len && text.ptr[at + 1] == '{') {
            push_piece(reader, (struct template_piece){.literal = SLICE("{")});
            at += 2;
        } else {
            size_t length = read_brace(reader, at);
            if (length == 0)
                return false;
            at += length;
        }
    }
    return true;
}

static bool compile_template(struct compiler *compiler, const struct compile_scope *scope,
                             const struct rule *rule, struct source *source)
{
    struct template_reader reader = {.compiler = compiler,
                                     .scope = scope,
                                     .rule = rule,
                                     .text = rule_text(rule, ATTRIBUTE_TEXT)};
    if (!read_template(&reader))
        return false;
    source->kind = SOURCE_TEMPLATE;
    source->pieces = reader.pieces;
    source->piece_count = reader.count;
    return true;
}

/* --- literals ----------------------------------------------------------------------------------*/

struct slice compile_system(const struct code_tables *tables, struct slice name)
{
    if (slice_find_byte(name, ':') < name.len)
        return name;
    const struct code_table *systems = code_tables_get(tables, SLICE("systems"));
    if (!systems)
        return (struct slice){NULL, 0};
    struct code_match match = code_table_find(systems, name, (struct slice){NULL, 0});
    if (!match.row)
        return (struct slice){NULL, 0};
    return match.row->target_code.len ? match.row->target_code : match.row->target_system;
}

static void report_system(struct compiler *compiler, const struct rule *rule, struct slice name)
{
    const struct code_table *systems =
        code_tables_get(&compiler->program->tables, SLICE("systems"));
    size_t count = systems ? systems->rows.count : 0;
    struct slice *names = ARENA_ARRAY(compiler->arena, count + 1, struct slice);
    for (size_t i = 0; i < count; i++)
        names[i] = systems->rows.entries[i].key;
    struct slice hint = rule_did_you_mean(compiler->arena, name, names, count);
    rule_value_error(compiler->issues, rule, ATTRIBUTE_CODE, 0, name.len, "unknown-system",
                     hint.len ? hint : SLICE("add it to codes/systems.csv, or write the URI"),
                     "'%.*s' is no code system of codes/systems.csv", SLICE_ARG(name));
}

static bool compile_code(struct compiler *compiler, const struct rule *rule, struct source *source)
{
    struct slice text = rule_text(rule, ATTRIBUTE_CODE);
    size_t blank = slice_find_byte(text, ' ');
    struct slice name = slice_part(text, 0, blank), rest = slice_trim(slice_after(text, blank));
    size_t end = slice_find_byte(rest, ' ');
    source->kind = SOURCE_CODE;
    struct coding *code = ARENA_NEW(compiler->arena, struct coding);
    source->code = code;
    code->system = compile_system(&compiler->program->tables, name);
    code->code = slice_part(rest, 0, end);
    code->display = slice_trim(slice_after(rest, end));
    if (code->code.len == 0) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_CODE, 0, 0, "value-syntax",
                         SLICE("write code=\"SYSTEM CODE\", as in code=\"LN 91147-9\""),
                         "a code is a system, a blank and the code");
        return false;
    }
    if (code->system.len)
        return true;
    report_system(compiler, rule, name);
    return false;
}

static bool compile_unit(struct compiler *compiler, const struct rule *rule, struct source *source)
{
    struct coding *code = ARENA_NEW(compiler->arena, struct coding);
    code->code = rule_text(rule, ATTRIBUTE_UNIT);
    source->kind = SOURCE_UNIT;
    source->code = code;
    return true;
}

static bool compile_value(struct compiler *compiler, const struct rule *rule, struct source *source)
{
    (void)compiler;
    source->kind = SOURCE_VALUE;
    source->value = rule_text(rule, ATTRIBUTE_VALUE);
    return true;
}

static bool compile_from(struct compiler *compiler, const struct compile_scope *scope,
                         const struct rule *rule, struct source *source)
{
    source->kind = SOURCE_PLACES;
    return compile_places(compiler, scope, rule, ATTRIBUTE_FROM, &source->places) &&
           !all_dropped(compiler, &source->places);
}

bool compile_source(struct compiler *compiler, const struct compile_scope *scope,
                    const struct rule *rule, struct source *ret_source)
{
    static const enum rule_attribute KINDS[] = {ATTRIBUTE_FROM, ATTRIBUTE_VALUE, ATTRIBUTE_TEXT,
                                                ATTRIBUTE_CODE, ATTRIBUTE_UNIT};
    struct source source = {.kind = SOURCE_NONE};
    enum rule_attribute given = ATTRIBUTE_COUNT;
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (!rule_has(rule, KINDS[i]))
            continue;
        if (given != ATTRIBUTE_COUNT) {
            rule_value_error(compiler->issues, rule, KINDS[i], 0, 0, "two-values",
                             SLICE("from, value, text, code and unit exclude each other"),
                             "the rule has two values");
            return false;
        }
        given = KINDS[i];
    }
    bool well = true;
    if (given == ATTRIBUTE_FROM)
        well = compile_from(compiler, scope, rule, &source);
    if (given == ATTRIBUTE_TEXT)
        well = compile_template(compiler, scope, rule, &source);
    if (given == ATTRIBUTE_VALUE)
        well = compile_value(compiler, rule, &source);
    if (given == ATTRIBUTE_CODE)
        well = compile_code(compiler, rule, &source);
    if (given == ATTRIBUTE_UNIT)
        well = compile_unit(compiler, rule, &source);
    *ret_source = source;
    return well;
}

struct slice compile_source_type(const struct compile_scope *scope, const struct source *source)
{
    if (source->kind != SOURCE_PLACES)
        return scope->places.type;
    return place_type(&source->places.items[0], &scope->places);
}

/* --- paths -------------------------------------------------------------------------------------*/

/* Its texts are kept, and equal paths are one. */
static struct path *settled_path(struct compiler *compiler, struct path path)
{
    for (size_t i = 0; i < path.count; i++) {
        struct path_step *step = &path.steps[i];
        step->name = text_pool_keep(compiler->kept, step->name);
        step->label = step->label.len
                          ? compile_label(compiler, text_pool_keep(compiler->kept, step->label))
                          : (struct slice){NULL, 0};
    }
    path.text = text_pool_keep(compiler->kept, path.text);
    path.choice_text = text_pool_keep(compiler->kept, path.choice_text);
    path.steps = compile_settle_part(compiler, path.steps, path.count * sizeof(*path.steps));
    return compile_settle_part(compiler, &path, sizeof(path));
}

struct path *compile_path(struct compiler *compiler, const struct rule *rule,
                          enum rule_attribute attribute, const struct fhir_element *element)
{
    const struct fhir_definitions *definitions = compiler->rules->definitions;
    struct slice text = rule_text(rule, attribute), wrong, words, hint;
    struct path path;
    const char *id;
    if (path_resolve(text, element, definitions, compiler->scratch, &path, &wrong, &id, &words,
                     &hint) == 0)
        return settled_path(compiler, path);
    /* Again, to say what is wrong: that has to outlive the scratch arena. */
    (void)path_of_rule(rule, attribute, element, definitions, compiler->arena, &path,
                       compiler->issues);
    return NULL;
}

/* --- keys --------------------------------------------------------------------------------------*/

static enum part_kind part_kind_of(struct slice type, const struct place *place)
{
    static const struct {
        struct slice type;
        enum part_kind kind;
    } KINDS[] = {
        {SLICE_INIT("CX"), PART_CX},   {SLICE_INIT("EI"), PART_EI},   {SLICE_INIT("CE"), PART_CWE},
        {SLICE_INIT("CWE"), PART_CWE}, {SLICE_INIT("CNE"), PART_CWE},
    };
    if (place->subcomponent || place->kind == PLACE_FACT)
        return PART_TEXT;
    if (place->component) /* HL7 v2.5.1 2.A.28: each half of an EIP is an EI */
        return slice_equal(type, SLICE("EI")) ? PART_EI : PART_TEXT;
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (slice_equal(type, KINDS[i].type))
            return KINDS[i].kind;
    return PART_TEXT;
}

/* Who gave a number: CX.4 and CX.6, EI.2 to EI.4. */
static bool is_assigner(const struct place_scope *scope, const struct place *place)
{
    struct place field = *place;
    field.component = field.subcomponent = 0;
    struct slice type = place->kind == PLACE_SEGMENT ? place_type(&field, scope) : SLICE("");
    if (slice_equal(type, SLICE("CX")))
        return place->component == 4 || place->component == 6;
    return slice_equal(type, SLICE("EI")) && place->component >= 2 && place->component <= 4;
}

static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!(text.ptr[i] >= 'a' && text.ptr[i] <= 'z') && text.ptr[i] != '-')
            return false;
    return text.len > 0;
}

static bool name_in_key(struct compiler *compiler, const struct compile_scope *scope,
                        const struct rule *rule, enum rule_attribute attribute, struct slice text,
                        uint32_t *ret_name)
{
    *ret_name = compile_name(compiler, text);
    if (map_get(scope->names, text) || map_get(&compiler->message_names, text))
        return true;
    struct slice near = compile_nearest_name(compiler, scope, text);
    rule_value_error(compiler->issues, rule, attribute,
                     (size_t)(text.ptr - rule_text(rule, attribute).ptr), text.len, "unknown-name",
                     near.len ? near
                              : SLICE("a part is a place, a fact, or the name of a resource"),
                     "no rule makes a resource called '%.*s'", SLICE_ARG(text));
    return false;
}

/* Takes " of NAME" from the end of a part. */
static bool compile_owner(struct compiler *compiler, const struct compile_scope *scope,
                          const struct rule *rule, enum rule_attribute attribute,
                          struct slice *text, struct key_part *part)
{
    size_t of = slice_find(*text, SLICE(" of "));
    if (of == text->len)
        return true;
    struct slice owner = slice_trim(slice_after(*text, of + 4));
    *text = slice_trim(slice_part(*text, 0, of));
    part->has_owner = true;
    return name_in_key(compiler, scope, rule, attribute, owner, &part->name);
}

static bool compile_part(struct compiler *compiler, const struct compile_scope *scope,
                         const struct rule *rule, enum rule_attribute attribute, struct slice text,
                         struct key_part *ret_part)
{
    size_t offset = (size_t)(text.ptr - rule_text(rule, attribute).ptr), column;
    struct key_part part = {.kind = PART_TEXT};
    if (is_name(text)) {
        part.kind = PART_NAME;
        bool is_known = name_in_key(compiler, scope, rule, attribute, text, &part.name);
        *ret_part = part;
        return is_known;
    }
    if (!compile_owner(compiler, scope, rule, attribute, &text, &part))
        return false;
    if (places_parse(text, compiler->scratch, &part.places, &column) != 0) {
        struct slice near =
            place_did_you_mean(slice_after(text, column), &scope->places, rule, compiler->arena);
        rule_value_error(
            compiler->issues, rule, attribute, offset + column, 1, "key-syntax",
            near.len ? near : SLICE("a key is a name and its parts: result(OBR-3 or OBR-2, OBX-3)"),
            "this is no place");
        return false;
    }
    bool well = true;
    for (size_t i = 0; i < part.places.count; i++) {
        struct place *place = &part.places.items[i];
        well &= place_check(place, &scope->places, rule, attribute,
                            offset + (size_t)(place->text.ptr - text.ptr), compiler->issues);
    }
    part.kind =
        part_kind_of(place_type(&part.places.items[0], &scope->places), &part.places.items[0]);
    part.is_assigner = is_assigner(&scope->places, &part.places.items[0]);
    settle_places(compiler, &part.places);
    *ret_part = part;
    if (!part.has_owner || part.kind == PART_EI || !well)
        return well;
    rule_value_error(compiler->issues, rule, attribute, offset, text.len, "key-syntax",
                     SLICE("PRB-4 of patient: a whole field of data type EI"),
                     "'of' says whose number it is, and this is no number");
    return false;
}

static void compile_one_key(struct compiler *compiler, const struct compile_scope *scope,
                            const struct rule *rule, enum rule_attribute attribute,
                            struct slice text, struct operation *operation)
{
    struct key_rule key = {.name = slice_trim(slice_part(text, 0, slice_find_byte(text, '(')))};
    struct slice inside = slice_after(text, slice_find_byte(text, '(') + 1);
    size_t offset = (size_t)(text.ptr - rule_text(rule, attribute).ptr);
    if (key.name.len == 0 || inside.len == 0 || inside.ptr[inside.len - 1] != ')') {
        rule_value_error(compiler->issues, rule, attribute, offset, text.len, "key-syntax",
                         SLICE("a key is a name and its parts: result(OBR-3 or OBR-2, OBX-3)"),
                         "this is no key");
        return;
    }
    inside.len--;
    for (struct slice part; slice_split(&inside, ',', &part);) {
        key.parts = arena_grow(compiler->arena, key.parts, key.part_count * sizeof(*key.parts),
                               (key.part_count + 1) * sizeof(*key.parts));
        if (!compile_part(compiler, scope, rule, attribute, slice_trim(part),
                          &key.parts[key.part_count]))
            return;
        key.part_count++;
    }
    operation->keys =
        arena_grow(compiler->arena, operation->keys, operation->key_count * sizeof(key),
                   (operation->key_count + 1) * sizeof(key));
    operation->keys[operation->key_count++] = key;
}

void compile_keys(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, enum rule_attribute attribute,
                  struct operation *operation)
{
    struct slice rest = rule_text(rule, attribute);
    for (struct slice one; rest.len && slice_split(&rest, ';', &one);)
        compile_one_key(compiler, scope, rule, attribute, slice_trim(one), operation);
}

/* --- tables, manners ---------------------------------------------------------------------------*/

const struct code_table *compile_table(struct compiler *compiler, const struct rule *rule)
{
    if (!rule_has(rule, ATTRIBUTE_TABLE))
        return NULL;
    struct slice name = rule_text(rule, ATTRIBUTE_TABLE);
    const struct map *tables = &compiler->program->tables.tables;
    const struct code_table *table = map_get(tables, name);
    if (table)
        return table;
    struct slice *names = ARENA_ARRAY(compiler->arena, tables->count + 1, struct slice);
    for (size_t i = 0; i < tables->count; i++)
        names[i] = tables->entries[i].key;
    rule_value_error(compiler->issues, rule, ATTRIBUTE_TABLE, 0, 0, "unknown-table",
                     rule_did_you_mean(compiler->arena, name, names, tables->count),
                     "there is no code table codes/%.*s.csv", SLICE_ARG(name));
    return NULL;
}

struct word_value {
    struct slice word;
    int value;
};

/* The value of a word, or the first row's where the attribute is not given. */
static int one_of(struct compiler *compiler, const struct rule *rule, enum rule_attribute attribute,
                  const struct word_value *words, size_t count)
{
    if (!rule_has(rule, attribute))
        return words[0].value;
    struct slice text = rule_text(rule, attribute);
    struct slice list = {NULL, 0};
    for (size_t i = 1; i < count; i++) {
        if (slice_equal(text, words[i].word))
            return words[i].value;
        list = arena_format(compiler->arena, "%.*s%s%.*s", SLICE_ARG(list), i > 1 ? ", " : "",
                            SLICE_ARG(words[i].word));
    }
    rule_value_error(compiler->issues, rule, attribute, 0, 0, "value-syntax",
                     arena_format(compiler->arena, "it may be: %.*s", SLICE_ARG(list)),
                     "this is no value of '%.*s'", SLICE_ARG(RULE_ATTRIBUTE_NAMES[attribute]));
    return words[0].value;
}

static void compile_limit(struct compiler *compiler, const struct rule *rule,
                          enum rule_attribute attribute, struct slice *ret_limit)
{
    *ret_limit = rule_text(rule, attribute);
    int order;
    if (rule_has(rule, attribute) && !decimal_compare(*ret_limit, SLICE("0"), &order))
        rule_value_error(compiler->issues, rule, attribute, 0, 0, "value-syntax",
                         (struct slice){NULL, 0}, "this is no number");
}

void compile_manners(struct compiler *compiler, const struct rule *rule,
                     struct operation *operation)
{
    static const struct word_value UNMAPPED[] = {{SLICE_INIT(""), LOSS_KEEP},
                                                 {SLICE_INIT("keep"), LOSS_KEEP},
                                                 {SLICE_INIT("drop"), LOSS_DROP},
                                                 {SLICE_INIT("hold"), LOSS_HOLD},
                                                 {SLICE_INIT("refuse"), LOSS_REFUSE}};
    static const struct word_value INVALID[] = {{SLICE_INIT(""), LOSS_KEEP},
                                                {SLICE_INIT("keep-text"), LOSS_KEEP},
                                                {SLICE_INIT("drop"), LOSS_DROP},
                                                {SLICE_INIT("hold"), LOSS_HOLD},
                                                {SLICE_INIT("refuse"), LOSS_REFUSE}};
    static const struct word_value KEEP[] = {{SLICE_INIT(""), KEEP_NOT_SAID},
                                             {SLICE_INIT("first"), KEEP_FIRST},
                                             {SLICE_INIT("last"), KEEP_LAST}};
    static const struct word_value REQUIRED[] = {{SLICE_INIT(""), LOSS_KEEP},
                                                 {SLICE_INIT("hold"), LOSS_HOLD},
                                                 {SLICE_INIT("refuse"), LOSS_REFUSE}};
    static const struct word_value JOIN[] = {{SLICE_INIT(""), false}, {SLICE_INIT("lines"), true}};
    operation->is_tentative = rule_has(rule, ATTRIBUTE_TABLE) &&
                              !rule_has(rule, ATTRIBUTE_UNMAPPED) && rule->parent &&
                              rule->parent->word == WORD_FIRST;
    operation->unmapped = (enum loss)one_of(compiler, rule, ATTRIBUTE_UNMAPPED, UNMAPPED, 5);
    operation->invalid = (enum loss)one_of(compiler, rule, ATTRIBUTE_INVALID, INVALID, 5);
    operation->keep = (enum keep)one_of(compiler, rule, ATTRIBUTE_KEEP, KEEP, 3);
    operation->required = (enum loss)one_of(compiler, rule, ATTRIBUTE_REQUIRED, REQUIRED, 3);
    operation->join = one_of(compiler, rule, ATTRIBUTE_JOIN, JOIN, 2);
    compile_limit(compiler, rule, ATTRIBUTE_MIN, &operation->min);
    compile_limit(compiler, rule, ATTRIBUTE_MAX, &operation->max);
    int order;
    if (operation->min.len && operation->max.len &&
        decimal_compare(operation->min, operation->max, &order) && order > 0)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAX, 0, 0, "value-syntax",
                         SLICE("min is the smaller one"), "no number is between %.*s and %.*s",
                         SLICE_ARG(operation->min), SLICE_ARG(operation->max));
}

/* --- maps and converters -----------------------------------------------------------------------*/

uint32_t compile_map_number(struct compiler *compiler, const struct map_source *map)
{
    return (uint32_t)((uintptr_t)map_get(&compiler->map_numbers, map->id) - 1);
}

static struct slice nearest_map(struct compiler *compiler, struct slice name)
{
    const struct map *maps = &compiler->rules->maps;
    struct slice *names = ARENA_ARRAY(compiler->arena, maps->count + 1, struct slice);
    for (size_t i = 0; i < maps->count; i++)
        names[i] = maps->entries[i].key;
    return rule_did_you_mean(compiler->arena, name, names, maps->count);
}

const struct map_source *compile_map(struct compiler *compiler, const struct rule *rule,
                                     enum rule_attribute attribute)
{
    if (!rule_has(rule, attribute))
        return NULL;
    struct slice name = rule_text(rule, attribute);
    const struct map_source *map = map_get(&compiler->rules->maps, name);
    if (!map)
        rule_value_error(compiler->issues, rule, attribute, 0, 0, "unknown-map",
                         nearest_map(compiler, name), "there is no map '%.*s'", SLICE_ARG(name));
    return map;
}

static bool writes(const struct map_source *map, const struct path *path)
{
    if (!map->to || map->to == path->content)
        return true;
    return fhir_type_is(path->type, map->to_type->name) && map->to == map->to_type->root;
}

/* "CX-Identifier" for as="CX" or a place of type CX. */
static const struct map_source *map_by_type(struct compiler *compiler, struct slice v2_type,
                                            const struct fhir_type *type)
{
    return map_get(&compiler->rules->maps, arena_format(compiler->arena, "%.*s-%.*s",
                                                        SLICE_ARG(v2_type), SLICE_ARG(type->name)));
}

static void report_no_map(struct compiler *compiler, const struct rule *rule, struct slice v2_type,
                          const struct fhir_type *type)
{
    struct slice wanted =
        arena_format(compiler->arena, "%.*s-%.*s", SLICE_ARG(v2_type), SLICE_ARG(type->name));
    enum rule_attribute attribute = rule_has(rule, ATTRIBUTE_AS) ? ATTRIBUTE_AS : ATTRIBUTE_TO;
    struct slice near = nearest_map(compiler, wanted);
    if (v2_type.len)
        rule_value_error(compiler->issues, rule, attribute, 0, 0, "unknown-map",
                         near.len ? near : SLICE("write map=\"...\" with the id of a map"),
                         "there is no map '%.*s'", SLICE_ARG(wanted));
    else
        rule_value_error(compiler->issues, rule, attribute, 0, 0, "needs-as",
                         SLICE("write as=\"...\" or map=\"...\""),
                         "the type of the value is not known here, and a %.*s is to be written",
                         SLICE_ARG(type->name));
}

static void complex_how(struct compiler *compiler, const struct compile_scope *scope,
                        const struct rule *rule, struct operation *operation)
{
    const struct map_source *map = compile_map(compiler, rule, ATTRIBUTE_MAP);
    struct slice v2_type = rule_text(rule, ATTRIBUTE_AS);
    if (!map && !rule_has(rule, ATTRIBUTE_MAP)) {
        if (v2_type.len == 0 && operation->table)
            return;
        if (v2_type.len == 0)
            v2_type = compile_source_type(scope, &operation->source);
        map = map_by_type(compiler, v2_type, operation->to->type);
        if (!map && rule->word == WORD_ENTRY && !rule_has(rule, ATTRIBUTE_AS))
            return;
        if (!map)
            report_no_map(compiler, rule, v2_type, operation->to->type);
    }
    if (!map)
        return;
    operation->map = compile_map_number(compiler, map);
    if (!writes(map, operation->to))
        rule_value_error(compiler->issues, rule,
                         rule_has(rule, ATTRIBUTE_MAP) ? ATTRIBUTE_MAP : ATTRIBUTE_TO, 0, 0,
                         "map-type", (struct slice){NULL, 0},
                         "the map '%.*s' writes a %.*s, and '%.*s' is a %.*s", SLICE_ARG(map->id),
                         SLICE_ARG(map->to_type->name), SLICE_ARG(operation->to->text),
                         SLICE_ARG(operation->to->type->name));
}

static void primitive_how(struct compiler *compiler, const struct rule *rule,
                          struct operation *operation)
{
    operation->converter = converter_of_primitive(operation->to->type->primitive);
    if (rule_has(rule, ATTRIBUTE_MAP)) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_MAP, 0, 0, "map-type",
                         SLICE("a primitive is written by a converter: as=\"...\""),
                         "'%.*s' is a %.*s and takes no map", SLICE_ARG(operation->to->text),
                         SLICE_ARG(operation->to->type->name));
        return;
    }
    if (!rule_has(rule, ATTRIBUTE_AS))
        return;
    operation->converter = converter_named(rule_text(rule, ATTRIBUTE_AS));
    if (operation->converter)
        return;
    struct slice *names;
    size_t count = converter_names(compiler->arena, &names);
    rule_value_error(
        compiler->issues, rule, ATTRIBUTE_AS, 0, 0, "unknown-converter",
        rule_did_you_mean(compiler->arena, rule_text(rule, ATTRIBUTE_AS), names, count),
        "there is no converter '%.*s'", SLICE_ARG(rule_text(rule, ATTRIBUTE_AS)));
}

static bool takes_code(const struct path *path)
{
    return slice_equal(path->type->name, SLICE("CodeableConcept")) ||
           slice_equal(path->type->name, SLICE("Coding"));
}

static void check_literal(struct compiler *compiler, const struct rule *rule,
                          const struct operation *operation)
{
    const struct path *path = operation->to;
    if (operation->source.kind == SOURCE_CODE && !takes_code(path) &&
        path->type->primitive != FHIR_PRIMITIVE_CODE)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_CODE, 0, 0, "value-type",
                         SLICE("a text is written by value=\"...\""),
                         "'%.*s' is a %.*s and takes no code", SLICE_ARG(path->text),
                         SLICE_ARG(path->type->name));
    if (operation->source.kind == SOURCE_UNIT && !fhir_type_is(path->type, SLICE("Quantity")))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_UNIT, 0, 0, "value-type",
                         (struct slice){NULL, 0}, "'%.*s' is a %.*s and takes no unit",
                         SLICE_ARG(path->text), SLICE_ARG(path->type->name));
    bool is_text =
        operation->source.kind == SOURCE_VALUE || operation->source.kind == SOURCE_TEMPLATE;
    if (is_text && !path->is_primitive)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TO, 0, 0, "value-type",
                         SLICE("name an element below it"), "'%.*s' is a %.*s and takes no text",
                         SLICE_ARG(path->text), SLICE_ARG(path->type->name));
}

void compile_how(struct compiler *compiler, const struct compile_scope *scope,
                 const struct rule *rule, struct operation *operation)
{
    operation->table = compile_table(compiler, rule);
    if (operation->table && !operation->to->is_primitive && !takes_code(operation->to))
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TABLE, 0, 0, "value-type",
                         SLICE("a table that writes several elements is used by <fill>"),
                         "'%.*s' is a %.*s and takes no code", SLICE_ARG(operation->to->text),
                         SLICE_ARG(operation->to->type->name));
    check_literal(compiler, rule, operation);
    compile_check_value(compiler, rule, operation->to);
    if (operation->table)
        compile_check_rows(compiler, operation->table, operation->to,
                           operation->table->column_count);
    if (operation->to->is_primitive)
        primitive_how(compiler, rule, operation);
    else if (operation->source.kind == SOURCE_PLACES)
        complex_how(compiler, scope, rule, operation);
}
