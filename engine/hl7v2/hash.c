#include "hl7v2/hash.h"

/* Number of the last field with a byte in it, MSH-7 and MSH-8 not counted. */
static unsigned last_field(const struct hl7v2_message *message, size_t segment, bool is_header)
{
    unsigned field = message->segments[segment].field_count;
    while (field > 0) {
        bool blanked = is_header && (field == 7 || field == 8);
        if (!blanked && hl7v2_message_field(message, segment, field).len > 0)
            return field;
        field--;
    }
    return 0;
}

/* The bytes from the start of field `from` (0: the segment id) to the end of field `to`. */
static struct slice fields(const struct hl7v2_message *message, size_t segment, unsigned from,
                           unsigned to)
{
    struct slice first = hl7v2_message_field(message, segment, from);
    struct slice last = hl7v2_message_field(message, segment, to);
    return (struct slice){first.ptr, (size_t)(last.ptr + last.len - first.ptr)};
}

static void add_header(struct digest *digest, const struct hl7v2_message *message, unsigned last)
{
    digest_add(digest, fields(message, 0, 0, last < 6 ? last : 6));
    if (last < 9)
        return;
    const char blanks[] = {message->delimiters.field, message->delimiters.field,
                           message->delimiters.field};
    digest_add(digest, (struct slice){blanks, sizeof blanks});
    digest_add(digest, fields(message, 0, 9, last));
}

void hl7v2_content_hash(const struct hl7v2_message *message, unsigned char *ret_hash)
{
    struct digest *digest = digest_new();
    for (size_t i = 0; i < message->segment_count; i++) {
        bool is_header = i == 0;
        unsigned last = last_field(message, i, is_header);
        if (is_header)
            add_header(digest, message, last);
        else
            digest_add(digest, fields(message, i, 0, last));
        digest_add(digest, SLICE("\r"));
    }
    digest_finish(digest, ret_hash);
}
