/* guess: see the header. */
#include "cli/guess.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct slice EMPTY = SLICE_INIT("there is nothing in it");

#define UTF16 "this looks like UTF-16; iconv -f UTF-16 -t UTF-8 makes it readable"
#define PACKED "this is compressed; unpack it first"

/* Fronts of files, the longer ones before those that begin them. A NULL says nothing. */
static const struct {
    struct slice front;
    const char *no_message, *no_resource;
} FRONTS[] = {
    {SLICE_INIT("\xff\xfe"), UTF16, UTF16},
    {SLICE_INIT("\xfe\xff"), UTF16, UTF16},
    {SLICE_INIT("M\0S\0H\0"), UTF16, UTF16},
    {SLICE_INIT("\0M\0S\0H"), UTF16, UTF16},
    {SLICE_INIT("{\0"), UTF16, UTF16},
    {SLICE_INIT("\0{"), UTF16, UTF16},
    {SLICE_INIT("\x1f\x8b"), PACKED, PACKED},
    {SLICE_INIT("PK\x03\x04"), PACKED, PACKED},
    {SLICE_INIT("BZh"), PACKED, PACKED},
    {SLICE_INIT("\xfd\x37zXZ"), PACKED, PACKED},
    {SLICE_INIT("\x28\xb5\x2f\xfd"), PACKED, PACKED},
    {SLICE_INIT("%PDF"), "this is a PDF", "this is a PDF"},
    {SLICE_INIT("ISA*"), "this looks like X12, which is not read", "this looks like X12"},
    {SLICE_INIT("UNA"), "this looks like EDIFACT, which is not read", "this looks like EDIFACT"},
    {SLICE_INIT("UNB"), "this looks like EDIFACT, which is not read", "this looks like EDIFACT"},
    {SLICE_INIT("MSH"), "MSH is followed by its separators: MSH|^~\\&|",
     "this looks like HL7 v2; painbridge convert makes FHIR of it"},
    {SLICE_INIT("FHS"), "a batch holds messages, each of which begins with MSH",
     "this looks like a batch of HL7 v2; painbridge convert makes FHIR of it"},
    {SLICE_INIT("BHS"), "a batch holds messages, each of which begins with MSH",
     "this looks like a batch of HL7 v2; painbridge convert makes FHIR of it"},
    {SLICE_INIT("{"), "this looks like JSON; painbridge convert --to v2 makes HL7 v2 of FHIR",
     NULL},
    {SLICE_INIT("["), "this looks like JSON; painbridge convert --to v2 makes HL7 v2 of FHIR",
     "a resource is an object; several stand in a Bundle, or one on each line"},
    {SLICE_INIT("<"), "this looks like XML; HL7 v2 is read with | and ^, as it travels in MLLP",
     "this looks like XML; FHIR is read as JSON"},
};

/* Without what may stand before a text: a byte order mark, the VT of MLLP, blanks. */
static struct slice without_mark(struct slice bytes)
{
    static const struct slice MARK = SLICE_INIT("\xef\xbb\xbf");
    if (slice_starts_with(bytes, MARK)) {
        bytes = slice_after(bytes, MARK.len);
    }
    size_t at = 0;
    while (at < bytes.len &&
           (bytes.ptr[at] == ' ' || (bytes.ptr[at] >= '\t' && bytes.ptr[at] <= '\r'))) {
        at++;
    }
    return slice_after(bytes, at);
}

/* HL7 v2.5.1 2.5.2: three letters or digits, the first of them a letter; then a separator. */
static bool is_segment(struct slice text)
{
    if (text.len < 4 || text.ptr[3] != '|' || text.ptr[0] < 'A' || text.ptr[0] > 'Z') {
        return false;
    }
    for (size_t i = 1; i < 3; i++) {
        bool is_letter = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z';
        bool is_digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        if (!is_letter && !is_digit) {
            return false;
        }
    }
    return true;
}

static struct slice guess(struct slice bytes, bool wants_message)
{
    struct slice text = without_mark(bytes);
    if (text.len == 0) {
        return EMPTY;
    }
    for (size_t i = 0; i < COUNT(FRONTS); i++) {
        if (slice_starts_with(text, FRONTS[i].front)) {
            return slice_of(wants_message ? FRONTS[i].no_message : FRONTS[i].no_resource);
        }
    }
    if (!is_segment(text)) {
        return (struct slice){0};
    }
    return wants_message ? SLICE("a message begins with MSH; its head is missing here")
                         : SLICE("this looks like HL7 v2 without its MSH");
}

struct slice guess_no_message(struct slice bytes)
{
    return guess(bytes, /* wants_message= */ true);
}

struct slice guess_no_resource(struct slice bytes)
{
    return guess(bytes, /* wants_message= */ false);
}

void guess_add(struct issue_list *issues, struct slice hint)
{
    for (size_t i = 0; i < issues->count; i++) {
        if (issues->items[i].severity < ISSUE_ERROR) {
            continue;
        }
        if (issues->items[i].hint.len == 0) {
            issues->items[i].hint = hint;
        }
        return;
    }
}
