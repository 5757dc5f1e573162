/* charset: which characters the bytes of a message are (MSH-18, HL7 table 0211).
 *
 * MLLP carries only sets in which no byte of text looks like a frame byte (rule 1.4); of those we
 * take ASCII, ISO 8859-1 and 8859-15, UTF-8, and windows-1252 where an admin chose it as the
 * default of a feed. Nothing is ever guessed (rule 9). Conversion is strict: a byte that is no
 * character of the set is an error, never a question mark. */
#ifndef HL7V2_CHARSET_H
#define HL7V2_CHARSET_H

#include "base/arena.h"

enum hl7v2_charset {
    HL7V2_CHARSET_UNKNOWN,
    HL7V2_CHARSET_ASCII,
    HL7V2_CHARSET_8859_1,
    HL7V2_CHARSET_8859_15,
    HL7V2_CHARSET_UTF_8,
    HL7V2_CHARSET_WINDOWS_1252
};

/* The set of an MSH-18 value or a `default_charset` setting: "ASCII", "8859/1", "8859/15", "UNICODE
 * UTF-8" with the spellings seen in the field ("UTF-8", "UTF8", "UNICODE"), case not counted.
 * HL7V2_CHARSET_UNKNOWN for others. "windows-1252" is no value of table 0211 and is known only to
 * hl7v2_charset_of_setting. */
enum hl7v2_charset hl7v2_charset_of(struct slice text);
enum hl7v2_charset hl7v2_charset_of_setting(struct slice text);
/* The spelling of table 0211 ("UNICODE UTF-8"); for windows-1252 its IANA name. */
struct slice hl7v2_charset_name(enum hl7v2_charset charset);

/* Index of the first byte that is no text of the set (or a NUL), or bytes.len when all are. Control
 * characters other than NUL pass here; they are the business of hl7v2_message_check_text. */
size_t hl7v2_charset_check(enum hl7v2_charset charset, struct slice bytes);
/* The bytes as UTF-8; the slice itself where nothing has to change. False where a byte is no
 * character of the set. */
bool hl7v2_charset_decode(enum hl7v2_charset charset, struct slice bytes, struct arena *arena,
                          struct slice *ret_text) __attribute__((warn_unused_result));
/* UTF-8 text in the set. False, with *ret_missing the code point, where the set has no such
 * character (hl7v2/text writes those as escapes or refuses). ret_missing may be NULL. */
bool hl7v2_charset_encode(enum hl7v2_charset charset, struct slice text, struct arena *arena,
                          struct slice *ret_bytes, uint32_t *ret_missing)
    __attribute__((warn_unused_result));

#endif
