/* partner: writing the files of sites, feeds, clients, issuers and destinations.
 *
 * What is written was first read back and checked by the same code that the engine starts with, so
 * that no command leaves a file that the engine refuses. Nothing is overwritten. Certificates and
 * keys that the admin names are copied into DIR/tls. */
#ifndef CLI_PARTNER_H
#define CLI_PARTNER_H

#include "cli/commands.h"
#include "net/certificate.h"

#define PARTNER_VALUE_LIMIT 40

/* One file in the making. */
struct partner {
    struct command_call *call;
    struct instance instance;
    enum instance_kind kind;
    struct slice name;
    char *file; /* full path of what is written */
    struct setting_value values[PARTNER_VALUE_LIMIT];
    size_t value_count;
    struct buffer entries; /* XML of the list elements */
};

/* Opens the instance of the call and checks that the name (the first operand) is free. Returns
 * COMMAND_DONE or the exit code. The partner must be released in any case. */
enum command_exit partner_init(struct partner *partner, struct command_call *call,
                               enum instance_kind kind) __attribute__((warn_unused_result));
/* The same with a name that is not the operand. */
enum command_exit partner_init_as(struct partner *partner, struct command_call *call,
                                  enum instance_kind kind, struct slice name)
    __attribute__((warn_unused_result));
void partner_release(struct partner *partner);

/* Sets a value; an empty one is left out. */
void partner_set(struct partner *partner, const char *element, const char *name,
                 struct slice value);
/* Sets it from the option of the same name, where it was given. */
void partner_set_from_option(struct partner *partner, const char *name);

/* Makes DIR/`folder` where it is not there. */
int partner_make_folder(struct partner *partner, const char *folder)
    __attribute__((warn_unused_result));
/* Copies a file that the admin named to DIR/`target`; read with our rights, written with the
 * owner's. */
int partner_copy(struct partner *partner, const char *source, const char *target, unsigned mode)
    __attribute__((warn_unused_result));
/* The files of the instance's own authority. -1 with an issue where it has no key. */
int partner_authority(struct command_call *call, const struct instance *instance,
                      struct certificate_files *ret_authority) __attribute__((warn_unused_result));
/* Makes a key and a certificate of the usual life, with the rights we have. */
int partner_sign(struct command_call *call, const struct certificate_files *authority,
                 const struct certificate_files *made, struct slice name, enum certificate_use use)
    __attribute__((warn_unused_result));
/* Makes DIR/tls/NAME.pem and NAME.key by the instance's own authority. */
int partner_make_certificate(struct partner *partner, enum certificate_use use)
    __attribute__((warn_unused_result));

/* Checks the whole and writes it. COMMAND_DONE or the exit code. */
enum command_exit partner_write(struct partner *partner) __attribute__((warn_unused_result));

#endif
