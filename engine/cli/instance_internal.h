/* instance_internal: tables shared by the files of the module. */
#ifndef CLI_INSTANCE_INTERNAL_H
#define CLI_INSTANCE_INTERNAL_H

#include "cli/instance.h"

extern const struct setting_table instance_site_table;
extern const struct setting_table instance_feed_table;
extern const struct setting_table instance_client_table;
extern const struct setting_table instance_destination_table;
extern const struct setting_table instance_issuer_table;

#endif
