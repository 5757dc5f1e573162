/* http_chunk: a table of states by classes of bytes; see the header for the grammar. */
#include "net/http_chunk.h"

#define MOST_DIGITS 8
#define MOST_OVERHEAD 4096

enum byte_class { CLASS_HEX, CLASS_SEMICOLON, CLASS_CR, CLASS_LF, CLASS_TEXT, CLASS_BAD, CLASSES };

static enum byte_class class_of(char byte)
{
    if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
        (byte >= 'A' && byte <= 'F'))
        return CLASS_HEX;
    if (byte == ';')
        return CLASS_SEMICOLON;
    if (byte == '\r')
        return CLASS_CR;
    if (byte == '\n')
        return CLASS_LF;
    bool control = (unsigned char)byte < ' ' || byte == 0x7f;
    return control && byte != '\t' ? CLASS_BAD : CLASS_TEXT;
}

#define FAIL HTTP_CHUNK_FAILED

/* What is not in a row fails. DATA is read in runs and has no row. */
static const unsigned char next_state[HTTP_CHUNK_STATE_COUNT][CLASSES] = {
    /*                           hex  ;  CR  LF  text  bad */
    [HTTP_CHUNK_BEGIN] = {HTTP_CHUNK_SIZE, FAIL, FAIL, FAIL, FAIL, FAIL},
    [HTTP_CHUNK_SIZE] = {HTTP_CHUNK_SIZE, HTTP_CHUNK_EXTENSION, HTTP_CHUNK_SIZE_LF, FAIL, FAIL,
                         FAIL},
    [HTTP_CHUNK_EXTENSION] = {HTTP_CHUNK_EXTENSION, HTTP_CHUNK_EXTENSION, HTTP_CHUNK_SIZE_LF, FAIL,
                              HTTP_CHUNK_EXTENSION, FAIL},
    [HTTP_CHUNK_SIZE_LF] = {FAIL, FAIL, FAIL, HTTP_CHUNK_DATA, FAIL, FAIL},
    [HTTP_CHUNK_DATA_CR] = {FAIL, FAIL, HTTP_CHUNK_DATA_LF, FAIL, FAIL, FAIL},
    [HTTP_CHUNK_DATA_LF] = {FAIL, FAIL, FAIL, HTTP_CHUNK_BEGIN, FAIL, FAIL},
    [HTTP_CHUNK_TRAILER] = {HTTP_CHUNK_TRAILER_LINE, FAIL, HTTP_CHUNK_END_LF, FAIL,
                            HTTP_CHUNK_TRAILER_LINE, FAIL},
    [HTTP_CHUNK_TRAILER_LINE] = {HTTP_CHUNK_TRAILER_LINE, HTTP_CHUNK_TRAILER_LINE,
                                 HTTP_CHUNK_TRAILER_LF, FAIL, HTTP_CHUNK_TRAILER_LINE, FAIL},
    [HTTP_CHUNK_TRAILER_LF] = {FAIL, FAIL, FAIL, HTTP_CHUNK_TRAILER, FAIL, FAIL},
    [HTTP_CHUNK_END_LF] = {FAIL, FAIL, FAIL, HTTP_CHUNK_DONE, FAIL, FAIL},
    [HTTP_CHUNK_FAILED] = {FAIL, FAIL, FAIL, FAIL, FAIL, FAIL},
};

static uint32_t digit_value(char byte)
{
    if (byte <= '9')
        return (uint32_t)(byte - '0');
    return (uint32_t)((byte | 0x20) - 'a') + 10;
}

static void step(struct http_chunk_reader *reader, char byte)
{
    reader->state = next_state[reader->state][class_of(byte)];
    if (reader->state == HTTP_CHUNK_SIZE) {
        reader->digits++;
        reader->size = reader->size << 4 | digit_value(byte);
    }
    if (reader->state == HTTP_CHUNK_EXTENSION || reader->state == HTTP_CHUNK_TRAILER_LINE)
        reader->overhead++;
    if (reader->digits > MOST_DIGITS || reader->overhead > MOST_OVERHEAD)
        reader->state = HTTP_CHUNK_FAILED;
    if (reader->state == HTTP_CHUNK_DATA) {
        reader->digits = 0;
        reader->state = reader->size > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER;
    }
}

int http_chunk_read(struct http_chunk_reader *reader, struct slice *bytes, struct slice *ret_data)
{
    while (bytes->len > 0 && reader->state != HTTP_CHUNK_DONE) {
        if (reader->state == HTTP_CHUNK_DATA) {
            *ret_data = slice_part(*bytes, 0, reader->size);
            *bytes = slice_after(*bytes, ret_data->len);
            reader->size -= (uint32_t)ret_data->len;
            reader->state = reader->size > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_DATA_CR;
            return 1;
        }
        step(reader, bytes->ptr[0]);
        if (reader->state == HTTP_CHUNK_FAILED)
            return -1;
        *bytes = slice_after(*bytes, 1);
    }
    return 0;
}
