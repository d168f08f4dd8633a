/* docs/wire-format.md and tests/vectors/wire_*.txt against the programs' own tables. With
 * SOUK_WRITE_DOCS set the document's generated part is written, with SOUK_VECTORS_WRITE the
 * vectors. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/schema_text.h"
#include "tests/lib/check_run.h"
#include "tests/lib/wire_catalog.h"
#include "tests/lib/wire_text.h"

#define DOCUMENT "docs/wire-format.md"
#define BEGIN    "<!-- begin generated: tests/unit/test_wire_format -->\n"
#define END      "<!-- end generated -->\n"

static bool read_file(struct buffer *out, const char *path)
{
    uint8_t block[4096];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buffer_append(out, (struct bytes){block, got});
    }
    (void)fclose(file);
    return true;
}

static void write_file(const char *path, struct bytes content)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    ck_assert_uint_eq(fwrite(content.data, 1, content.size, file), content.size);
    ck_assert_int_eq(fclose(file), 0);
}

/* ---- The document */

static void write_part(const char *text, const char *end, const struct buffer *generated)
{
    struct buffer whole = {0};
    buffer_append(&whole, (struct bytes){(const uint8_t *)text, (size_t)(end - text)});
    buffer_append(&whole, buffer_bytes(generated));
    buffer_append_text(&whole, strstr(end, END));
    write_file(DOCUMENT, buffer_bytes(&whole));
    buffer_close(&whole);
}

START_TEST(the_document_has_the_tables_of_the_programs)
{
    struct buffer document = {0};
    struct buffer expected = {0};
    ck_assert_msg(read_file(&document, DOCUMENT), "%s is missing", DOCUMENT);
    const char *text = buffer_text(&document);
    const char *begin = strstr(text, BEGIN);
    ck_assert_msg(begin != NULL && strstr(begin, END) != NULL, "%s has no marks", DOCUMENT);
    begin += strlen(BEGIN);
    wire_catalog_document(&expected);
    if (secure_getenv("SOUK_WRITE_DOCS") != NULL) {
        write_part(text, begin, &expected);
    } else {
        bool same = (size_t)(strstr(begin, END) - begin) == expected.size &&
                    memcmp(begin, expected.data, expected.size) == 0;
        ck_assert_msg(same, "%s differs from the schemas: SOUK_WRITE_DOCS=1 writes it again",
                      DOCUMENT);
    }
    buffer_close(&expected);
    buffer_close(&document);
}
END_TEST

/* ---- The vectors */

static void append_hex(struct buffer *out, const char *name, struct bytes bytes)
{
    buffer_format(out, "%s = ", name);
    for (size_t i = 0; i < bytes.size; i++) {
        buffer_format(out, "%02x", bytes.data[i]);
    }
    buffer_append_text(out, "\n");
}

/* A value, as text and on the wire; and that the wire's bytes are read as this value. */
static void append_example(struct buffer *out, const struct wire_entry *entry)
{
    struct buffer wire = {0};
    struct buffer again = {0};
    char error[200];
    void *value = memory_new(entry->schema->size + 1);
    wire_text_fill(entry->schema, value);
    schema_write(&wire, entry->schema, value);
    buffer_format(out, "# %s: ", entry->name);
    schema_text_print(entry->schema, value, "tsouk", out);
    buffer_append_text(out, "\n");
    append_hex(out, entry->name, buffer_bytes(&wire));
    ck_assert_msg(schema_decode(entry->schema, value, buffer_bytes(&wire), error, sizeof(error)),
                  "%s: %s", entry->name, error);
    schema_write(&again, entry->schema, value);
    ck_assert(bytes_equal(buffer_bytes(&wire), buffer_bytes(&again)));
    free(value);
    buffer_close(&again);
    buffer_close(&wire);
}

START_TEST(the_vectors_are_what_the_programs_write)
{
    const struct wire_section *section = &wire_sections[_i];
    char path[128];
    struct buffer expected = {0};
    struct buffer stored = {0};
    (void)snprintf(path, sizeof(path), "tests/vectors/wire_%s.txt", section->file);
    for (size_t i = 0; i < wire_section_count(section); i++) {
        struct wire_entry entry;
        wire_section_entry(section, i, &entry);
        if (entry.schema != NULL) {
            append_example(&expected, &entry);
        } else {
            struct buffer wire = {0};
            entry.write(&wire);
            append_hex(&expected, entry.name, buffer_bytes(&wire));
            buffer_close(&wire);
        }
    }
    if (secure_getenv("SOUK_VECTORS_WRITE") != NULL) {
        write_file(path, buffer_bytes(&expected));
    }
    ck_assert_msg(read_file(&stored, path), "%s is missing", path);
    ck_assert_msg(bytes_equal(buffer_bytes(&stored), buffer_bytes(&expected)),
                  "%s differs from what the programs write", path);
    buffer_close(&stored);
    buffer_close(&expected);
}
END_TEST

/* ---- The tags */

static bool is_listed(const char *tag, size_t length)
{
    for (size_t i = 0; i < wire_tag_count; i++) {
        if (strlen(wire_tags[i].tag) == length && strncmp(wire_tags[i].tag, tag, length) == 0) {
            return true;
        }
    }
    return false;
}

static void check_tags_of_file(const char *path)
{
    struct buffer text = {0};
    ck_assert(read_file(&text, path));
    for (const char *at = buffer_text(&text); (at = strstr(at, "\"souk/")) != NULL; at++) {
        size_t length = strcspn(at + 1, "\"");
        ck_assert_msg(is_listed(at + 1, length), "%s: the tag %.*s is not in the list", path,
                      (int)length, at + 1);
    }
    buffer_close(&text);
}

START_TEST(every_tag_of_the_programs_is_listed)
{
    static const char *const folders[] = {"base",         "crypto",      "vm",   "market",
                                          "consensus",    "p2p",         "node", "tools/client",
                                          "tools/wallet", "tools/server"};
    size_t files = 0;
    for (size_t i = 0; i < ARRAY_COUNT(folders); i++) {
        DIR *folder = opendir(folders[i]);
        ck_assert_msg(folder != NULL, "%s: run this test in the root of the project", folders[i]);
        struct dirent *entry;
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
        while ((entry = readdir(folder)) != NULL) {
            char path[512];
            const char *dot = strrchr(entry->d_name, '.');
            if (dot != NULL && strcmp(dot, ".c") == 0) {
                (void)snprintf(path, sizeof(path), "%s/%s", folders[i], entry->d_name);
                check_tags_of_file(path);
                files++;
            }
        }
        (void)closedir(folder);
    }
    ck_assert_uint_gt(files, 50);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("wire format");
    tcase_add_test(tests, the_document_has_the_tables_of_the_programs);
    tcase_add_loop_test(tests, the_vectors_are_what_the_programs_write, 0, (int)wire_section_total);
    tcase_add_test(tests, every_tag_of_the_programs_is_listed);
    return check_run("wire format", tests);
}
