/* Test vectors of public standards, read from ../shared/vectors beside the repository, or from the
 * folder that $SOUK_VECTORS names. They are data of others and no part of the project. */
#ifndef TESTS_LIB_VECTORS_H
#define TESTS_LIB_VECTORS_H

#include "base/buffer.h"

/* Read a whole vector file into *out. Returns false, after a line that says the test is skipped,
 * where there is no folder of vectors; a folder that lacks the file ends the test program. */
NODISCARD bool vectors_read(struct buffer *out, const char *name);

/* Take the next line, without its end, off a text of vectors; false at its end. Pointers stay valid
 * as long as the text; line ends become terminators. */
NODISCARD bool vectors_line(char **line, char **cursor);

/* Decode hexadecimal of any even length, appended to *out; ends the test program on anything
 * else. */
void vectors_hex(struct buffer *out, const char *hex);

#endif /* TESTS_LIB_VECTORS_H */
