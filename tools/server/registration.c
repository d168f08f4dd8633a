#include "tools/server/registration.h"

#include <stdio.h>

#include "market/servers.h"
#include "tools/client/file.h"
#include "tools/client/random.h"

static bool create_key(const char *home, const char *name, const char *prefix,
                       const struct wallet_password *password, const struct keystore_cost *cost,
                       struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    struct keystore_secret secret = {.kind = KEYSTORE_KEY};
    random_secret_key(&secret.is.key);
    bool good = wallet_path(path, home, name, fault) &&
                wallet_create(path, &secret, prefix, password, cost, fault);
    keystore_secret_close(&secret);
    return good;
}

static bool key_missing(const char *home, const char *name, struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    return wallet_path(path, home, name, fault) &&
           (!file_exists(path) || fault_set(fault, "%s: there is a key already", path));
}

bool server_keys_create(const char *home, const char *prefix,
                        const struct wallet_password *password, const struct keystore_cost *cost,
                        char address[ADDRESS_TEXT_MAX], struct fault *fault)
{
    /* Both or none: so look for either before anything is written. */
    return key_missing(home, "identity", fault) && key_missing(home, "encryption", fault) &&
           create_key(home, "identity", prefix, password, cost, fault) &&
           create_key(home, "encryption", prefix, password, cost, fault) &&
           server_keys_address(home, address, fault);
}

static bool open_key(struct secret_key *out, const char *home, const char *name,
                     const struct wallet_password *password, struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    return wallet_path(path, home, name, fault) && wallet_open(out, path, password, 0, fault);
}

bool server_keys_open(struct aggregation_server *server, const struct wallet_password *password,
                      struct fault *fault)
{
    if (!open_key(&server->identity, server->home, "identity", password, fault) ||
        !open_key(&server->encryption, server->home, "encryption", password, fault)) {
        return false;
    }
    public_key_of(&server->public_key, &server->identity);
    address_of(&server->address, &server->public_key);
    return true;
}

bool server_keys_address(const char *home, char address[ADDRESS_TEXT_MAX], struct fault *fault)
{
    char path[WALLET_PATH_MAX];
    struct keystore keystore;
    if (!wallet_path(path, home, "identity", fault) || !wallet_load(&keystore, path, fault)) {
        return false;
    }
    address_print(address, keystore.prefix, &keystore.address);
    return true;
}

static bool minimal_stake(struct rpc *rpc, uint64_t *stake, struct fault *fault)
{
    struct parameters parameters;
    bool good = chain_parameters_load(rpc, &parameters, fault);
    *stake = parameters.server_stake_min;
    return good;
}

bool server_register(struct aggregation_server *server, const struct server_offer *offer,
                     struct submit_receipt *receipt, struct fault *fault)
{
    struct server_register_operand operand = {.stake = offer->stake,
                                              .fee_min = offer->fee_min,
                                              .endpoint = bytes_of_text(offer->endpoint)};
    struct hash message;
    uint8_t random32[32];
    uint64_t wrong = 0;
    struct rpc *rpc = rpc_new(server->node_url);
    struct buffer program = {0};
    point_of(&operand.encryption_key, &server->encryption);
    server_message(&message, &server->chain.chain_id, &server->address, &operand.encryption_key);
    random_fill(random32, sizeof(random32));
    signature_make(&operand.proof, &server->encryption, &message, random32);
    bool good =
        operand.endpoint.size <= MARKET_TEXT_MAX && server_endpoint_valid(operand.endpoint, &wrong);
    if (!good) {
        (void)fault_set(fault, "the endpoint is '%s', http://host:port is expected",
                        offer->endpoint);
    }
    good = good && (offer->stake > 0 || minimal_stake(rpc, &operand.stake, fault));
    if (good) {
        submit_program(&program, &(struct submit_native){NATIVE_SERVER_REGISTER, &operand}, 1);
        struct submit_request request = {
            .program = buffer_bytes(&program),
            .key = &server->identity,
        };
        good = submit_patiently(rpc, &server->chain, &request, receipt, fault);
    }
    buffer_close(&program);
    rpc_free(rpc);
    return good;
}
