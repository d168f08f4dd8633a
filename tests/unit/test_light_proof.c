/* Light proofs as a whole: consensus/light.c, market/claim.c and tools/client/proof.c. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"
#include "tests/lib/proof_fixture.h"
#include "tools/client/proof.h"

static struct proof_fixture fixture;
static struct proof proof;
static struct fault fault;

static void open_fixture(void)
{
    proof_fixture_init(&fixture);
}

static void close_fixture(void)
{
    proof_fixture_close(&fixture);
}

static bool holds(const struct buffer *encoded)
{
    fault.text[0] = '\0';
    return proof_verify(&proof, buffer_bytes(encoded), &fixture.trust, &fault);
}

static void check_holds(const struct buffer *encoded)
{
    ck_assert_msg(holds(encoded), "%s", fault.text);
}

/* Refused, with one line that has `text` in it. */
static void check_refused(const struct buffer *encoded, const char *text)
{
    ck_assert_msg(!holds(encoded), "accepted, not refused with '%s'", text);
    ck_assert_msg(strstr(fault.text, text) != NULL, "'%s', not '%s'", fault.text, text);
    ck_assert_ptr_null(strchr(fault.text, '\n'));
}

/* Decode a proof, let `change` have it, and encode it again. */
static void alter(struct buffer *encoded, void (*change)(struct light_proof *light))
{
    struct light_proof light;
    struct buffer again = {0};
    ck_assert(schema_decode(&light_proof_schema, &light, buffer_bytes(encoded), NULL, 0));
    change(&light);
    schema_write(&again, &light_proof_schema, &light);
    buffer_close(encoded);
    *encoded = again;
}

static void balance_key(struct market_key *key, uint32_t user)
{
    key_account(key, &fixture.chain.addresses[user]);
}

START_TEST(every_account_is_proved)
{
    for (uint32_t i = 0; i < PROOF_USERS; i++) {
        struct buffer encoded = {0};
        struct account account;
        struct market_key key;
        balance_key(&key, i);
        proof_fixture_account(&fixture, i, &encoded);
        check_holds(&encoded);
        ck_assert(proof_is_of_key(&proof, key_bytes(&key), &fault));
        ck_assert(proof.state.found);
        ck_assert_uint_eq(proof_height(&proof), 1);
        ck_assert(schema_decode(&account_schema, &account, proof.state.value, NULL, 0));
        ck_assert_uint_eq(account.nonce, i < PROOF_TRANSFERS ? 1 : 0);
        buffer_close(&encoded);
    }
}
END_TEST

START_TEST(every_transaction_is_proved)
{
    for (uint32_t i = 0; i < PROOF_TRANSFERS; i++) {
        struct buffer encoded = {0};
        proof_fixture_transaction(&fixture, i, &encoded);
        check_holds(&encoded);
        ck_assert(proof_is_of_transaction(&proof, &fixture.ids[i], &fault));
        ck_assert_uint_eq(proof.transaction.index, i);
        ck_assert_uint_eq(proof.receipt.refusal.code, 0);
        ck_assert_uint_eq(proof_height(&proof), 1);
        buffer_close(&encoded);
    }
}
END_TEST

/* Some end in an empty subtree, some at another key's leaf. */
START_TEST(absence_is_proved)
{
    uint32_t at_leaf = 0;
    for (uint8_t i = 0; i < 40; i++) {
        struct buffer encoded = {0};
        uint8_t key[] = {0xee, i};
        proof_fixture_key(&fixture, BYTES_OF(key), &encoded);
        check_holds(&encoded);
        ck_assert(!proof.state.found);
        ck_assert_uint_eq(proof.state.value.size, 0);
        at_leaf += proof.state.leaf_present ? 1 : 0;
        buffer_close(&encoded);
    }
    ck_assert_uint_gt(at_leaf, 0);
    ck_assert_uint_lt(at_leaf, 40);
}
END_TEST

/* Every bit of a proof is bound, but that absence of one key may be absence of another, too. */
static void check_bits(struct buffer *encoded)
{
    struct buffer key = {0};
    check_holds(encoded);
    bool absence = proof.light.kind == LIGHT_STATE && !proof.state.found;
    buffer_append(&key, proof.state.key);
    for (size_t i = 0; i < encoded->size; i++) {
        for (uint32_t mask = 1; mask < 256; mask <<= 1) {
            encoded->data[i] ^= (uint8_t)mask;
            if (holds(encoded)) {
                ck_assert_msg(absence && !proof.state.found &&
                                  !proof_is_of_key(&proof, buffer_bytes(&key), &fault),
                              "byte %zu of %zu, bit %u", i, encoded->size, mask);
            }
            encoded->data[i] ^= (uint8_t)mask;
        }
    }
    check_holds(encoded);
    buffer_close(&key);
}

START_TEST(no_byte_of_a_value_can_be_changed)
{
    struct buffer encoded = {0};
    proof_fixture_account(&fixture, 3, &encoded);
    check_bits(&encoded);
    buffer_close(&encoded);
}
END_TEST

START_TEST(no_byte_of_a_transaction_can_be_changed)
{
    struct buffer encoded = {0};
    proof_fixture_transaction(&fixture, 2, &encoded);
    check_bits(&encoded);
    buffer_close(&encoded);
}
END_TEST

START_TEST(no_byte_of_an_absence_can_be_changed)
{
    struct buffer encoded = {0};
    static const uint8_t key[] = {0xee, 1};
    proof_fixture_key(&fixture, BYTES_OF(key), &encoded);
    check_bits(&encoded);
    buffer_close(&encoded);
}
END_TEST

START_TEST(no_proof_may_be_cut_or_lengthened)
{
    struct buffer encoded = {0};
    proof_fixture_account(&fixture, 0, &encoded);
    size_t whole = encoded.size;
    for (encoded.size = 0; encoded.size < whole; encoded.size++) {
        ck_assert(!holds(&encoded));
    }
    buffer_append_text(&encoded, "x");
    check_refused(&encoded, "bytes follow the value");
    buffer_close(&encoded);
}
END_TEST

/* A claim that is true but for one member. */
static void check_claim(void (*change)(struct claim_state *claim), struct bytes key,
                        const char *text)
{
    struct buffer claim = {0};
    struct buffer altered = {0};
    struct buffer encoded = {0};
    struct claim_state *decoded = memory_new(sizeof(*decoded));
    proof_fixture_claim_key(&fixture, key, &claim);
    ck_assert(schema_decode(&claim_state_schema, decoded, buffer_bytes(&claim), NULL, 0));
    change(decoded);
    schema_write(&altered, &claim_state_schema, decoded);
    proof_fixture_encode(&fixture, LIGHT_STATE, buffer_bytes(&altered), &fixture.certificate,
                         &encoded);
    check_refused(&encoded, text);
    free(decoded);
    buffer_close(&claim);
    buffer_close(&altered);
    buffer_close(&encoded);
}

static void to_absent(struct claim_state *claim)
{
    claim->found = false;
    claim->value = (struct bytes){0};
}

static void to_absent_elsewhere(struct claim_state *claim)
{
    to_absent(claim);
    claim->leaf_present = false;
    claim->leaf_key = (struct hash){{0}};
    claim->leaf_value = (struct hash){{0}};
}

static void to_absent_with_value(struct claim_state *claim)
{
    claim->found = false;
}

static void to_present(struct claim_state *claim)
{
    claim->found = true;
    claim->value = bytes_of_text("gold");
}

static void to_present_with_leaf(struct claim_state *claim)
{
    to_present(claim);
    claim->leaf_present = true;
    trie_key_hash(&claim->leaf_key, claim->key);
    trie_value_hash(&claim->leaf_value, claim->value);
}

static void to_richer(struct claim_state *claim)
{
    claim->value = bytes_of_text("gold");
    trie_value_hash(&claim->leaf_value, claim->value);
}

static void to_neighbour(struct claim_state *claim)
{
    static struct market_key key;
    balance_key(&key, 5);
    claim->key = key_bytes(&key);
}

static void to_no_key(struct claim_state *claim)
{
    claim->key.size = 0;
}

static void to_shorter_path(struct claim_state *claim)
{
    claim->sibling_count--;
}

static void to_longer_path(struct claim_state *claim)
{
    claim->sibling_count++;
}

START_TEST(refuses_other_keys_values_and_paths)
{
    struct market_key key;
    static const uint8_t nobody[] = {0xee, 1};
    balance_key(&key, 4);
    check_claim(to_absent, key_bytes(&key), "absence does not follow");
    check_claim(to_absent_elsewhere, key_bytes(&key), "absence does not follow");
    check_claim(to_absent_with_value, key_bytes(&key), "though the key is said to be absent");
    check_claim(to_richer, key_bytes(&key), "do not give the certified state root");
    check_claim(to_neighbour, key_bytes(&key), "do not give the certified state root");
    check_claim(to_no_key, key_bytes(&key), "key: empty");
    check_claim(to_shorter_path, key_bytes(&key), "do not give the certified state root");
    check_claim(to_longer_path, key_bytes(&key), "do not give the certified state root");
    check_claim(to_present, BYTES_OF(nobody), "do not give the certified state root");
    check_claim(to_present_with_leaf, BYTES_OF(nobody), "do not give the certified state root");
}
END_TEST

/* A proof of account 1 with another certificate. */
static void check_signers(const struct certificate *certificate, const char *text)
{
    struct buffer claim = {0};
    struct buffer encoded = {0};
    struct market_key key;
    balance_key(&key, 1);
    proof_fixture_claim_key(&fixture, key_bytes(&key), &claim);
    proof_fixture_encode(&fixture, LIGHT_STATE, buffer_bytes(&claim), certificate, &encoded);
    if (text == NULL) {
        check_holds(&encoded);
    } else {
        check_refused(&encoded, text);
    }
    buffer_close(&claim);
    buffer_close(&encoded);
}

START_TEST(a_quorum_must_have_signed)
{
    struct certificate certificate;
    const struct block_header *header = &fixture.headers[1];
    proof_fixture_certify(&fixture, &certificate, header, VOTE_COMMIT, 0xd);
    check_signers(&certificate, NULL);
    proof_fixture_certify(&fixture, &certificate, header, VOTE_COMMIT, 0x3);
    check_signers(&certificate, "2 signers, expected at least 3");
    proof_fixture_certify(&fixture, &certificate, header, VOTE_COMMIT, 0);
    check_signers(&certificate, "0 signers, expected at least 3");
    /* Prepared is not decided. */
    proof_fixture_certify(&fixture, &certificate, header, VOTE_PREPARE, 0xf);
    check_signers(&certificate, "wrong commit signature of validator 0");
}
END_TEST

START_TEST(nobody_signs_twice_or_for_another)
{
    struct certificate certificate;
    const struct block_header *header = &fixture.headers[1];
    /* Two validators, one of whom stands for a third. */
    proof_fixture_certify(&fixture, &certificate, header, VOTE_COMMIT, 0x3);
    certificate_add(&certificate, 2, &certificate.signatures[1]);
    check_signers(&certificate, "wrong commit signature of validator 2");
    proof_fixture_certify(&fixture, &certificate, header, VOTE_COMMIT, 0x3);
    certificate.signatures[2] = certificate.signatures[1];
    certificate.signature_count = 3;
    check_signers(&certificate, "2 signers but 3 signatures");
    /* A fifth, who is no validator. */
    proof_fixture_certify(&fixture, &certificate, header, VOTE_COMMIT, 0x7);
    certificate_add(&certificate, 4, &certificate.signatures[0]);
    check_signers(&certificate, "a signer outside the set of 4");
    proof_fixture_certify(&fixture, &certificate, header, VOTE_COMMIT, 0x3);
    certificate_add(&certificate, 99, &certificate.signatures[0]);
    check_signers(&certificate, "a signer outside the set of 4");
}
END_TEST

START_TEST(a_certificate_of_another_block_is_refused)
{
    struct certificate certificate;
    struct block_header header = fixture.headers[1];
    proof_fixture_certify(&fixture, &certificate, &fixture.headers[0], VOTE_COMMIT, 0xf);
    check_signers(&certificate, "it decides another block");
    header.time_ms++;
    proof_fixture_certify(&fixture, &certificate, &header, VOTE_COMMIT, 0xf);
    check_signers(&certificate, "it decides another block");
    /* The right digest under the wrong height. */
    certificate = fixture.certificate;
    certificate.height++;
    check_signers(&certificate, "it decides another block");
}
END_TEST

static void to_version_2(struct light_proof *light)
{
    light->version = 2;
}

static void to_other_chain(struct light_proof *light)
{
    light->chain_id.bytes[0] ^= 1;
}

static void to_header_of_other_chain(struct light_proof *light)
{
    light->headers[0].chain_id.bytes[0] ^= 1;
}

static void to_other_set(struct light_proof *light)
{
    light->headers[0].validators_hash.bytes[31] ^= 1;
}

static void to_header_version_9(struct light_proof *light)
{
    light->headers[0].version = 9;
}

static void to_height_0(struct light_proof *light)
{
    light->headers[0].height = 0;
}

static void to_other_state(struct light_proof *light)
{
    light->headers[0].state_root.bytes[5] ^= 1;
}

static void to_no_header(struct light_proof *light)
{
    light->header_count = 0;
}

static void to_two_headers(struct light_proof *light)
{
    light->headers[light->header_count++] = fixture.headers[1];
}

static void to_no_certificate(struct light_proof *light)
{
    light->certificate.size = 0;
}

static void to_state(struct light_proof *light)
{
    light->kind = LIGHT_STATE;
}

static void to_later_parent(struct light_proof *light)
{
    light->headers[0].time_ms++;
}

static void to_other_height(struct light_proof *light)
{
    light->headers[0].height += 5;
}

static void to_same_header_twice(struct light_proof *light)
{
    light->headers[0] = light->headers[1];
}

START_TEST(refuses_headers_that_nobody_signed)
{
    static const struct {
        bool transaction;
        void (*change)(struct light_proof *light);
        const char *text;
    } rows[] = {
        {false, to_version_2, "version: not 1"},
        {false, to_other_chain, "the proof is of another chain"},
        {false, to_header_of_other_chain, "header: it is of another chain"},
        {false, to_other_set, "header: it names another set of validators"},
        {false, to_header_version_9, "header: its version"},
        {false, to_height_0, "header: its height is 0"},
        {false, to_other_state, "it decides another block"},
        {false, to_no_header, "headers: not as many"},
        {false, to_two_headers, "headers: not as many"},
        {false, to_no_certificate, "certificate: height at byte 0 of 0: the input ends too early"},
        {true, to_state, "headers: not as many"},
        {true, to_later_parent, "it does not follow the header before it"},
        {true, to_other_height, "it does not follow the header before it"},
        {true, to_same_header_twice, "it does not follow the header before it"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct buffer encoded = {0};
        if (rows[i].transaction) {
            proof_fixture_transaction(&fixture, 0, &encoded);
        } else {
            proof_fixture_account(&fixture, 0, &encoded);
        }
        alter(&encoded, rows[i].change);
        check_refused(&encoded, rows[i].text);
        buffer_close(&encoded);
    }
}
END_TEST

START_TEST(another_chain_or_set_is_not_believed)
{
    struct buffer encoded = {0};
    struct trust other = fixture.trust;
    proof_fixture_account(&fixture, 0, &encoded);
    other.chain_id.bytes[0] ^= 1;
    ck_assert(!proof_verify(&proof, buffer_bytes(&encoded), &other, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "another chain"));
    other = fixture.trust;
    other.validators.list[0] = fixture.trust.validators.list[1];
    other.validators.list[1] = fixture.trust.validators.list[0];
    ck_assert(!proof_verify(&proof, buffer_bytes(&encoded), &other, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "another set of validators"));
    buffer_close(&encoded);
}
END_TEST

/* A transaction's claim with another's parts. */
static void check_mixed(void (*mix)(struct claim_transaction *claim,
                                    const struct claim_transaction *other),
                        const char *text)
{
    struct buffer claims[2] = {{0}};
    struct buffer altered = {0};
    struct buffer encoded = {0};
    struct claim_transaction decoded[2];
    for (uint32_t i = 0; i < 2; i++) {
        proof_fixture_claim_transaction(&fixture, i, &claims[i]);
        ck_assert(schema_decode(&claim_transaction_schema, &decoded[i], buffer_bytes(&claims[i]),
                                NULL, 0));
    }
    mix(&decoded[0], &decoded[1]);
    schema_write(&altered, &claim_transaction_schema, &decoded[0]);
    proof_fixture_encode(&fixture, LIGHT_TRANSACTION, buffer_bytes(&altered), &fixture.certificate,
                         &encoded);
    check_refused(&encoded, text);
    buffer_close(&claims[0]);
    buffer_close(&claims[1]);
    buffer_close(&altered);
    buffer_close(&encoded);
}

static void mix_id(struct claim_transaction *claim, const struct claim_transaction *other)
{
    claim->id = other->id;
}

static void mix_receipt(struct claim_transaction *claim, const struct claim_transaction *other)
{
    claim->id = other->id;
    claim->receipt = other->receipt;
}

static void mix_index(struct claim_transaction *claim, const struct claim_transaction *other)
{
    claim->index = other->index;
}

static void mix_receipt_path(struct claim_transaction *claim, const struct claim_transaction *other)
{
    memcpy(claim->receipt_siblings, other->receipt_siblings, sizeof(claim->receipt_siblings));
}

static void mix_count(struct claim_transaction *claim, const struct claim_transaction *other)
{
    claim->count = other->count + 1;
}

static void mix_no_receipt(struct claim_transaction *claim, const struct claim_transaction *other)
{
    (void)other;
    claim->receipt.size = 0;
}

START_TEST(refuses_parts_of_other_transactions)
{
    check_mixed(mix_id, "receipt: it is of another transaction");
    check_mixed(mix_receipt, "id: its path does not give the certified tx_root");
    check_mixed(mix_index, "id: its path does not give the certified tx_root");
    check_mixed(mix_count, "id: its path does not give the certified tx_root");
    check_mixed(mix_receipt_path, "receipt: its path does not give the certified root");
    check_mixed(mix_no_receipt, "receipt: ");
}
END_TEST

START_TEST(a_true_proof_of_something_else_is_noticed)
{
    struct buffer encoded = {0};
    struct market_key key;
    proof_fixture_account(&fixture, 0, &encoded);
    check_holds(&encoded);
    balance_key(&key, 1);
    ck_assert(!proof_is_of_key(&proof, key_bytes(&key), &fault));
    ck_assert(!proof_is_of_transaction(&proof, &fixture.ids[0], &fault));
    buffer_clear(&encoded);
    proof_fixture_transaction(&fixture, 0, &encoded);
    check_holds(&encoded);
    ck_assert(!proof_is_of_transaction(&proof, &fixture.ids[1], &fault));
    ck_assert(!proof_is_of_key(&proof, key_bytes(&key), &fault));
    buffer_close(&encoded);
}
END_TEST

START_TEST(files_hold_bytes_or_digits)
{
    char path[FIXTURE_PATH_MAX];
    struct buffer encoded = {0};
    struct buffer hex = {0};
    struct buffer read = {0};
    fixture_path(path, fixture.home, "proof");
    proof_fixture_account(&fixture, 0, &encoded);
    for (size_t i = 0; i < encoded.size; i++) {
        buffer_format(&hex, "%02x", encoded.data[i]);
    }
    buffer_append_text(&hex, "\n");
    fixture_write_file(path, buffer_bytes(&encoded));
    ck_assert(proof_read(&read, path, &fault));
    ck_assert(bytes_equal(buffer_bytes(&read), buffer_bytes(&encoded)));
    buffer_clear(&read);
    fixture_write_file(path, buffer_bytes(&hex));
    ck_assert(proof_read(&read, path, &fault));
    ck_assert(bytes_equal(buffer_bytes(&read), buffer_bytes(&encoded)));
    buffer_clear(&read);
    fixture_write_file(path, bytes_of_text("01f"));
    ck_assert(!proof_read(&read, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "neither binary nor hexadecimal"));
    fixture_write_file(path, (struct bytes){0});
    ck_assert(proof_read(&read, path, &fault));
    check_refused(&read, "the input ends too early");
    fixture_path(path, fixture.home, "nothing");
    ck_assert(!proof_read(&read, path, &fault));
    buffer_close(&read);
    buffer_close(&hex);
    buffer_close(&encoded);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("light proof");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, every_account_is_proved);
    tcase_add_test(tests, every_transaction_is_proved);
    tcase_add_test(tests, absence_is_proved);
    tcase_add_test(tests, no_byte_of_a_value_can_be_changed);
    tcase_add_test(tests, no_byte_of_a_transaction_can_be_changed);
    tcase_add_test(tests, no_byte_of_an_absence_can_be_changed);
    tcase_add_test(tests, no_proof_may_be_cut_or_lengthened);
    tcase_add_test(tests, refuses_other_keys_values_and_paths);
    tcase_add_test(tests, a_quorum_must_have_signed);
    tcase_add_test(tests, nobody_signs_twice_or_for_another);
    tcase_add_test(tests, a_certificate_of_another_block_is_refused);
    tcase_add_test(tests, refuses_headers_that_nobody_signed);
    tcase_add_test(tests, another_chain_or_set_is_not_believed);
    tcase_add_test(tests, refuses_parts_of_other_transactions);
    tcase_add_test(tests, a_true_proof_of_something_else_is_noticed);
    tcase_add_test(tests, files_hold_bytes_or_digits);
    return check_run("light proof", tests);
}
