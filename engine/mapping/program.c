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
    return program->source_count;
}

struct mapping_rule_facts mapping_program_rule(const struct mapping_program *program,
                                               uint32_t number)
{
    if (number >= program->source_count)
        return (struct mapping_rule_facts){.line = 0};
    return compile_facts_of(program->sources[number]);
}

struct mapping_row_facts mapping_program_row(const struct mapping_program *program, uint32_t number)
{
    if (number >= program->tables.row_count)
        return (struct mapping_row_facts){.line = 0};
    const struct code_row_place *row = &program->tables.rows[number];
    return (struct mapping_row_facts){row->table->name, row->file, row->line};
}
