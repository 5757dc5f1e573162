/* http_target: the request target and Host, for http_reader (RFC 9112 3.2, RFC 3986).
 *
 * Visible ASCII only, without "#". What RFC 3986 wants escaped and clients send as it is ("|" in
 * FHIR searches) is taken in the query. */
#ifndef NET_HTTP_TARGET_H
#define NET_HTTP_TARGET_H

#include "net/http.h"

/* Fills path, query and host of the request from its target, method, headers and minor, by the
 * rules of net/http_reader.h. -1 with ISSUE_SYNTAX. */
int http_target_read(struct http_request *request, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
