/* match_block: see match.h, pipeline_match_blocks.
 *
 *   birth date, a word of the name        by its sound: finds what has another surname, a swapped
 * or shortened name, a nickname with the surname right surname, given name, year of birth    finds
 * another day or month, and the first of January surname, given name, day and month    in either
 * order: finds another year, and both swapped a phone the last four of the SSN, year        finds
 * what the name does not house, street, first letter           of a given name a number that names
 * a person, the whole SSN
 *
 * A block is stored: its hash is the same on every machine and must stay what it is. */
#include "pipeline/match_internal.h"

/* FNV-1a, 64 bits, and a last stir (the finish of MurmurHash3) for an even spread. */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t mix(uint64_t hash, uint64_t number)
{
    for (unsigned i = 0; i < sizeof(number); i++)
        hash = (hash ^ (number >> 8 * i & 0xff)) * FNV_PRIME;
    return hash;
}

static uint64_t mix_text(uint64_t hash, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * FNV_PRIME;
    return mix(hash, text.len);
}

static int64_t finish(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (int64_t)(hash ^ hash >> 33);
}

/* What the hash is of; part of it, so that none is another one's. */
enum kind {
    KIND_BIRTH,
    KIND_YEAR,
    KIND_DAY,
    KIND_PHONE,
    KIND_SSN4,
    KIND_HOUSE,
    KIND_NUMBER,
    KIND_SSN
};

struct blocks {
    int64_t *items;
    size_t count;
};

static void add(struct blocks *blocks, uint64_t hash)
{
    int64_t block = finish(hash);
    for (size_t i = 0; i < blocks->count; i++)
        if (blocks->items[i] == block)
            return;
    if (blocks->count < PIPELINE_BLOCK_LIMIT)
        blocks->items[blocks->count++] = block;
}

static uint64_t begin(enum kind kind)
{
    return mix(FNV_BASIS, kind);
}

#define SURNAMES 2 /* of a name: the father's and the mother's */

static void add_birth(struct blocks *blocks, const struct match_date *birth,
                      const struct match_words *words)
{
    uint64_t date = (uint64_t)(birth->year * 10000 + birth->month * 100 + birth->day);
    for (size_t i = 0; i < words->count && i < SURNAMES; i++)
        add(blocks, mix(mix(begin(KIND_BIRTH), date), words->words[i].sound));
}

/* The two names in either order: they may be swapped. */
static void add_pair(struct blocks *blocks, const struct match_date *birth, uint64_t family,
                     uint64_t given)
{
    uint64_t low = family < given ? family : given, high = family ^ given ^ low;
    int first = birth->month < birth->day ? birth->month : birth->day;
    add(blocks, mix(mix(mix(begin(KIND_YEAR), (uint64_t)birth->year), low), high));
    add(blocks,
        mix(mix(mix(mix(begin(KIND_DAY), (uint64_t)first), (uint64_t)(birth->month + birth->day)),
                low),
            high));
}

static void add_name(struct blocks *blocks, const struct match_date *birth,
                     const struct match_name *name)
{
    if (birth->year == 0)
        return;
    add_birth(blocks, birth, &name->family);
    add_birth(blocks, birth, &name->given);
    for (size_t i = 0; i < name->family.count && i < SURNAMES && name->given.count > 0; i++)
        add_pair(blocks, birth, name->family.words[i].sound, name->given.words[0].sound);
}

static void add_house(struct blocks *blocks, const struct pipeline_demographics *record)
{
    for (size_t i = 0; i < record->address_count && record->name_count > 0; i++) {
        const struct match_address *address = &record->addresses[i];
        const struct match_words *given = &record->names[0].given;
        if (address->house.len == 0 || given->count == 0)
            continue;
        uint64_t hash = mix_text(begin(KIND_HOUSE), address->house);
        hash = mix(hash, match_sound(address->street));
        add(blocks, mix(hash, (unsigned char)given->words[0].text.ptr[0]));
    }
}

size_t pipeline_match_blocks(const struct pipeline_demographics *demographics,
                             int64_t ret_blocks[PIPELINE_BLOCK_LIMIT])
{
    struct blocks blocks = {ret_blocks, 0};
    const struct match_ssn *ssn = &demographics->ssn;
    for (size_t i = 0; i < demographics->number_count; i++)
        add(&blocks, mix_text(mix_text(begin(KIND_NUMBER), demographics->numbers[i].system),
                              demographics->numbers[i].value));
    if (ssn->whole.len > 0)
        add(&blocks, mix_text(begin(KIND_SSN), ssn->whole));
    if (ssn->last.len > 0 && demographics->birth.year > 0)
        add(&blocks,
            mix(mix_text(begin(KIND_SSN4), ssn->last), (uint64_t)demographics->birth.year));
    if (demographics->name_count > 0)
        add_name(&blocks, &demographics->birth, &demographics->names[0]);
    for (size_t i = 0; i < demographics->phone_count; i++) {
        const struct slice phone = demographics->phones[i];
        add(&blocks, mix_text(begin(KIND_PHONE), phone));
    }
    add_house(&blocks, demographics);
    for (size_t i = 1; i < demographics->name_count; i++)
        add_name(&blocks, &demographics->birth, &demographics->names[i]);
    return blocks.count;
}
