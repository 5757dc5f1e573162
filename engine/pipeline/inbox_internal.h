/* inbox, inside: what the files that ask the database for the commands share. */
#ifndef PIPELINE_INBOX_INTERNAL_H
#define PIPELINE_INBOX_INTERNAL_H

#include "pipeline/inbox.h"
#include "store/connection.h"

/* One statement of the read set, asked and answered; NULL with an issue. */
struct store_request *inbox_ask(struct pipeline_inbox *inbox, enum store_statement statement,
                                const struct store_value *values, size_t count, struct arena *arena,
                                struct issue_list *issues);
/* A request of that set, asked and answered. */
int inbox_run(struct pipeline_inbox *inbox, struct store_request *request,
              struct issue_list *issues);

#endif
