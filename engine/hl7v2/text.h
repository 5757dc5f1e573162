/* text: raw bytes of a field to Unicode text and back (section 8 and 9; HL7 v2.5.1 2.7).
 *
 * Decoding is done once, after splitting: charset to UTF-8, then escapes. A value in which nothing
 * has to change is given back as it is, a slice of the frame. What cannot be read as an escape
 * stays as it is, with a warning: nothing is lost in silence. */
#ifndef HL7V2_TEXT_H
#define HL7V2_TEXT_H

#include "base/buffer.h"
#include "hl7v2/message.h"

/* What the decoded text is for. */
enum hl7v2_text_form {
    HL7V2_TEXT_FHIR, /* line ends become LF; what FHIR text cannot hold (C0 controls, U+FFFE,
                        U+FFFF) stays as the escape it was, with a warning */
    HL7V2_TEXT_EXACT /* every character as it was meant; only U+0000 is refused */
};

/* A part of the message, of any level, for FHIR; separators that are still in it stay. The delete
 * indicator is the caller's business (hl7v2_is_delete): here it is two quotes. MSH-1 and MSH-2 come
 * back as they are.
 * -1 with ISSUE_DATA_TYPE at the place where the bytes are no text of the charset, or \X00\ is
 * asked for. Warnings for unknown, unterminated, charset (\C..\, \M..\) and local (\Z..\) escapes.
 * Formatting (\.br\ and its like, \H\, \N\) becomes line feeds and blanks, or nothing. */
int hl7v2_text_decode(const struct hl7v2_message *message, struct slice raw, struct arena *arena,
                      struct slice *ret_text, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The same without a message; `place` is where issues point. */
int hl7v2_text_decode_bytes(const struct hl7v2_delimiters *delimiters, enum hl7v2_charset charset,
                            enum hl7v2_text_form form, struct slice raw, struct issue_place place,
                            struct arena *arena, struct slice *ret_text, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* True when decoding would give the same bytes: no escape character, no byte of 80 and above, no
 * control character. */
bool hl7v2_text_is_plain(const struct hl7v2_message *message, struct slice raw);

/* Appends text (UTF-8) as the content of a field part: the delimiters as \F\ \S\ \T\ \R\ \E\ (and
 * \P\ where there is a truncation character), controls as \Xdd\, the text of two quotes so that it
 * is no delete indicator, characters of the charset as its bytes. -1 with an issue, nothing
 * appended, where the charset has no such character, or where a character must be escaped and the
 * delimiters have no escape. HL7V2_TEXT_EXACT decoding gives the same text again, for every Unicode
 * string without U+0000. */
int hl7v2_text_encode(const struct hl7v2_delimiters *delimiters, enum hl7v2_charset charset,
                      struct slice text, struct arena *arena, struct buffer *out,
                      struct issue_list *issues) __attribute__((warn_unused_result));

#endif
