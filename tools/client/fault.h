/* One line about what went wrong, for a person: what, where, and what to do next. */
#ifndef TOOLS_CLIENT_FAULT_H
#define TOOLS_CLIENT_FAULT_H

#include "base/bytes.h"

struct fault {
    char text[512];
};

/* Set the line and return false, so that a function ends with `return fault_set(...)`. */
bool fault_set(struct fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);

#endif /* TOOLS_CLIENT_FAULT_H */
