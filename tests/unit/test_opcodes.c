#include "vm/opcodes.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "tests/lib/check_run.h"
#include "vm/refusal.h"

static bool read_document(struct buffer *out)
{
    FILE *file = fopen("docs/vm.md", "rb");
    if (file == NULL) {
        puts("skipped: docs/vm.md is not below the working folder");
        return false;
    }
    uint8_t block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buffer_append(out, (struct bytes){block, got});
    }
    ck_assert_int_eq(fclose(file), 0);
    return true;
}

START_TEST(are_all_in_the_document)
{
    struct buffer document = {0};
    size_t count;
    const struct opcode_row *rows = opcode_rows(&count);
    for (size_t i = 0; i < count && (document.size > 0 || read_document(&document)); i++) {
        struct buffer row = {0};
        buffer_format(&row, "| %02x | %s | ", rows[i].byte, rows[i].name);
        const char *begin = strstr(buffer_text(&document), buffer_text(&row));
        ck_assert_msg(begin != NULL, "%s", buffer_text(&row));
        buffer_clear(&row);
        buffer_format(&row, " | %s | %u | %s |", rows[i].stack, rows[i].gas, rows[i].effect);
        const char *rest = strstr(begin, buffer_text(&row));
        ck_assert_msg(rest != NULL && rest < strchr(begin, '\n'), "%s", buffer_text(&row));
        buffer_close(&row);
    }
    buffer_close(&document);
}
END_TEST

START_TEST(have_all_refusals_in_the_document)
{
    struct buffer document = {0};
    size_t count;
    const struct refusal_text *texts = vm_refusal_texts(&count);
    for (size_t i = 0; i < count && (document.size > 0 || read_document(&document)); i++) {
        struct buffer row = {0};
        buffer_format(&row, "| %u | %s | %s |", texts[i].code, texts[i].name, texts[i].sentence);
        ck_assert_msg(strstr(buffer_text(&document), buffer_text(&row)) != NULL, "%s",
                      buffer_text(&row));
        buffer_close(&row);
    }
    buffer_close(&document);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("opcodes");
    tcase_add_test(tests, are_all_in_the_document);
    tcase_add_test(tests, have_all_refusals_in_the_document);
    return check_run("opcodes", tests);
}
