/* resource: what every FHIR resource has: its type, its id, its meta (FHIR R4 resource.html).
 *
 * All functions work on the JSON tree; what they set goes to its usual place (resourceType, id,
 * meta, then the rest), so that bodies read alike whoever wrote them. Texts are not copied: they
 * must live as long as the tree. */
#ifndef FHIR_RESOURCE_H
#define FHIR_RESOURCE_H

#include "base/time.h"
#include "fhir/json.h"

/* A new resource object with its resourceType. */
struct json *fhir_resource_new(struct slice type, struct arena *arena);

/* Empty where it is not there or not a string. */
struct slice fhir_resource_type(const struct json *resource);
struct slice fhir_resource_id(const struct json *resource);
struct slice fhir_resource_version(const struct json *resource);      /* meta.versionId */
struct slice fhir_resource_last_updated(const struct json *resource); /* meta.lastUpdated, text */
struct slice fhir_resource_source(const struct json *resource);       /* meta.source */

/* Set or replace; an empty text removes. */
void fhir_resource_set_id(struct json *resource, struct slice id, struct arena *arena);
void fhir_resource_set_version(struct json *resource, struct slice version, struct arena *arena);
/* As FHIR instant in UTC with three fraction digits. */
void fhir_resource_set_last_updated(struct json *resource, instant when, struct arena *arena);
void fhir_resource_set_source(struct json *resource, struct slice source, struct arena *arena);

/* The meta object, made where it is missing. */
struct json *fhir_resource_meta(struct json *resource, struct arena *arena);
/* Security labels (meta.security), profiles (meta.profile). Adding one that is there does nothing.
 */
bool fhir_resource_has_security(const struct json *resource, struct slice system,
                                struct slice code);
void fhir_resource_add_security(struct json *resource, struct slice system, struct slice code,
                                struct arena *arena);
void fhir_resource_add_profile(struct json *resource, struct slice url, struct arena *arena);
/* Takes versionId and lastUpdated out, which are the server's and never the content's (FHIR R4
 * http.html#update); an emptied meta goes too. For comparing and for storing content. */
void fhir_resource_remove_server_meta(struct json *resource);

#endif
