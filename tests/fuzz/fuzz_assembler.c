/* Sources: one that assembles verifies, and its disassembly assembles to the same bytes; for any other
 * there is an error. */
#include <string.h>

#include "tests/lib/vm_fixture.h"
#include "vm/assembler.h"
#include "vm/disassembler.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer source = {0};
    struct buffer encoded = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    buffer_append(&source, (struct bytes){data, size});
    const char *text = buffer_text(&source);
    if (!assembler_assemble(&encoded, text, &fixture_natives, "tsouk", error)) {
        assert(error[0] != '\0' && strlen(error) < sizeof(error));
        buffer_close(&source);
        return 0;
    }
    struct program program;
    enum program_status status =
        program_load(&program, buffer_bytes(&encoded), &fixture_natives, NULL);
    assert(status == PROGRAM_OK);
    struct buffer printed = {0};
    struct buffer again = {0};
    disassembler_print(&printed, &program, &fixture_natives, "tsouk");
    bool good = assembler_assemble(&again, buffer_text(&printed), &fixture_natives, "tsouk", error);
    assert(good && bytes_equal(buffer_bytes(&encoded), buffer_bytes(&again)));
    buffer_close(&printed);
    buffer_close(&again);
    buffer_close(&encoded);
    buffer_close(&source);
    return 0;
}
