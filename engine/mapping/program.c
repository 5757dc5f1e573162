/* program: what people may ask of a program. */
#include "mapping/compile.h"

const struct mapping_site *mapping_program_site(const struct mapping_program *program)
{
    return &program->site;
}

struct slice mapping_program_revision(const struct mapping_program *program)
{
    return program->revision;
}

bool mapping_program_has_structure(const struct mapping_program *program, struct slice structure)
{
    return map_get(&program->messages, structure) != NULL;
}

size_t mapping_program_rule_count(const struct mapping_program *program)
{
    return program->first_source + program->source_count;
}

static struct mapping_rule_facts facts_of(const struct rule_source *source)
{
    struct mapping_rule_facts facts = {.id = source->id,
                                       .file = source->file,
                                       .line = source->line,
                                       .column = source->column,
                                       .guide = source->guide,
                                       .because = source->because};
    if (source->change) {
        facts.changed_file = source->change->file;
        facts.changed_line = source->change->line;
        facts.changed_column = source->change->column;
        facts.changed = source->change->attributes;
    }
    return facts;
}

struct mapping_rule_facts mapping_program_rule(const struct mapping_program *program,
                                               uint32_t number)
{
    while (program && number < program->first_source)
        program = program->base;
    if (!program || number - program->first_source >= program->source_count)
        return (struct mapping_rule_facts){.line = 0};
    return facts_of(&program->sources[number - program->first_source]);
}

struct mapping_row_facts mapping_program_row(const struct mapping_program *program, uint32_t number)
{
    const struct code_row_place *row = code_tables_place(&program->tables, number);
    if (!row)
        return (struct mapping_row_facts){.line = 0};
    return (struct mapping_row_facts){row->table->name, row->file, row->line};
}
