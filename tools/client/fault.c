#include "tools/client/fault.h"

#include <stdarg.h>
#include <stdio.h>

/* Part of a line may be what a stranger's server answered: no control character of it reaches a
 * terminal or begins a line of a log. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
        }
    }
}

bool fault_set(struct fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    // cppcheck-suppress ctuuninitvar; it is what is written
    (void)vsnprintf(fault->text, sizeof(fault->text), format, arguments);
    va_end(arguments);
    make_printable(fault->text);
    return false;
}
