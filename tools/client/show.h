/* Showing records to people (aligned lines) and to programs (JSON). */
#ifndef TOOLS_CLIENT_SHOW_H
#define TOOLS_CLIENT_SHOW_H

#include <jansson.h>

#include "base/schema.h"

/* Print a structure as "name  value" lines, each indented by `indent` spaces. */
void show_record(const struct schema *schema, const void *value, const char *prefix, int indent);

/* Print JSON on one line; the reference is taken. */
void show_json(json_t *json);

/* Print a JSON value as a person reads it: "name  value" lines, lists indented. */
void show_readable(const json_t *json);

#endif /* TOOLS_CLIENT_SHOW_H */
