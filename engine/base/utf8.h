/* utf8: strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buffer.h"

/* Index of the first byte that is not valid UTF-8, or bytes.len when all is. U+0000 counts as
 * valid. */
size_t utf8_check(struct slice bytes);
/* Length in bytes (1 to 4) of the code point at the front and its value; 0 when it is not valid. */
size_t utf8_decode(struct slice bytes, uint32_t *ret_code_point);
/* Appends a code point; one that is not a Unicode scalar value is appended as U+FFFD. */
void utf8_append(struct buffer *buffer, uint32_t code_point);
/* Writes it to out (4 bytes room) and returns how many were used. */
size_t utf8_encode(uint32_t code_point, char *out);
/* Number of code points of valid UTF-8. */
size_t utf8_length(struct slice bytes);

#endif
