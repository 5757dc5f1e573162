/* audit_row: what is hashed. See audit.h.
 *
 * Numbers are eight bytes, most significant first; a text is its length and its bytes, so that no
 * two rows read alike. What a row does not say is a text of length 0. The bytes begin with a name
 * that has a version: another form of row is another name. */
#include "base/buffer.h"
#include "pipeline/audit.h"

#define ROW_NAME SLICE("painbridge audit row 1")
#define BEGINNING_NAME SLICE("painbridge audit chain 1")

static void put_number(struct buffer *buffer, int64_t number)
{
    char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)((uint64_t)number >> (56 - 8 * i));
    buffer_append(buffer, (struct slice){bytes, sizeof(bytes)});
}

static void put_text(struct buffer *buffer, struct slice text)
{
    put_number(buffer, (int64_t)text.len);
    buffer_append(buffer, text);
}

static struct slice hash_slice(const unsigned char *hash)
{
    return (struct slice){(const char *)hash, DIGEST_SHA256_SIZE};
}

void pipeline_audit_begin(const struct pipeline_audit_beginning *beginning,
                          struct pipeline_audit_chain *ret_chain)
{
    struct buffer bytes;
    buffer_init(&bytes, 0);
    put_text(&bytes, BEGINNING_NAME);
    put_number(&bytes, beginning->chain);
    put_text(&bytes, beginning->name);
    put_number(&bytes, beginning->opened);
    put_number(&bytes, beginning->has_previous ? beginning->previous_chain : 0);
    put_number(&bytes, beginning->has_head ? beginning->previous_place : -1);
    put_text(&bytes, beginning->has_head ? hash_slice(beginning->previous_hash) : SLICE(""));
    *ret_chain = (struct pipeline_audit_chain){.number = beginning->chain};
    digest_sha256(buffer_slice(&bytes), ret_chain->hash);
    buffer_release(&bytes);
}

void pipeline_audit_hash(const unsigned char *before, const struct pipeline_audit_row *row,
                         unsigned char *ret_hash)
{
    const struct slice texts[] = {row->kind,   row->role,    row->actor,   row->outcome,
                                  row->site,   row->address, row->purpose, row->entities,
                                  row->detail, row->user};
    struct buffer bytes;
    buffer_init(&bytes, 0);
    put_text(&bytes, ROW_NAME);
    buffer_append(&bytes, hash_slice(before));
    put_number(&bytes, row->chain);
    put_number(&bytes, row->place);
    put_number(&bytes, row->recorded);
    put_number(&bytes, row->person);
    put_number(&bytes, row->inbox_id);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        put_text(&bytes, texts[i]);
    digest_sha256(buffer_slice(&bytes), ret_hash);
    buffer_release(&bytes);
}

void pipeline_audit_add(struct pipeline_audit_chain *chain, struct pipeline_audit_row *row)
{
    row->chain = chain->number;
    row->place = chain->place;
    pipeline_audit_hash(chain->hash, row, row->hash);
    for (size_t i = 0; i < sizeof(row->hash); i++)
        chain->hash[i] = row->hash[i];
    chain->place++;
}
