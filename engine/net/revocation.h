/* revocation: lists of certificates that an authority has taken back (RFC 5280 section 5).
 *
 * A file holds one or more lists as PEM. A list counts only where one of the authorities that are
 * named beside it has signed it: what somebody else wrote is refused when the file is read, not
 * when the first clinic connects. Delta and indirect lists are not supported.
 *
 * A private instance keeps the list of its own authority here too: revocation_write makes it anew
 * with one certificate more. */
#ifndef NET_REVOCATION_H
#define NET_REVOCATION_H

#include "net/certificate.h"

/* What one list says; the texts live in the arena of the call. */
struct revocation_list {
    struct slice issuer_name; /* common name of the authority; may be empty */
    struct slice *serials;    /* as struct certificate has them */
    size_t count;
    instant issued;
    instant expires; /* INT64_MAX where it does not say */
};

/* Reads all lists of a PEM file of at most 16 MiB; `authority_path` holds the authorities. -1 with
 * ISSUE_CONFIGURATION where it holds none, one is broken, or one is signed by nobody named. */
int revocation_read(const char *path, const char *authority_path, struct arena *arena,
                    struct revocation_list **ret_lists, size_t *ret_count,
                    struct issue_list *issues) __attribute__((warn_unused_result));
/* Whether a certificate stands in one of the lists. */
bool revocation_holds(const struct revocation_list *lists, size_t count,
                      const struct certificate *certificate);

/* Makes the authority's list anew, with what its last one in the file says and `serial` (lower hex;
 * empty: none more), and the next number (RFC 5280 5.2.3). Lists of others in the file stay. A file
 * that is not there is made. A serial that is in the list already keeps its date. */
int revocation_write(const struct certificate_files *authority, const char *path,
                     struct slice serial, instant now, instant expires, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
