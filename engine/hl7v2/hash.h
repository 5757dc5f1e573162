/* hash: the content hash by which a resend is told from another message (section 5).
 *
 * SHA-256 of the message with MSH-7 and MSH-8 blanked, trailing empty fields of each segment and
 * trailing line ends cut; each segment ends with one CR. Some senders restamp MSH-7 on a resend. */
#ifndef HL7V2_HASH_H
#define HL7V2_HASH_H

#include "base/digest.h"
#include "hl7v2/message.h"

/* ret_hash: DIGEST_SHA256_SIZE bytes. */
void hl7v2_content_hash(const struct hl7v2_message *message, unsigned char *ret_hash);

#endif
