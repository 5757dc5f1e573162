/* people: a line of tests/identity/people.mjs as the Patient that a clinic's message makes of it.
 */
#ifndef SUPPORT_PEOPLE_H
#define SUPPORT_PEOPLE_H

#include "fhir/json.h"

static inline struct json *people_list(struct slice text, struct arena *arena)
{
    struct json *list = json_array(arena);
    if (text.len > 0)
        json_append(list, json_string(arena, text));
    return list;
}

static inline void people_add_identifier(struct json *identifiers, struct slice system,
                                         struct slice type, struct slice value, struct arena *arena)
{
    struct json *identifier = json_append(identifiers, json_object(arena));
    struct json *of_type = json_add(identifier, SLICE("type"), json_object(arena));
    struct json *coding = json_add(of_type, SLICE("coding"), json_array(arena));
    json_add_string(json_append(coding, json_object(arena)), SLICE("code"), type, arena);
    json_add_string(identifier, SLICE("system"), system, arena);
    json_add_string(identifier, SLICE("value"), value, arena);
}

static inline void people_add_identifiers(const struct json *line, struct json *patient,
                                          struct arena *arena)
{
    struct json *identifiers = json_add(patient, SLICE("identifier"), json_array(arena));
    struct slice ssn4 = json_get_text(line, SLICE("ssn4"));
    for (const struct json *each = json_first(json_get(line, SLICE("identifiers"))); each;
         each = json_next(each))
        people_add_identifier(identifiers, json_get_text(each, SLICE("system")),
                              json_get_text(each, SLICE("type")),
                              json_get_text(each, SLICE("value")), arena);
    if (ssn4.len > 0)
        people_add_identifier(identifiers, SLICE("urn:ssn4"), SLICE("SS"), ssn4, arena);
}

/* A line as the Patient that a clinic's message makes of it. */
static inline struct json *people_patient(const struct json *line, struct arena *arena)
{
    static const struct slice MALE = SLICE_INIT("male"), FEMALE = SLICE_INIT("female");
    struct json *patient = json_object(arena);
    struct slice sex = json_get_text(line, SLICE("sex"));
    struct json *address = json_get(line, SLICE("address"));
    struct json *names = json_add(patient, SLICE("name"), json_array(arena));
    struct json *name = json_append(names, json_object(arena));
    json_add_string(name, SLICE("family"), json_get_text(line, SLICE("family")), arena);
    if (json_get(line, SLICE("given")))
        json_add(name, SLICE("given"), json_copy(json_get(line, SLICE("given")), arena));
    json_add(name, SLICE("suffix"), people_list(json_get_text(line, SLICE("suffix")), arena));
    json_add_string(patient, SLICE("birthDate"), json_get_text(line, SLICE("birth_date")), arena);
    if (slice_equal(sex, SLICE("M")) || slice_equal(sex, SLICE("F")))
        json_add_string(patient, SLICE("gender"), sex.ptr[0] == 'M' ? MALE : FEMALE, arena);
    struct json *addresses = json_add(patient, SLICE("address"), json_array(arena));
    if (json_count(address) > 0) {
        struct json *one = json_append(addresses, json_object(arena));
        json_add(one, SLICE("line"), people_list(json_get_text(address, SLICE("line")), arena));
        json_add_string(one, SLICE("postalCode"), json_get_text(address, SLICE("postal_code")),
                        arena);
    }
    struct json *telecom = json_add(patient, SLICE("telecom"), json_array(arena));
    for (const struct json *each = json_first(json_get(line, SLICE("phones"))); each;
         each = json_next(each)) {
        struct json *phone = json_append(telecom, json_object(arena));
        json_add_string(phone, SLICE("system"), SLICE("phone"), arena);
        json_add_string(phone, SLICE("value"), json_text(each), arena);
    }
    people_add_identifiers(line, patient, arena);
    return patient;
}

#endif
