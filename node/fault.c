#include "node/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void (*hook_call)(void *context, enum fault_kind kind, const char *line);
static void *hook_context;

const char *fault_kind_text(enum fault_kind kind)
{
#define FAULT_KIND_CASE(name, text)                                                                \
    case name:                                                                                     \
        return text;
    switch (kind) {
        FAULT_KIND_LIST(FAULT_KIND_CASE)
    }
#undef FAULT_KIND_CASE
    return "unknown";
}

void fault_set_hook(void (*hook)(void *context, enum fault_kind kind, const char *line),
                    void *context)
{
    hook_call = hook;
    hook_context = context;
}

void fault_stop(enum fault_kind kind, const char *format, ...)
{
    char line[FAULT_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (hook_call != NULL) {
        hook_call(hook_context, kind, line);
    } else {
        dprintf(STDERR_FILENO, "level=error event=fault kind=%s text=\"%s\"\n",
                fault_kind_text(kind), line);
    }
    _exit(kind == FAULT_UPGRADE ? FAULT_EXIT_UPGRADE : 1);
}
