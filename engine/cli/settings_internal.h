/* settings_internal: what the files of the module share. */
#ifndef CLI_SETTINGS_INTERNAL_H
#define CLI_SETTINGS_INTERNAL_H

#include "cli/settings.h"

/* Stores the value in the struct at `target`; false, and nothing stored, where the row does not
 * take it. */
bool settings_parse(const struct setting *row, struct slice text, void *target);
/* Number of the word in a list with blanks between, from 0, or -1. */
int settings_word_number(const char *words, struct slice word);

#endif
