/* A chain in memory for tests of the market: genesis, accounts with keys, blocks of signed
 * transactions, and the sum of all units by scanning after each block. */
#ifndef TESTS_LIB_MARKET_FIXTURE_H
#define TESTS_LIB_MARKET_FIXTURE_H

#include "crypto/trie_memory.h"
#include "market/accounts.h"
#include "market/events.h"
#include "market/genesis.h"
#include "market/ledger.h"
#include "market/operands.h"
#include "market/refusals.h"
#include "market/servers.h"

/* Accounts of the fixture, by number. */
enum fixture_account {
    FIXTURE_ADMIN,
    FIXTURE_PUBLISHER,
    FIXTURE_STRANGER, /* has money and no role */
    FIXTURE_PROPOSER,
    FIXTURE_TREASURY,
    FIXTURE_SERVER_1, /* .. FIXTURE_SERVER_1 + 9 */
    FIXTURE_OWNER_1 = FIXTURE_SERVER_1 + 10,
    FIXTURE_ACCOUNTS = FIXTURE_OWNER_1 + 16,
};

#define FIXTURE_BALANCE 1000000000000 /* units of each account */
#define FIXTURE_STAKE   10000         /* units: server_stake_min */
#define FIXTURE_PENALTY 700           /* units */

struct fixture_entry {
    uint8_t key[STATE_KEY_MAX];
    size_t key_size;
    struct buffer value;
};

struct fixture_key {
    struct secret_key secret;
    struct public_key public_key;
    struct address address;
    uint64_t pending; /* transactions in the open block */
};

struct market_fixture {
    struct genesis *genesis;
    struct hash chain_id;
    struct fixture_entry *entries; /* the snapshot, sorted by key */
    size_t entry_count;
    struct state *state;
    struct block_context block; /* the open one */
    struct blob_memory *blobs;  /* every sidecar that was sent */
    struct buffer body;
    struct ledger_results results; /* of the last block */
    struct fixture_key keys[FIXTURE_ACCOUNTS];
    struct trie_memory trie;
    struct hash state_root;
    uint64_t gas_price;
    uint64_t gas_limit;    /* of transactions */
    uint64_t nonce_offset; /* added to the right nonce */
    bool check_bodies;     /* sign, and run ledger_check_body() on each block */
};

void market_fixture_init(struct market_fixture *fixture); /* With one validator. */

/* The same with 1 to 17 validators: FIXTURE_PROPOSER, FIXTURE_OWNER_1, FIXTURE_OWNER_1 + 1, ... */
void market_fixture_init_validators(struct market_fixture *fixture, uint32_t validators);
int fixture_validator(uint32_t index); /* its account */
void market_fixture_close(struct market_fixture *fixture);
const struct address *fixture_address(const struct market_fixture *fixture, int account);

/* Append a transaction of one native instruction to the open block. */
void fixture_send(struct market_fixture *fixture, int account, uint8_t native, const void *operand,
                  struct bytes sidecar);
/* The same with a whole program. */
void fixture_send_program(struct market_fixture *fixture, int account, struct bytes program,
                          struct bytes sidecar);
void fixture_append_native(struct buffer *code, uint8_t native, const void *operand);
void fixture_wrap(struct buffer *program, struct bytes code); /* Adds STOP. */

/* Execute the open block, check that units are conserved, and open the next one. */
void fixture_block(struct market_fixture *fixture);
void fixture_blocks(struct market_fixture *fixture, unsigned count);

/* A receipt of the last block; `events` is borrowed until the next one. */
struct receipt fixture_receipt(const struct market_fixture *fixture, uint32_t index);
/* Events of a kind in the last block's own receipt. */
unsigned fixture_events(const struct market_fixture *fixture, uint16_t kind);

/* Send in a block of its own; returns the code of the refusal, 0 where it went through. */
uint16_t fixture_try(struct market_fixture *fixture, int account, uint8_t native,
                     const void *operand, struct bytes sidecar);
struct refusal fixture_refusal(const struct market_fixture *fixture, uint32_t index);

uint64_t fixture_balance(const struct market_fixture *fixture, int account);
struct server fixture_server(const struct market_fixture *fixture, unsigned server);

/* Register server 1 .. 10 with an encryption key derived from its number. */
void fixture_encryption_key(struct secret_key *out, unsigned server);
void fixture_registration(const struct market_fixture *fixture, unsigned server,
                          struct server_register_operand *out);
void fixture_register(struct market_fixture *fixture, unsigned server);

/* Terms that are right: d = 64, S = 4, t = 1, 3 to 10 owners, 2 rounds, all windows 6 heights. */
void fixture_terms(const struct market_fixture *fixture, struct model_terms *out);

#endif /* TESTS_LIB_MARKET_FIXTURE_H */
