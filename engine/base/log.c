/* log: see log.h. */
#include "base/log.h"

#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_CEILING ((size_t)64 * 1024)

struct log {
    int fd;
    enum log_level lowest;
    const char *process;
    struct arena *arena;
};

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARNING] = "warning",
    [LOG_ERROR] = "error",
};

struct log *log_new(int fd, enum log_level lowest, const char *process)
{
    struct log *log = malloc(sizeof(*log));
    if (!log)
        return NULL;
    *log = (struct log){fd, lowest, process, arena_new(0)};
    return log;
}

void log_free(struct log *log)
{
    if (!log)
        return;
    arena_free(log->arena);
    free(log);
}

void log_set_lowest(struct log *log, enum log_level lowest)
{
    if (log)
        log->lowest = lowest;
}

/* C0, DEL, C1 and the line and paragraph separators: what could end or repaint a line. */
static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x2028 ||
           code_point == 0x2029;
}

/* RFC 8259 7: a string. A byte that is not valid UTF-8 is shown as the text \xNN. */
static void append_string(struct buffer *line, struct slice text)
{
    buffer_append_byte(line, '"');
    while (text.len) {
        uint32_t code_point;
        size_t length = utf8_decode(text, &code_point);
        if (length == 0)
            buffer_append_format(line, "\\\\x%02x", (unsigned char)text.ptr[0]);
        else if (code_point == '"' || code_point == '\\')
            buffer_append_format(line, "\\%c", (int)code_point);
        else if (is_control(code_point))
            buffer_append_format(line, "\\u%04x", (unsigned)code_point);
        else
            buffer_append(line, slice_part(text, 0, length));
        text = slice_after(text, length ? length : 1);
    }
    buffer_append_byte(line, '"');
}

static void append_member(struct buffer *line, const char *name, struct slice text)
{
    buffer_append_byte(line, ',');
    append_string(line, slice_of(name));
    buffer_append_byte(line, ':');
    append_string(line, text);
}

static void append_list(struct buffer *line, const struct log_field *field)
{
    buffer_append_byte(line, ',');
    append_string(line, slice_of(field->name));
    buffer_append(line, SLICE(":["));
    bool first = true;
    for (struct slice rest = field->text, item;
         field->text.len && slice_split(&rest, ' ', &item);) {
        if (!first)
            buffer_append_byte(line, ',');
        append_string(line, item);
        first = false;
    }
    buffer_append_byte(line, ']');
}

static void append_field(struct buffer *line, const struct log_field *field)
{
    if (field->kind == LOG_FIELD_LIST) {
        append_list(line, field);
        return;
    }
    if (field->kind == LOG_FIELD_TEXT) {
        append_member(line, field->name, field->text);
        return;
    }
    buffer_append_byte(line, ',');
    append_string(line, slice_of(field->name));
    buffer_append_format(line, ":%lld", (long long)field->number);
}

static void append_head(const struct log *log, struct buffer *line, enum log_level level,
                        const char *event)
{
    struct slice now = time_format(time_now(), 0, log->arena);
    buffer_append_format(line, "{\"ts\":\"%.*s\"", SLICE_ARG(now));
    append_member(line, "level", slice_of(level_names[level]));
    if (log->process)
        append_member(line, "process", slice_of(log->process));
    append_member(line, "event", slice_of(event));
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    if (!log || level < log->lowest)
        return;
    struct buffer line;
    buffer_init(&line, LINE_CEILING);
    append_head(log, &line, level, event);
    for (size_t i = 0; i < count; i++)
        append_field(&line, &fields[i]);
    buffer_append(&line, SLICE("}\n"));
    if (buffer_overflowed(&line)) {
        /* The event matters more than fields that nobody should have made so long. */
        buffer_reset(&line);
        append_head(log, &line, level, event);
        append_member(&line, "fields", SLICE("too long to log"));
        buffer_append(&line, SLICE("}\n"));
    }
    struct slice bytes = buffer_slice(&line);
    while (write(log->fd, bytes.ptr, bytes.len) < 0 && errno == EINTR)
        continue;
    buffer_release(&line);
    arena_reset(log->arena);
}
