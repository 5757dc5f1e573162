/* http: requests and responses of HTTP/1.1 as plain values (RFC 9110, 9112).
 *
 * What the doors see of HTTP. net/http_reader.h makes requests from bytes, net/http_server.h serves
 * connections. A request has passed every policy of the reader: one Host, a path that was decoded
 * once, is valid UTF-8, has no dot segments and no encoded slash; headers without folding or
 * control characters; a body within the cap of its route.
 *
 * All slices of a request live in its arena. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/issue.h"

enum http_request_method {
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OPTIONS
};

struct http_header {
    struct slice name;
    struct slice value; /* without blanks around it */
};

struct http_request {
    struct arena *arena; /* of this request; the owner of the response may use it too */
    enum http_request_method method;
    struct slice method_name; /* "GET" */
    struct slice target;      /* as received */
    struct slice path;        /* decoded, begins with "/"; "*" for OPTIONS * */
    struct slice query;       /* what follows "?", as received; every escape in it is well formed */
    struct slice host;        /* Host without its port; empty only for HTTP/1.0 */
    const struct http_header *headers;
    size_t header_count;
    struct slice body; /* whole, decoded from chunks */
    unsigned minor;    /* HTTP/1.minor: 0 or 1 */
    bool keep_alive;   /* the client wants the connection to stay */
    struct slice peer; /* the client's address as text; set by the server */
    void *data;        /* of who serves it (http_server_handlers.body_limit, share) */
};

/* A response as its maker sees it. Content-Length, Date and Connection are the server's. */
struct http_response {
    int status; /* 200 to 599 */
    const struct http_header *headers;
    size_t header_count;
    struct slice body; /* for HEAD: what GET would give; it is counted and not sent */
};

/* "GET" and the like; never NULL. */
const char *http_method_name(enum http_request_method method);
/* "Not Found"; "" for a status without a name. */
const char *http_status_words(int status);

/* The value of the first header of this name (ASCII case ignored); {NULL, 0} where there is none.
 */
struct slice http_request_header(const struct http_request *request, const char *name);
/* The same, over all headers of the name: *position (begin with 0) moves on; false at the end. */
bool http_request_next_header(const struct http_request *request, const char *name,
                              size_t *position, struct slice *ret_value);

/* Cuts the next name=value off the front of *rest and decodes both ("+" is a blank, %XX a byte:
 * application/x-www-form-urlencoded, as FHIR R4 3.1.1.5 has it for searches). For a query and for a
 * form body. 1: one stands; 0: none left; -1: an escape that is none, a NUL or invalid UTF-8. */
int http_form_next(struct slice *rest, struct arena *arena, struct slice *ret_name,
                   struct slice *ret_value) __attribute__((warn_unused_result));

/* Decodes %XX in a part of a path (RFC 3986 2.1); "+" stays. False for an escape that is none, a
 * control character or invalid UTF-8. */
bool http_percent_decode(struct slice text, struct arena *arena, struct slice *ret_text)
    __attribute__((warn_unused_result));
/* Encodes all but the unreserved characters of RFC 3986 2.3. */
struct slice http_percent_encode(struct slice text, struct arena *arena);

#endif
