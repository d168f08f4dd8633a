/* souk asm, disasm, program send: programs as text, and as transactions of one's own making. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/client/file.h"
#include "tools/client/random.h"
#include "tools/client/show.h"
#include "tools/client/wallet.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/session.h"
#include "vm/assembler.h"
#include "vm/disassembler.h"

const struct cli_option asm_options[] = {
    {"prefix", "TEXT", "of addresses [tsouk]"},
    {"policy", NULL, "a reward policy: no native instructions"},
};
const size_t asm_option_count = ARRAY_COUNT(asm_options);

const struct cli_option program_send_options[] = {
    {"sidecar", "FILE", "file that travels with the transaction, at most 128 MiB"},
};
const size_t program_send_option_count = ARRAY_COUNT(program_send_options);

static const char *prefix_of(const struct cli *cli)
{
    return cli_value(cli, "prefix") == NULL ? "tsouk" : cli_value(cli, "prefix");
}

static const struct native_table *natives_of(const struct cli *cli)
{
    return cli_flag(cli, "policy") ? NULL : &market_natives;
}

static bool assemble_file(const char *path, const char *prefix, const struct native_table *natives,
                          struct buffer *program, struct fault *fault)
{
    struct buffer source = {0};
    char error[ASSEMBLER_ERROR_SIZE];
    bool good = file_read(&source, path, ASSEMBLER_SOURCE_MAX, fault);
    if (good && memchr(source.data, 0, source.size) != NULL) {
        good = fault_set(fault, "%s: a text file is expected, and it holds a zero byte", path);
    }
    if (good && !assembler_assemble(program, buffer_text(&source), natives, prefix, error)) {
        good = fault_set(fault, "%s: %s", path, error);
    }
    buffer_close(&source);
    return good;
}

static void print_hex(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        printf("%02x", bytes.data[i]);
    }
    printf("\n");
}

int run_asm(struct cli *cli)
{
    struct fault fault;
    struct buffer program = {0};
    if (!wallet_prefix_check(prefix_of(cli), "--prefix", &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    bool good =
        assemble_file(cli_argument(cli, 0), prefix_of(cli), natives_of(cli), &program, &fault);
    if (good) {
        print_hex(buffer_bytes(&program));
    }
    buffer_close(&program);
    return good ? 0 : cli_fail(cli, &fault);
}

int run_disasm(struct cli *cli)
{
    struct fault fault;
    struct buffer encoded = {0};
    struct buffer text = {0};
    const char *hex = cli_argument(cli, 0);
    size_t size = strlen(hex) / 2;
    if (!wallet_prefix_check(prefix_of(cli), "--prefix", &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    buffer_reserve(&encoded, size + 1);
    bool good = hex_decode(encoded.data, size, hex) ||
                fault_set(&fault, "PROGRAM is no hexadecimal text of whole bytes");
    encoded.size = good ? size : 0;
    if (good) {
        size_t offset = 0;
        struct program program;
        enum program_status status =
            program_load(&program, buffer_bytes(&encoded), natives_of(cli), &offset);
        good = status == PROGRAM_OK ||
               fault_set(&fault, "at byte %zu: %s", offset, program_status_text(status));
        if (good) {
            disassembler_print(&text, &program, natives_of(cli), prefix_of(cli));
        }
    }
    if (good) {
        printf("%s", buffer_text(&text));
    }
    buffer_close(&text);
    buffer_close(&encoded);
    return good ? 0 : cli_fail(cli, &fault);
}

int run_program_send(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct buffer program = {0};
    struct buffer sidecar = {0};
    const char *path = cli_value(cli, "sidecar");
    if (path != NULL && !file_read(&sidecar, path, TRANSACTION_SIDECAR_MAX, &fault)) {
        buffer_close(&sidecar);
        return cli_fail(cli, &fault);
    }
    int code = CLI_FAILED;
    if (!session_open_signer(&session, cli, &fault)) {
        code = cli_fail(cli, &fault);
    } else {
        code = assemble_file(cli_argument(cli, 0), session.chain.prefix, &market_natives, &program,
                             &fault)
                   ? session_submit_program(&session, buffer_bytes(&program),
                                            buffer_bytes(&sidecar), "done")
                   : cli_fail(cli, &fault);
        session_close(&session);
    }
    buffer_close(&program);
    buffer_close(&sidecar);
    return code;
}
