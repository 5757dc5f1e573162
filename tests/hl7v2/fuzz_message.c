/* Any bytes: indexed or refused; every access stays inside the frame. */
#include "hl7v2/hash.h"
#include "hl7v2/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    struct hl7v2_message message;
    struct hl7v2_header header;
    unsigned char hash[DIGEST_SHA256_SIZE];
    issue_list_init(&issues, arena);
    const struct hl7v2_header_rules rules = {0};
    if (hl7v2_message_parse((struct slice){(const char *)data, size}, NULL, arena, &message,
                            &issues) == 0) {
        hl7v2_header_read(&message, &header);
        if (hl7v2_header_check(&message, &header, &rules, &issues) == 0)
            hl7v2_header_event_time(&message, NULL);
        hl7v2_content_hash(&message, hash);
        for (size_t i = 0; i < size; i++)
            hl7v2_message_place_at(&message, i);
    }
    arena_free(arena);
    return 0;
}
