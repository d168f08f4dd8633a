/* souk verify, and --prove: light proofs. */
#include "tools/wallet/prove.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tools/client/file.h"
#include "tools/client/proof_show.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"

#define PROVE_WAIT_MS    10000 /* for the block that certifies the state */
#define PROVE_TIMEOUT_MS 20000
#define PROVE_FILE_MODE  0644

const struct cli_option prove_options[] = {
    {"prove", "FILE", "take it from a proof, check that, and keep it in this file"},
    {"genesis", "FILE", "with --prove: the chain to believe in [SOUK_GENESIS]"},
    {"trust", "FILE", "with --prove: begin at the header of this file, not at the genesis"},
    {"save-trust", "FILE", "with --prove: keep the proof's header and validators for --trust"},
};
const size_t prove_option_count = ARRAY_COUNT(prove_options);

const struct cli_option verify_options[] = {
    {"genesis", "FILE", "genesis.json of the chain to believe in [SOUK_GENESIS]"},
    {"trust", "FILE", "begin at the header and validators of this file, not at the genesis"},
    {"save-trust", "FILE", "keep the proof's header and validators in this file, for --trust"},
};
const size_t verify_option_count = ARRAY_COUNT(verify_options);

bool prove_wanted(const struct cli *cli)
{
    return cli_value(cli, "prove") != NULL;
}

static const char *genesis_path(const struct cli *cli)
{
    const char *path = cli_value(cli, "genesis");
    return path == NULL ? secure_getenv("SOUK_GENESIS") : path;
}

/* Is there anything to believe in? */
static bool has_trust(const struct cli *cli)
{
    return genesis_path(cli) != NULL || cli_value(cli, "trust") != NULL;
}

/* The header of --trust; where a genesis is named too, it has to be of the same chain. */
static bool load_trust(struct trust *out, const struct cli *cli, struct fault *fault)
{
    struct trust later;
    const char *genesis = genesis_path(cli);
    const char *header = cli_value(cli, "trust");
    if (genesis != NULL && !trust_load(out, genesis, fault)) {
        return false;
    }
    if (header == NULL) {
        return true;
    }
    bool good =
        trust_load_header(&later, header, fault) &&
        (genesis == NULL || hash_equal(&later.chain_id, &out->chain_id) ||
         fault_set(fault, "%.200s: the header is of another chain than %.200s", header, genesis));
    trust_close(out);
    *out = later;
    return good;
}

static bool save_trust(const struct cli *cli, const struct trust *trust, const struct proof *proof,
                       struct fault *fault)
{
    struct buffer text = {0};
    const char *path = cli_value(cli, "save-trust");
    if (path == NULL) {
        return true;
    }
    trust_write(&text, trust, light_certifying_header(&proof->light), &proof->validators);
    bool good = file_write(path, buffer_bytes(&text), PROVE_FILE_MODE, fault);
    buffer_close(&text);
    return good;
}

static void show(const struct cli *cli, const struct proof *proof, const struct trust *trust)
{
    json_t *json = proof_show_json(proof, trust);
    if (cli_json(cli)) {
        show_json(json);
        return;
    }
    struct buffer sentence = {0};
    proof_show_sentence(&sentence, proof, trust);
    printf("proven: %s.\n\n", buffer_text(&sentence));
    show_readable(json);
    buffer_close(&sentence);
    json_decref(json);
}

int run_verify(struct cli *cli)
{
    struct fault fault;
    struct trust trust = {0};
    struct buffer encoded = {0};
    if (!has_trust(cli)) {
        return cli_usage(cli,
                         "--genesis or --trust is needed: genesis.json of the chain to believe "
                         "in, or a later header of it");
    }
    struct proof *proof = memory_new(sizeof(*proof));
    bool good = load_trust(&trust, cli, &fault) &&
                proof_read(&encoded, cli_argument(cli, 0), &fault) &&
                proof_verify(proof, buffer_bytes(&encoded), &trust, &fault) &&
                save_trust(cli, &trust, proof, &fault);
    if (good) {
        show(cli, proof, &trust);
    }
    free(proof);
    buffer_close(&encoded);
    trust_close(&trust);
    return good ? 0 : cli_fail(cli, &fault);
}

/* What to ask for, and what the proof must then be of: one of the two. */
struct wanted {
    const char *method;
    json_t *params; /* taken */
    const struct market_key *key;
    const char *id;
};

static bool fetch(struct session *session, const struct wanted *wanted, struct buffer *encoded,
                  struct fault *fault)
{
    const char *hex = NULL;
    (void)json_object_set_new(wanted->params, "prove", json_true());
    (void)json_object_set_new(wanted->params, "timeout_ms", json_integer(PROVE_WAIT_MS));
    json_t *answer =
        rpc_call_within(session->rpc, wanted->method, wanted->params, PROVE_TIMEOUT_MS, fault);
    bool good = answer != NULL && rpc_text(&hex, answer, "proof", fault) &&
                proof_from_hex(encoded, hex, fault);
    json_decref(answer);
    return good;
}

static bool is_of(const struct proof *proof, const struct wanted *wanted, struct fault *fault)
{
    struct hash id;
    if (wanted->key != NULL) {
        return proof_is_of_key(proof, key_bytes(wanted->key), fault);
    }
    return (hex_decode(id.bytes, sizeof(id.bytes), wanted->id) ||
            fault_set(fault, "ID is '%s', 64 hexadecimal digits are expected", wanted->id)) &&
           proof_is_of_transaction(proof, &id, fault);
}

static int prove(struct session *session, const struct wanted *wanted)
{
    struct fault fault;
    struct trust trust = {0};
    struct buffer encoded = {0};
    const struct cli *cli = session->cli;
    if (!has_trust(cli)) {
        json_decref(wanted->params);
        return cli_usage(cli, "--prove needs --genesis or --trust: genesis.json of the chain to "
                              "believe in, or a later header of it");
    }
    struct proof *proof = memory_new(sizeof(*proof));
    bool good =
        fetch(session, wanted, &encoded, &fault) && load_trust(&trust, cli, &fault) &&
        proof_verify(proof, buffer_bytes(&encoded), &trust, &fault) &&
        is_of(proof, wanted, &fault) &&
        file_write(cli_value(cli, "prove"), buffer_bytes(&encoded), PROVE_FILE_MODE, &fault) &&
        save_trust(cli, &trust, proof, &fault);
    if (good) {
        show(cli, proof, &trust);
    }
    free(proof);
    buffer_close(&encoded);
    trust_close(&trust);
    return good ? 0 : cli_fail(cli, &fault);
}

int prove_state(struct session *session, const struct market_key *key)
{
    char hex[2 * STATE_KEY_MAX + 1];
    hex_encode(hex, key_bytes(key));
    const struct wanted wanted = {
        .method = "state_get", .params = json_pack("{s:s}", "key", hex), .key = key};
    return prove(session, &wanted);
}

int prove_transaction(struct session *session, const char *id)
{
    const struct wanted wanted = {
        .method = "tx_get", .params = json_pack("{s:s}", "id", id), .id = id};
    return prove(session, &wanted);
}
