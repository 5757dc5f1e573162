/* disguise: a message about a person made into one about nobody, for tests.
 *
 * What may stay is named; all else is replaced. Codes with their displays, units, results that are
 * a word of results or a number of at most six digits, reference ranges, places in a house,
 * assigners and what the header says of the message stay. Names, numbers of persons and things,
 * longer numbers and days among results, addresses, phones, organizations and texts of one line
 * keep their shape (letters stay letters of the same case, digits digits) and nothing else; the
 * same word gives the same replacement in every message of one disguise, in whatever field. Dates
 * move by one number of days, less than a year, the same for all, and stay on their day of the
 * week; the time of day stays. Free text becomes a constant. Fields that the dictionary does not
 * know, Z segments among them, are replaced as names are.
 *
 * What was replaced in one place is replaced where it stands in a value that stays, too: words of a
 * person in capitals or small letters, with accents or without; their numbers with the letters and
 * signs around the digits or without; their birthdays, the year in front or at the end; numbers of
 * six digits and more of visits, orders and staff. Phones, social security numbers and days with
 * their year that are written as people write them are replaced wherever they stand.
 *
 * What it cannot see: somebody else's name that a sender wrote as a code or as the display of one,
 * in a reference range or as the name of a system; names of one or two letters in values that stay;
 * a name glued to another word; and how old the very old are.
 *
 * A replacement follows from the word and the key (HMAC-SHA-256); who has no key cannot ask which
 * name became this one. What is rare stays rare: a disguised message is less than anonymous, and a
 * person looks at it before it leaves the house. */
#ifndef HL7V2_DISGUISE_H
#define HL7V2_DISGUISE_H

#include "base/buffer.h"
#include "base/digest.h"
#include "hl7v2/dictionary.h"

struct hl7v2_disguise {
    struct digest_key key;
    int days; /* by which dates move; a multiple of 7, never 0 */
    const struct hl7v2_dictionary *dictionary;
};

/* `key`: some 32 bytes that nobody can guess, not kept afterwards. */
void hl7v2_disguise_init(struct hl7v2_disguise *disguise, struct slice key,
                         const struct hl7v2_dictionary *dictionary);
void hl7v2_disguise_release(struct hl7v2_disguise *disguise);

/* Appends the message with the same delimiters and segments, each ended by CR; lines that are no
 * segments are left out. The arena is for scratch. */
void hl7v2_disguise_message(const struct hl7v2_disguise *disguise,
                            const struct hl7v2_message *message, struct arena *arena,
                            struct buffer *out);

#endif
