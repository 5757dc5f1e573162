/* texts: the bytes of mapping files, read once.
 *
 * Rules and programs are made from texts and not from folders, so that who must know which bytes a
 * program was made of (to keep them, to make the same program again years later) has them in hand:
 * a file that an admin saves in between cannot make the two differ. Nothing is parsed here. */
#ifndef MAPPING_TEXTS_H
#define MAPPING_TEXTS_H

#include "base/issue.h"

/* One file: its name below the folder ("v2-to-fhir/segments/PID.xml") and what stands in it. */
struct mapping_text {
    struct slice name;
    struct slice text;
};

/* A folder's files, as mapping/program.h lists them. */
struct mapping_texts {
    const char *folder; /* what it is called in issues and traces; names stand below it */
    struct mapping_text *items;
    size_t count;
};

/* Reads the files of the base: v2-to-fhir/{datatypes,segments,messages}/ *.xml, the same below
 * fhir-to-v2/, codes/ *.csv, and identity/ *.csv (who is the same person: they are no rules of this
 * room, and are kept and compared with them). -1 with an issue for each file or folder that cannot
 * be read. */
int mapping_texts_of_base(const char *folder, struct arena *arena, struct mapping_texts *ret_texts,
                          struct issue_list *issues) __attribute__((warn_unused_result));
/* Reads a site's folder: NAME.xml, which is named as the folder, and codes/ *.csv. As above. */
int mapping_texts_of_site(const char *folder, struct arena *arena, struct mapping_texts *ret_texts,
                          struct issue_list *issues) __attribute__((warn_unused_result));
/* Only the tables: codes/ *.csv, where there is such a folder. As above. */
int mapping_texts_of_codes(const char *folder, struct arena *arena, struct mapping_texts *ret_texts,
                           struct issue_list *issues) __attribute__((warn_unused_result));

/* The name of a site's own file: "NAME.xml" for the folder ".../NAME". */
struct slice mapping_texts_site_name(const char *folder, struct arena *arena);
/* The text of that name, or NULL. */
const struct mapping_text *mapping_texts_get(const struct mapping_texts *texts, struct slice name);

#endif
