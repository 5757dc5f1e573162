/* compile_send_value: what a rule that writes v2 reads. */
#include "mapping/compile_send.h"

/* --- paths -------------------------------------------------------------------------------------*/

bool send_is_reference(const struct send_shape *shape)
{
    return shape->type && slice_equal(shape->type->name, SLICE("Reference"));
}

struct send_shape send_shape_of_resource(const struct fhir_type *type)
{
    return (struct send_shape){type, type->root, NULL};
}

/* "identifier" of "identifier[].value". */
static struct slice head_of(struct slice text)
{
    size_t end = 0;
    while (end < text.len && text.ptr[end] != '.' && text.ptr[end] != '[')
        end++;
    return slice_part(text, 0, end);
}

static const struct send_name *name_in_sight(const struct send_compiler *compiler,
                                             struct slice text)
{
    for (size_t i = compiler->name_count; i-- > 0;)
        if (slice_equal(compiler->names[i].text, text))
            return &compiler->names[i];
    return NULL;
}

static bool read_fact(struct slice text, enum place_fact *ret_fact)
{
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (slice_equal(PLACE_FACTS[i], text)) {
            *ret_fact = (enum place_fact)i;
            return true;
        }
    return false;
}

/* Only extensions are labelled here: an entry is picked by what it says. */
static bool check_labels(const struct send_compiler *compiler, const struct rule *rule,
                         enum rule_attribute attribute, size_t offset, const struct path *path)
{
    for (size_t i = 0; i < path->count; i++) {
        const struct path_step *step = &path->steps[i];
        if (step->is_extension || step->label.len == 0)
            continue;
        rule_value_error(compiler->issues, rule, attribute, offset, path->text.len, "path-syntax",
                         SLICE("write identifier[] and say which by where=\"...\" or pick=\"...\""),
                         "a label does not tell which entry is read");
        return false;
    }
    return true;
}

static bool resolve_below(struct send_compiler *compiler, const struct rule *rule,
                          enum rule_attribute attribute, size_t offset, struct slice text,
                          const struct send_shape *from, struct send_path *path,
                          struct send_shape *ret_shape)
{
    struct slice wrong, words, hint;
    const char *id;
    if (text.len == 0) {
        *ret_shape = *from;
        path->path = (struct path){.text = text};
        return true;
    }
    if (!from->content) {
        rule_value_error(compiler->issues, rule, attribute, offset, text.len, "unknown-element",
                         SLICE("the value at hand is written '.'"), "a text has no elements");
        return false;
    }
    if (path_resolve(text, from->content, compiler->rules->definitions, compiler->arena,
                     &path->path, &wrong, &id, &words, &hint) != 0) {
        size_t at = wrong.len ? (size_t)(wrong.ptr - text.ptr) : 0;
        rule_value_error(compiler->issues, rule, attribute, offset + at, wrong.len, id,
                         arena_copy(compiler->issues->arena, hint), "%.*s", SLICE_ARG(words));
        return false;
    }
    for (size_t i = 0; i < path->path.count; i++)
        path->is_many |= path->path.steps[i].is_new;
    *ret_shape = (struct send_shape){path->path.type, path->path.content,
                                     path->path.leaf ? path->path.leaf->element : NULL};
    if (path->path.is_primitive)
        ret_shape->content = NULL;
    return check_labels(compiler, rule, attribute, offset, &path->path);
}

bool send_compile_path(struct send_compiler *compiler, const struct send_scope *scope,
                       const struct rule *rule, enum rule_attribute attribute, size_t offset,
                       struct slice text, struct send_path *ret_path, struct send_shape *ret_shape)
{
    struct send_path path = {.root = SEND_ROOT_HERE};
    struct send_shape from = scope->here;
    struct slice rest = slice_equal(text, SLICE(".")) ? (struct slice){NULL, 0} : text;
    size_t skipped = 0;
    if (read_fact(text, &path.fact)) {
        path.root = SEND_ROOT_FACT;
        *ret_path = path;
        *ret_shape = (struct send_shape){NULL, NULL, NULL};
        return true;
    }
    struct slice head = head_of(text);
    const struct send_name *name = head.len ? name_in_sight(compiler, head) : NULL;
    if (name) {
        path.root = SEND_ROOT_NAME;
        path.name = name->number;
        from = name->shape;
        skipped = head.len;
        path.all_of_name = slice_starts_with(slice_after(text, skipped), SLICE("[]"));
        skipped += path.all_of_name ? 2 : 0;
        skipped += skipped < text.len && text.ptr[skipped] == '.';
        rest = slice_after(text, skipped);
        path.is_many = path.all_of_name;
    }
    if (!resolve_below(compiler, rule, attribute, offset + skipped, rest, &from, &path, ret_shape))
        return false;
    *ret_path = path;
    return true;
}

/* --- sources -----------------------------------------------------------------------------------*/

static void push_path(struct send_compiler *compiler, struct send_source *source,
                      const struct send_path *path)
{
    source->paths = arena_grow(compiler->arena, source->paths, source->path_count * sizeof(*path),
                               (source->path_count + 1) * sizeof(*path));
    source->paths[source->path_count++] = *path;
}

bool send_compile_paths(struct send_compiler *compiler, const struct send_scope *scope,
                        const struct rule *rule, enum rule_attribute attribute,
                        struct send_source *ret_source, struct send_shape *ret_shape)
{
    struct send_source source = {.kind = SEND_SOURCE_PATHS};
    struct slice text = rule_text(rule, attribute);
    bool well = true;
    for (size_t at = 0; at < text.len;) {
        struct slice rest = slice_after(text, at);
        size_t length = slice_find(rest, SLICE(" or "));
        struct slice one = slice_trim(slice_part(rest, 0, length));
        struct send_path path;
        struct send_shape shape;
        if (send_compile_path(compiler, scope, rule, attribute, (size_t)(one.ptr - text.ptr), one,
                              &path, &shape)) {
            if (source.path_count == 0)
                *ret_shape = shape;
            push_path(compiler, &source, &path);
        } else {
            well = false;
        }
        at += length + 4;
    }
    *ret_source = source;
    return well && source.path_count > 0;
}

static void push_piece(struct send_compiler *compiler, struct send_source *source,
                       struct send_piece piece)
{
    source->pieces =
        arena_grow(compiler->arena, source->pieces, source->piece_count * sizeof(piece),
                   (source->piece_count + 1) * sizeof(piece));
    source->pieces[source->piece_count++] = piece;
}

static bool compile_template(struct send_compiler *compiler, const struct send_scope *scope,
                             const struct rule *rule, struct send_source *source)
{
    struct slice text = rule_text(rule, ATTRIBUTE_TEXT);
    struct send_shape shape;
    for (size_t at = 0; at < text.len;) {
        struct slice rest = slice_after(text, at);
        size_t open = slice_find_byte(rest, '{');
        if (open)
            push_piece(compiler, source, (struct send_piece){.literal = slice_part(rest, 0, open)});
        if (open == rest.len)
            return true;
        size_t close = slice_find_byte(rest, '}');
        struct send_piece piece = {.literal = {NULL, 0}};
        if (close == rest.len || close < open) {
            rule_value_error(compiler->issues, rule, ATTRIBUTE_TEXT, at + open, 1, "value-syntax",
                             (struct slice){NULL, 0}, "a brace is not closed");
            return false;
        }
        if (!send_compile_path(compiler, scope, rule, ATTRIBUTE_TEXT, at + open + 1,
                               slice_part(rest, open + 1, close - open - 1), &piece.path, &shape))
            return false;
        push_piece(compiler, source, piece);
        at += close + 1;
    }
    return true;
}

bool send_compile_source(struct send_compiler *compiler, const struct send_scope *scope,
                         const struct rule *rule, struct send_source *ret_source,
                         struct send_shape *ret_shape)
{
    bool given[] = {rule_has(rule, ATTRIBUTE_FROM), rule_has(rule, ATTRIBUTE_VALUE),
                    rule_has(rule, ATTRIBUTE_TEXT)};
    *ret_source = (struct send_source){.kind = SEND_SOURCE_PATHS};
    *ret_shape = (struct send_shape){NULL, NULL, NULL};
    if (given[0] + given[1] + given[2] != 1) {
        rule_error(compiler->issues, rule,
                   (given[0] + given[1]) ? "two-values" : "missing-attribute",
                   SLICE("write one of from=\"...\", value=\"...\", text=\"...\""),
                   "what is to be written is not clear");
        return false;
    }
    if (given[0])
        return send_compile_paths(compiler, scope, rule, ATTRIBUTE_FROM, ret_source, ret_shape);
    ret_source->kind = given[1] ? SEND_SOURCE_VALUE : SEND_SOURCE_TEMPLATE;
    ret_source->value = rule_text(rule, ATTRIBUTE_VALUE);
    return given[1] || compile_template(compiler, scope, rule, ret_source);
}

/* --- conditions --------------------------------------------------------------------------------*/

struct condition_sight {
    struct send_compiler *compiler;
    const struct send_scope *scope;
};

/* The bytes that a path has, up to a blank, a comma or a bracket that was not opened in it. */
static size_t path_length(struct slice text)
{
    size_t depth = 0, end = 0;
    for (; end < text.len; end++) {
        char c = text.ptr[end];
        if (c == '(')
            depth++;
        if (c == ')' && depth-- == 0)
            break;
        if (c == ' ' || c == ',' || c == '=' || c == '!' || c == '\'' || c == '\n' || c == '\t')
            break;
    }
    return end;
}

static size_t read_path(const struct condition_names *names, const struct rule *rule,
                        enum rule_attribute attribute, size_t offset, struct slice text,
                        const void **ret_path)
{
    const struct condition_sight *sight = names->path_data;
    struct slice own = slice_part(text, 0, path_length(text));
    if (own.len == 0 || own.ptr[0] == '(' || (names->conditions && map_get(names->conditions, own)))
        return 0;
    struct send_path *path = ARENA_NEW(sight->compiler->arena, struct send_path);
    struct send_shape shape;
    bool well = send_compile_path(sight->compiler, sight->scope, rule, attribute, offset, own, path,
                                  &shape);
    *ret_path = well ? path : NULL;
    return own.len;
}

const struct condition *send_compile_condition(struct send_compiler *compiler,
                                               const struct send_scope *scope,
                                               const struct rule *rule,
                                               enum rule_attribute attribute)
{
    struct condition_sight sight = {compiler, scope};
    struct condition_names names = {.conditions = scope->conditions,
                                    .choices = &compiler->rules->choices,
                                    .answers = &compiler->site->answers,
                                    .tables = &compiler->sends->tables,
                                    .read_path = read_path,
                                    .path_data = &sight};
    if (!rule_has(rule, attribute))
        return NULL;
    return condition_parse(rule, attribute, &names, compiler->arena, compiler->issues);
}

/* --- manners -----------------------------------------------------------------------------------*/

struct word_number {
    struct slice word;
    int number;
};

static int number_of_word(const struct send_compiler *compiler, const struct rule *rule,
                          enum rule_attribute attribute, const struct word_number *words,
                          size_t count)
{
    struct slice text = rule_text(rule, attribute);
    if (!rule_has(rule, attribute))
        return 0;
    struct slice list = words[0].word;
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(words[i].word, text))
            return words[i].number;
        if (i)
            list = arena_format(compiler->issues->arena, "%.*s, %.*s", SLICE_ARG(list),
                                SLICE_ARG(words[i].word));
    }
    rule_value_error(compiler->issues, rule, attribute, 0, 0, "value-syntax",
                     arena_format(compiler->issues->arena, "it may be: %.*s", SLICE_ARG(list)),
                     "'%.*s' is not one of the words of this attribute", SLICE_ARG(text));
    return 0;
}
#define NUMBER_OF_WORD(compiler, rule, attribute, ...)                                             \
    number_of_word((compiler), (rule), (attribute), (const struct word_number[]){__VA_ARGS__},     \
                   sizeof((const struct word_number[]){__VA_ARGS__}) / sizeof(struct word_number))

static const struct send_like *compile_like(struct send_compiler *compiler, const struct rule *rule)
{
    if (!rule_has(rule, ATTRIBUTE_LIKE))
        return NULL;
    struct slice text = rule_text(rule, ATTRIBUTE_LIKE);
    size_t braces = slice_find(text, SLICE("{}"));
    struct send_like *like = ARENA_NEW(compiler->arena, struct send_like);
    like->before = slice_part(text, 0, braces);
    like->after = slice_after(text, braces + 2);
    if (braces == text.len)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_LIKE, 0, 0, "value-syntax",
                         SLICE("as in like=\"urn:oid:{}\""),
                         "what is to be taken of the value is written {}");
    return like;
}

void send_compile_manners(struct send_compiler *compiler, const struct rule *rule,
                          struct send_operation *operation)
{
    enum { UNMAPPED_DROP = 1, UNMAPPED_REFUSE = 2 };
    operation->pick = (enum send_pick)NUMBER_OF_WORD(
        compiler, rule, ATTRIBUTE_PICK, {SLICE_INIT("first"), SEND_PICK_FIRST},
        {SLICE_INIT("second"), SEND_PICK_SECOND}, {SLICE_INIT("third"), SEND_PICK_THIRD},
        {SLICE_INIT("rest"), SEND_PICK_REST}, {SLICE_INIT("last"), SEND_PICK_LAST});
    operation->join = (enum send_join)NUMBER_OF_WORD(compiler, rule, ATTRIBUTE_JOIN,
                                                     {SLICE_INIT("lines"), SEND_JOIN_LINES},
                                                     {SLICE_INIT("words"), SEND_JOIN_WORDS});
    operation->keep = (enum send_keep)NUMBER_OF_WORD(compiler, rule, ATTRIBUTE_KEEP,
                                                     {SLICE_INIT("first"), SEND_KEEP_FIRST},
                                                     {SLICE_INIT("last"), SEND_KEEP_LAST});
    int unmapped = NUMBER_OF_WORD(compiler, rule, ATTRIBUTE_UNMAPPED, {SLICE_INIT("keep"), 0},
                                  {SLICE_INIT("drop"), UNMAPPED_DROP},
                                  {SLICE_INIT("refuse"), UNMAPPED_REFUSE});
    operation->drops_unmapped = unmapped == UNMAPPED_DROP;
    operation->refuses_unmapped = unmapped == UNMAPPED_REFUSE;
    operation->is_tentative = rule->parent && rule->parent->word == WORD_FIRST &&
                              rule_has(rule, ATTRIBUTE_TABLE) &&
                              !rule_has(rule, ATTRIBUTE_UNMAPPED);
    operation->is_required =
        NUMBER_OF_WORD(compiler, rule, ATTRIBUTE_REQUIRED, {SLICE_INIT("refuse"), 1}) == 1;
    operation->like = compile_like(compiler, rule);
}

const struct fhir_type *send_compile_leads_to(struct send_compiler *compiler,
                                              const struct rule *rule,
                                              const struct send_shape *shape)
{
    const struct fhir_element *element = shape->element;
    if (!rule_has(rule, ATTRIBUTE_TYPE) && element && element->target_count == 1)
        return element->targets[0];
    if (!rule_has(rule, ATTRIBUTE_TYPE)) {
        rule_error(compiler->issues, rule, "missing-attribute",
                   SLICE("write type=\"...\": resources of other types are passed over"),
                   "this reference may lead to resources of several types");
        return NULL;
    }
    struct slice name = rule_text(rule, ATTRIBUTE_TYPE);
    const struct fhir_type *type = fhir_definitions_resource(compiler->rules->definitions, name);
    bool fits = type && (!element || element->target_count == 0);
    for (uint32_t i = 0; type && element && i < element->target_count; i++)
        fits |= fhir_type_is(type, element->targets[i]->name);
    if (fits)
        return type;
    rule_value_error(compiler->issues, rule, ATTRIBUTE_TYPE, 0, 0,
                     type ? "reference-target" : "unknown-type", (struct slice){NULL, 0},
                     type ? "this reference does not lead to a %.*s"
                          : "FHIR R4 has no resource '%.*s'",
                     SLICE_ARG(name));
    return NULL;
}

/* --- tables, backwards -------------------------------------------------------------------------*/

static struct slice file_of_row(const struct send_compiler *compiler, const struct code_row *row)
{
    return compiler->sends->tables.rows[row->number].file;
}

static bool same_answers(const struct code_table *table, const struct code_row *a,
                         const struct code_row *b)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (!slice_equal(a->cells[i], b->cells[i]))
            return false;
    return slice_equal(a->target_code, b->target_code) &&
           slice_equal(a->target_system, b->target_system);
}

/* Two codes for one answer: which one is to be sent? A site's row stands before the base's. */
static void report_two_codes(const struct send_compiler *compiler, const struct send_table *table,
                             const struct code_row *row, const struct code_row *other)
{
    const struct code_row_place *place = &compiler->sends->tables.rows[row->number];
    if (!slice_equal(place->file, file_of_row(compiler, other)))
        return;
    issue_add(compiler->issues,
              (struct issue){
                  .code = ISSUE_CONFIGURATION,
                  .severity = ISSUE_ERROR,
                  .place = issue_place_file(place->file, place->line, 1),
                  .words = arena_format(
                      compiler->issues->arena, "'%.*s' and '%.*s' have the same answer in '%.*s'",
                      SLICE_ARG(other->code), SLICE_ARG(row->code), SLICE_ARG(table->table->name)),
                  .hint = SLICE("only one of them can say both=yes: the one that is to be sent"),
                  .rule = SLICE("not-one-to-one")});
}

static void add_backwards(struct send_compiler *compiler, struct send_table *table,
                          const struct code_row *row)
{
    for (const struct send_row *other = map_get(&table->by_target, row->target_code); other;
         other = other->next)
        if (same_answers(table->table, row, other->row)) {
            report_two_codes(compiler, table, row, other->row);
            return;
        }
    struct send_row *made = ARENA_NEW(compiler->arena, struct send_row);
    *made = (struct send_row){row, NULL};
    bool is_pattern = slice_find(row->code, SLICE("{n}")) < row->code.len;
    struct send_row *last =
        is_pattern ? table->patterns : map_get(&table->by_target, row->target_code);
    while (last && last->next)
        last = last->next;
    if (last)
        last->next = made;
    else if (is_pattern)
        table->patterns = made;
    else
        map_put(&table->by_target, row->target_code, made);
    table->filling =
        arena_grow(compiler->arena, table->filling, table->filling_count * sizeof(*table->filling),
                   (table->filling_count + 1) * sizeof(*table->filling));
    table->filling[table->filling_count++] = row;
}

static struct send_table *make_table(struct send_compiler *compiler, const struct rule *rule,
                                     const struct code_table *from)
{
    struct send_table *table = ARENA_NEW(compiler->arena, struct send_table);
    table->table = from;
    map_init(&table->by_target, compiler->arena);
    for (size_t i = 0; i < from->rows.count; i++)
        for (const struct code_row *row = from->rows.entries[i].value; row; row = row->next)
            if (row->both)
                add_backwards(compiler, table, row);
    for (const struct code_row *row = from->patterns; row; row = row->next)
        if (row->both)
            add_backwards(compiler, table, row);
    if (table->filling_count == 0)
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TABLE, 0, 0, "one-way",
                         SLICE("write yes in the column 'both' of the rows that are to be sent"),
                         "no row of the table '%.*s' serves both ways", SLICE_ARG(from->name));
    return table;
}

/* The columns of a table for `fill`, below the value that is compared with them. */
static void resolve_columns(struct send_compiler *compiler, const struct rule *rule,
                            struct send_table *table, const struct send_shape *shape)
{
    struct slice wrong, words, hint;
    const char *id;
    const struct code_table *from = table->table;
    table->columns = ARENA_ARRAY(compiler->arena, from->column_count + 1, struct path);
    for (size_t i = 0; i < from->column_count; i++)
        if (!shape->content ||
            path_resolve(from->columns[i], shape->content, compiler->rules->definitions,
                         compiler->arena, &table->columns[i], &wrong, &id, &words, &hint) != 0)
            rule_value_error(compiler->issues, rule, ATTRIBUTE_TABLE, 0, 0, "unknown-column",
                             (struct slice){NULL, 0}, "'%.*s' is no element of what is read",
                             SLICE_ARG(from->columns[i]));
}

const struct send_table *send_compile_table(struct send_compiler *compiler, const struct rule *rule,
                                            const struct send_shape *shape)
{
    if (!rule_has(rule, ATTRIBUTE_TABLE))
        return NULL;
    struct slice name = rule_text(rule, ATTRIBUTE_TABLE);
    struct send_table *table = map_get(&compiler->tables, name);
    const struct code_table *from = code_tables_get(&compiler->sends->tables, name);
    if (!from) {
        rule_value_error(compiler->issues, rule, ATTRIBUTE_TABLE, 0, 0, "unknown-table",
                         (struct slice){NULL, 0}, "there is no code table '%.*s'", SLICE_ARG(name));
        return NULL;
    }
    if (table)
        return table;
    table = make_table(compiler, rule, from);
    if (from->column_count)
        resolve_columns(compiler, rule, table, shape);
    map_put(&compiler->tables, name, table);
    return table;
}
