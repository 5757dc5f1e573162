/* http_target: see the header. */
#include "net/http_target.h"

#include <ctype.h>
#include <string.h>

static int refuse(struct issue_list *issues, const char *words)
{
    issue_report(issues, ISSUE_SYNTAX, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

static bool is_visible(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f || text.ptr[i] == '#')
            return false;
    return true;
}

static bool contains_ignoring_case(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (slice_equal_ignoring_case(slice_part(text, i, part.len), part))
            return true;
    return false;
}

static bool has_dot_segment(struct slice path)
{
    struct slice segment;
    for (struct slice rest = path; slice_split(&rest, '/', &segment);)
        if (slice_equal(segment, SLICE(".")) || slice_equal(segment, SLICE("..")))
            return true;
    return false;
}

/* A slash that was escaped would be a slash to one reader and a letter to another. */
static int read_path(struct http_request *request, struct slice path, struct issue_list *issues)
{
    if (slice_equal(path, SLICE("*")) && request->method == HTTP_METHOD_OPTIONS) {
        request->path = path;
        return 0;
    }
    if (!slice_starts_with(path, SLICE("/")))
        return refuse(issues, "the request target is no path");
    if (contains_ignoring_case(path, SLICE("%2f")) || contains_ignoring_case(path, SLICE("%5c")) ||
        slice_find_byte(path, '\\') < path.len)
        return refuse(issues, "the path holds an escaped slash or a backslash");
    if (!http_percent_decode(path, request->arena, &request->path))
        return refuse(issues, "the path holds an escape that cannot be decoded");
    if (has_dot_segment(request->path))
        return refuse(issues, "the path holds a dot segment");
    return 0;
}

static int check_query(struct http_request *request, struct issue_list *issues)
{
    struct slice name;
    struct slice value;
    int result = 1;
    for (struct slice rest = request->query; result == 1;)
        result = http_form_next(&rest, request->arena, &name, &value);
    return result == 0 ? 0 : refuse(issues, "the query holds an escape that cannot be decoded");
}

/* host [ ":" port ], RFC 3986 3.2.2 and 3.2.3 */
static bool read_host(struct slice authority, struct slice *ret_host)
{
    size_t end = slice_find_byte(authority, ':');
    if (slice_starts_with(authority, SLICE("["))) {
        end = slice_find_byte(authority, ']') + 1;
        if (end > authority.len)
            return false;
    }
    struct slice host = slice_part(authority, 0, end);
    struct slice port = slice_after(authority, host.len);
    uint64_t number = 0;
    if (port.len > 1 && !slice_to_uint64(slice_after(port, 1), 65535, &number))
        return false;
    if (host.len == 0 || (port.len > 0 && port.ptr[0] != ':'))
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!isalnum((unsigned char)host.ptr[i]) && !memchr("-._~:[]", host.ptr[i], 7))
            return false;
    *ret_host = host;
    return true;
}

/* RFC 9112 3.2: a request without Host, or with two, must be refused; 1.0 knows none. */
static int find_host(const struct http_request *request, struct slice *ret_authority,
                     struct issue_list *issues)
{
    size_t position = 0;
    struct slice first = {NULL, 0};
    struct slice second;
    bool any = http_request_next_header(request, "host", &position, &first);
    if (any && http_request_next_header(request, "host", &position, &second))
        return refuse(issues, "more than one Host");
    if (!any && request->minor >= 1)
        return refuse(issues, "no Host");
    *ret_authority = first;
    return 0;
}

/* RFC 9112 3.2.2: the absolute form, as proxies send it. Returns what follows the authority. */
static bool cut_absolute_form(struct slice target, struct slice *ret_authority,
                              struct slice *ret_rest)
{
    static const struct slice schemes[] = {SLICE_INIT("https://"), SLICE_INIT("http://")};
    for (size_t i = 0; i < 2; i++) {
        struct slice scheme = slice_part(target, 0, schemes[i].len);
        if (!slice_equal_ignoring_case(scheme, schemes[i]))
            continue;
        struct slice rest = slice_after(target, scheme.len);
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
            end++;
        *ret_authority = slice_part(rest, 0, end);
        *ret_rest = slice_after(rest, end);
        return true;
    }
    return false;
}

int http_target_read(struct http_request *request, struct issue_list *issues)
{
    if (!is_visible(request->target))
        return refuse(issues, "the request target holds a character it must not");
    struct slice authority;
    if (find_host(request, &authority, issues) != 0)
        return -1;
    if (authority.ptr && !read_host(authority, &request->host))
        return refuse(issues, "the Host is no host");
    struct slice rest = request->target;
    struct slice absolute;
    if (cut_absolute_form(request->target, &absolute, &rest)) {
        if (!slice_equal_ignoring_case(absolute, authority))
            return refuse(issues, "the request target is for another host than Host");
        if (rest.len == 0 || rest.ptr[0] == '?')
            rest = arena_format(request->arena, "/%.*s", SLICE_ARG(rest));
    }
    size_t mark = slice_find_byte(rest, '?');
    request->query = slice_after(rest, mark + 1);
    return read_path(request, slice_part(rest, 0, mark), issues) == 0 ? check_query(request, issues)
                                                                      : -1;
}
