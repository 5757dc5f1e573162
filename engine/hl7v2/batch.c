/* The shape of a batch, line by line. What each kind of line leads to:
 *
 *              FHS        BHS          MSH         text        BTS     FTS    end
 *   START      FILE       BATCH        PLAIN       -           -       -      -
 *   PLAIN      -          -            -           PLAIN       -       -      done
 *   FILE       -          FILE_BATCH   FILE        FILE        -       DONE   -
 *   FILE_BATCH -          -            FILE_BATCH  FILE_BATCH  FILE    -      -
 *   BATCH      -          -            BATCH       BATCH       BETWEEN -      -
 *   BETWEEN    -          BATCH        -           -           -       -      done
 *   DONE       -          -            -           -           -       -      done
 *
 * "-" refuses the whole (section 7). Text is any other segment; it is only well inside a message.
 */
#include "hl7v2/batch.h"

#include <string.h>

#include "hl7v2/builder.h"

enum state { REFUSED, START, PLAIN, FILE_OPEN, FILE_BATCH, BATCH, BETWEEN, DONE, STATE_COUNT };
enum line_kind {
    LINE_FHS,
    LINE_BHS,
    LINE_MSH,
    LINE_TEXT,
    LINE_BTS,
    LINE_FTS,
    LINE_END,
    KIND_COUNT
};

static const unsigned char NEXT[STATE_COUNT][KIND_COUNT] = {
    [START] = {[LINE_FHS] = FILE_OPEN, [LINE_BHS] = BATCH, [LINE_MSH] = PLAIN},
    [PLAIN] = {[LINE_TEXT] = PLAIN, [LINE_END] = DONE},
    [FILE_OPEN] = {[LINE_BHS] = FILE_BATCH,
                   [LINE_MSH] = FILE_OPEN,
                   [LINE_TEXT] = FILE_OPEN,
                   [LINE_FTS] = DONE},
    [FILE_BATCH] = {[LINE_MSH] = FILE_BATCH, [LINE_TEXT] = FILE_BATCH, [LINE_BTS] = FILE_OPEN},
    [BATCH] = {[LINE_MSH] = BATCH, [LINE_TEXT] = BATCH, [LINE_BTS] = BETWEEN},
    [BETWEEN] = {[LINE_BHS] = BATCH, [LINE_END] = DONE},
    [DONE] = {[LINE_END] = DONE},
};

struct line {
    size_t start, end; /* without its terminator */
    size_t next;       /* where the following one starts */
    enum line_kind kind;
};

/* --- lines -------------------------------------------------------------------------------------
 */

/* The id and a separator that could be one: "MSH|" is a head, "MSHX" and "MSH" in a text are not.
 */
static bool begins(struct slice line, const char *id)
{
    if (line.len < 3 || memcmp(line.ptr, id, 3) != 0)
        return false;
    if (line.len == 3)
        return id[0] != 'M';
    char separator = line.ptr[3];
    bool letter = (separator >= 'A' && separator <= 'Z') || (separator >= 'a' && separator <= 'z');
    return separator > ' ' && separator < 0x7F && !letter &&
           !(separator >= '0' && separator <= '9');
}

static enum line_kind kind_of(struct slice line)
{
    static const struct {
        const char *id;
        enum line_kind kind;
    } KINDS[] = {{"MSH", LINE_MSH},
                 {"BHS", LINE_BHS},
                 {"BTS", LINE_BTS},
                 {"FHS", LINE_FHS},
                 {"FTS", LINE_FTS}};
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (begins(line, KINDS[i].id))
            return KINDS[i].kind;
    return LINE_TEXT;
}

/* The line that starts at `start`; LINE_END behind the last. Empty lines are skipped. */
static struct line line_at(struct slice bytes, size_t start, bool accept_lf)
{
    while (start < bytes.len &&
           (bytes.ptr[start] == '\r' || (accept_lf && bytes.ptr[start] == '\n')))
        start++;
    if (start >= bytes.len)
        return (struct line){bytes.len, bytes.len, bytes.len, LINE_END};
    struct slice rest = slice_after(bytes, start);
    size_t length = slice_find_byte(rest, '\r');
    if (accept_lf)
        length = slice_find_byte((struct slice){rest.ptr, length}, '\n');
    struct slice line = {rest.ptr, length};
    return (struct line){start, start + length, start + length + 1, kind_of(line)};
}

/* Field `number` of a trailer line, by its own separator. */
static struct slice trailer_field(struct slice line, unsigned number)
{
    if (line.len < 4)
        return (struct slice){0};
    struct slice rest = slice_after(line, 4), field = {0};
    for (unsigned i = 0; i < number; i++)
        if (rest.ptr == NULL || !slice_split(&rest, line.ptr[3], &field))
            return (struct slice){0};
    return field;
}

/* --- strict ------------------------------------------------------------------------------------
 */

struct parser {
    struct slice frame;
    struct arena *arena;
    struct issue_list *issues;
    struct hl7v2_batch batch;
    size_t capacity;
    enum state state;
    size_t message_start; /* of the open message; SIZE_MAX: none is open */
    size_t in_batch;      /* messages since the last BHS */
};

static int refuse(const struct parser *parser, enum issue_code code, const char *words)
{
    issue_report(parser->issues, code, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

static void add_message(struct arena *arena, struct slice message, struct slice **messages,
                        size_t *count, size_t *capacity)
{
    if (*count == *capacity) {
        size_t size = *capacity * sizeof message;
        *capacity = *capacity > 0 ? *capacity * 2 : 16;
        *messages = arena_grow(arena, *messages, size, *capacity * sizeof message);
    }
    (*messages)[(*count)++] = message;
}

/* The open message ends where the line at hand starts. */
static void end_message(struct parser *parser, size_t end)
{
    if (parser->message_start == SIZE_MAX)
        return;
    struct slice message =
        slice_part(parser->frame, parser->message_start, end - parser->message_start);
    add_message(parser->arena, message, &parser->batch.messages, &parser->batch.message_count,
                &parser->capacity);
    parser->message_start = SIZE_MAX;
}

/* HL7 v2.5.1 2.15.4 BTS-1, 2.15.7 FTS-1: an empty count is not compared. */
static int check_count(const struct parser *parser, struct slice line, size_t count)
{
    struct slice field = trailer_field(line, 1);
    uint64_t said;
    if (field.len == 0)
        return 0;
    if (!slice_to_uint64(field, UINT32_MAX, &said) || said != count)
        return refuse(parser, ISSUE_BATCH_COUNT, "a batch trailer counts otherwise");
    return 0;
}

static int take_line(struct parser *parser, const struct line *line)
{
    struct slice text = slice_part(parser->frame, line->start, line->end - line->start);
    if (line->kind == LINE_TEXT)
        return parser->message_start == SIZE_MAX
                   ? refuse(parser, ISSUE_NOT_A_MESSAGE, "a segment stands outside of any message")
                   : 0;
    end_message(parser, line->start);
    switch (line->kind) {
    case LINE_FHS:
        parser->batch.file_header = text;
        break;
    case LINE_BHS:
        if (parser->batch.batch_count++ == 0)
            parser->batch.batch_header = text;
        parser->in_batch = 0;
        break;
    case LINE_MSH:
        parser->message_start = line->start;
        parser->in_batch++;
        break;
    case LINE_BTS:
        return check_count(parser, text, parser->in_batch);
    case LINE_FTS:
        return check_count(parser, text, parser->batch.batch_count);
    default:
        break;
    }
    return 0;
}

int hl7v2_batch_parse(struct slice frame, const struct hl7v2_message_options *options,
                      struct arena *arena, struct hl7v2_batch *ret_batch, struct issue_list *issues)
{
    bool accept_lf = options != NULL && options->accept_lf;
    struct parser parser = {
        .frame = frame,
        .arena = arena,
        .issues = issues,
        .state = START,
        .message_start = SIZE_MAX,
    };
    struct line line = {0};
    while (line.kind != LINE_END) {
        line = line_at(frame, line.next, accept_lf);
        parser.state = (enum state)NEXT[parser.state][line.kind];
        if (parser.state == REFUSED || arena_exceeded(arena))
            return refuse(&parser, ISSUE_NOT_A_MESSAGE,
                          "batch headers, messages and trailers do not fit together");
        if (take_line(&parser, &line) != 0)
            return -1;
    }
    parser.batch.enveloped = parser.batch.batch_count > 0 || parser.batch.file_header.len > 0;
    if (!parser.batch.enveloped) /* byte-exact, empty lines at the ends included */
        parser.batch.messages[0] = frame;
    *ret_batch = parser.batch;
    return 0;
}

/* --- forgiving ---------------------------------------------------------------------------------
 */

struct splitter {
    struct arena *arena;
    struct slice *messages;
    size_t count, capacity;
};

/* A piece without MLLP frames: a message begins at each MSH and ends at the next head or trailer.
 */
static void split_lines(struct splitter *splitter, struct slice piece)
{
    size_t start = SIZE_MAX;
    struct line line = {0};
    while (line.kind != LINE_END) {
        line = line_at(piece, line.next, /* accept_lf */ true);
        if (line.kind != LINE_TEXT && start != SIZE_MAX) {
            add_message(splitter->arena, slice_part(piece, start, line.start - start),
                        &splitter->messages, &splitter->count, &splitter->capacity);
            start = SIZE_MAX;
        }
        if (line.kind == LINE_MSH || (line.kind == LINE_TEXT && start == SIZE_MAX))
            start = line.start;
    }
}

size_t hl7v2_batch_split(struct slice file, struct arena *arena, struct slice **ret_messages)
{
    struct splitter splitter = {.arena = arena};
    if (slice_starts_with(file, SLICE("\xEF\xBB\xBF")))
        file = slice_after(file, 3);
    while (file.len > 0) {
        size_t end = slice_find_byte(file, '\x0B');
        split_lines(&splitter, slice_part(file, 0, end));
        file = slice_after(file, end + 1);
        /* Inside a frame: up to its end, or the next start where the end is missing. */
        size_t stop = slice_find_byte(file, '\x1C');
        size_t restart = slice_find_byte(slice_part(file, 0, stop), '\x0B');
        split_lines(&splitter, slice_part(file, 0, restart));
        file = slice_after(file, restart < stop ? restart : stop + 1);
    }
    *ret_messages = splitter.messages;
    return splitter.count;
}

/* --- the answer --------------------------------------------------------------------------------
 */

/* HL7 v2.5.1 2.15.2 BHS, 2.15.6 FHS: fields 3 to 6 swapped, 7 time, 11 our id, 12 theirs. */
static int write_head(struct slice theirs, uint32_t id, const struct hl7v2_ack_options *options,
                      struct arena *arena, char *ret_separator, struct buffer *out)
{
    struct hl7v2_message head = {0};
    const struct hl7v2_delimiters *delimiters = NULL;
    if (hl7v2_message_parse(theirs, NULL, arena, &head, /* issues */ NULL) == 0)
        delimiters = &head.delimiters;
    struct hl7v2_builder *builder = hl7v2_builder_new(arena, delimiters, HL7V2_CHARSET_UTF_8);
    static const unsigned SWAPPED[] = {5, 6, 3, 4};
    hl7v2_builder_segment(builder, id);
    for (unsigned i = 0; i < 4; i++)
        hl7v2_builder_set_raw(builder, i + 3, hl7v2_message_field(&head, 0, SWAPPED[i]));
    if (hl7v2_message_field(&head, 0, 5).len == 0)
        hl7v2_builder_set(builder, 3, 1, 1, 1, options->application);
    if (hl7v2_message_field(&head, 0, 6).len == 0)
        hl7v2_builder_set(builder, 4, 1, 1, 1, options->facility);
    hl7v2_builder_set(builder, 7, 1, 1, 1,
                      hl7v2_datetime_format(options->now, options->offset_minutes, arena));
    hl7v2_builder_set(builder, 11, 1, 1, 1, options->control_id);
    hl7v2_builder_set_raw(builder, 12, hl7v2_message_field(&head, 0, 11));
    *ret_separator = delimiters != NULL ? delimiters->field : HL7V2_DELIMITERS.field;
    return hl7v2_builder_print(builder, out, /* issues */ NULL);
}

int hl7v2_batch_write(const struct hl7v2_batch *batch, const struct slice *answers, size_t count,
                      const struct hl7v2_ack_options *options, struct arena *arena,
                      struct buffer *out)
{
    char file_separator = '|', separator = '|';
    bool in_file = batch->file_header.len > 0;
    if (in_file &&
        write_head(batch->file_header, HL7V2_ID("FHS"), options, arena, &file_separator, out) != 0)
        return -1;
    if (write_head(batch->batch_header, HL7V2_ID("BHS"), options, arena, &separator, out) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        buffer_append(out, answers[i]);
    buffer_append_format(out, "BTS%c%zu\r", separator, count);
    if (in_file)
        buffer_append_format(out, "FTS%c1\r", file_separator);
    return buffer_overflowed(out) ? -1 : 0;
}
