/* commands: the functions behind the rows of command_table.c and command_map.c, by file. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"
#include "cli/instance.h"

/* command_parse.c, command_validate.c, command_spec.c */
enum command_exit command_parse(struct command_call *call);
enum command_exit command_validate(struct command_call *call);
enum command_exit command_spec(struct command_call *call);

/* command_convert.c, command_convert_v2.c, command_why.c, command_check.c */
enum command_exit command_convert(struct command_call *call);
enum command_exit command_convert_to_v2(struct command_call *call); /* convert --to v2 */
enum command_exit command_why(struct command_call *call);
enum command_exit command_check(struct command_call *call);

/* command_test.c */
enum command_exit command_test(struct command_call *call);

/* command_map.c: the rows of the family; command_map_*.c */
extern const struct command_group command_map_group;
enum command_exit command_map_coverage(struct command_call *call);
enum command_exit command_map_diff(struct command_call *call);
enum command_exit command_map_capture(struct command_call *call);
enum command_exit command_map_explain(struct command_call *call);
enum command_exit command_map_export(struct command_call *call); /* command_map_table.c */
enum command_exit command_map_import(struct command_call *call);
enum command_exit command_map_new_site(struct command_call *call);
enum command_exit command_map_resolve(struct command_call *call);

/* command_audit.c: the rows of the family */
extern const struct command_group command_audit_group;

/* command_person.c: the rows of the family */
extern const struct command_group command_person_group;

/* command_init.c */
enum command_exit command_init(struct command_call *call);

/* command_database.c */
enum command_exit command_db_start(struct command_call *call);
enum command_exit command_db_stop(struct command_call *call);
enum command_exit command_db_status(struct command_call *call);
enum command_exit command_db_migrate(struct command_call *call);

/* command_verify.c */
enum command_exit command_db_verify(struct command_call *call);

/* command_partner.c */
enum command_exit command_site_add(struct command_call *call);
enum command_exit command_client_add(struct command_call *call);
enum command_exit command_issuer_add(struct command_call *call);
enum command_exit command_destination_add(struct command_call *call);

/* command_feed.c */
enum command_exit command_feed_add(struct command_call *call);
enum command_exit command_feed_list(struct command_call *call);
enum command_exit command_feed_show(struct command_call *call);
enum command_exit command_feed_pause(struct command_call *call);
enum command_exit command_feed_resume(struct command_call *call);

/* command_feed_certificate.c */
enum command_exit command_feed_renew(struct command_call *call);
enum command_exit command_feed_revoke(struct command_call *call);

/* command_token.c */
enum command_exit command_token(struct command_call *call);

/* command_message.c */
enum command_exit command_message_list(struct command_call *call);
enum command_exit command_message_show(struct command_call *call);
enum command_exit command_queue_wait_idle(struct command_call *call);
enum command_exit command_clock_show(struct command_call *call);
enum command_exit command_clock_set(struct command_call *call);

/* command_held.c */
enum command_exit command_held_list(struct command_call *call);
enum command_exit command_held_release(struct command_call *call);
enum command_exit command_held_drop(struct command_call *call);

/* command_doctor.c */
enum command_exit command_doctor(struct command_call *call);

/* command_send.c */
enum command_exit command_send(struct command_call *call);

/* command_serve.c */
enum command_exit command_serve(struct command_call *call);
enum command_exit command_worker(struct command_call *call);

/* Opens the instance of a call. COMMAND_DONE, or the exit code with issues in the call. */
enum command_exit command_open(struct command_call *call, struct instance *ret_instance);

#endif
