#include "crypto/dleq.h"

#include <string.h>

#include "tests/lib/check_run.h"

static const uint8_t random32[32] = {9};

static struct secret_key key;
static struct secret_key other_key;
static struct point public_point;
static struct point base;
static struct point shared;
static struct hash message;
static struct dleq_proof proof;

static void key_of(struct secret_key *out, uint8_t number)
{
    uint8_t bytes[32] = {1, number};
    ck_assert(secret_key_init(out, bytes));
}

static void setup(void)
{
    key_of(&key, 1);
    key_of(&other_key, 2);
    point_of(&public_point, &key);
    point_of(&base, &other_key);
    ck_assert(ecdh_point(&shared, &key, &base));
    memset(&message, 7, sizeof(message));
    dleq_prove(&proof, &key, &base, &shared, &message, random32);
}

static bool holds(void)
{
    return dleq_check(&proof, &public_point, &base, &shared, &message);
}

START_TEST(accepts_the_shared_point_from_either_side)
{
    ck_assert(holds());
    dleq_prove(&proof, &other_key, &public_point, &shared, &message, random32);
    ck_assert(dleq_check(&proof, &base, &public_point, &shared, &message));
    ck_assert(!holds()); /* it is the other side's */
}
END_TEST

START_TEST(refuses_another_point_message_or_base)
{
    struct point wrong = base;
    ck_assert(!dleq_check(&proof, &public_point, &base, &wrong, &message));
    ck_assert(!dleq_check(&proof, &shared, &base, &shared, &message));
    ck_assert(!dleq_check(&proof, &public_point, &public_point, &shared, &message));
    message.bytes[31] ^= 1;
    ck_assert(!holds());
}
END_TEST

START_TEST(refuses_every_changed_byte)
{
    uint8_t *bytes = (uint8_t *)&proof;
    for (size_t i = 0; i < DLEQ_SIZE; i++) {
        bytes[i] ^= 0x40;
        ck_assert(!holds());
        bytes[i] ^= 0x40;
    }
    ck_assert(holds());
}
END_TEST

START_TEST(refuses_what_is_no_point_or_scalar)
{
    struct point nothing = {{0}};
    ck_assert(!dleq_check(&proof, &nothing, &base, &shared, &message));
    ck_assert(!dleq_check(&proof, &public_point, &nothing, &shared, &message));
    ck_assert(!dleq_check(&proof, &public_point, &base, &nothing, &message));
    struct dleq_proof good = proof;
    memset(proof.response, 0, 32);
    ck_assert(!holds());
    memset(proof.response, 0xff, 32);
    ck_assert(!holds());
    proof = good;
    memset(proof.challenge, 0, 32);
    ck_assert(!holds());
    memset(proof.challenge, 0xff, 32);
    ck_assert(!holds());
}
END_TEST

/* The same nonce for two statements would give the key away. */
START_TEST(draws_another_nonce_for_every_statement)
{
    struct dleq_proof second;
    dleq_prove(&second, &key, &base, &shared, &message, random32);
    ck_assert_mem_eq(&second, &proof, sizeof(proof));
    message.bytes[0] ^= 1;
    dleq_prove(&second, &key, &base, &shared, &message, random32);
    ck_assert_mem_ne(second.response, proof.response, 32);
    ck_assert(dleq_check(&second, &public_point, &base, &shared, &message));
}
END_TEST

/* Without a proof that the owner knows ek, it could register minus a victim's EK, provoke a dispute, and the
 * opened point is minus the victim's. */
START_TEST(a_copied_key_would_open_the_victims_point)
{
    struct point negated = base; /* -EK has the other parity */
    negated.bytes[0] ^= 1;
    struct point opened;
    ck_assert(ecdh_point(&opened, &key, &negated));
    opened.bytes[0] ^= 1;
    ck_assert_mem_eq(&opened, &shared, sizeof(shared));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("dleq");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, accepts_the_shared_point_from_either_side);
    tcase_add_test(tests, refuses_another_point_message_or_base);
    tcase_add_test(tests, refuses_every_changed_byte);
    tcase_add_test(tests, refuses_what_is_no_point_or_scalar);
    tcase_add_test(tests, draws_another_nonce_for_every_statement);
    tcase_add_test(tests, a_copied_key_would_open_the_victims_point);
    return check_run("dleq", tests);
}
