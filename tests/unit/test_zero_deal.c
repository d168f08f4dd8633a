#include "crypto/zero_deal.h"

#include "tests/lib/check_run.h"

static struct share_round common_round;
static struct secret_key keys[SHAMIR_SERVERS_MAX];
static struct zero_deal deal;
static struct buffer bytes;
static const uint8_t seed[XOF_SEED_SIZE] = {7};

static void start(unsigned server_count, unsigned degree)
{
    uint64_t state = server_count;
    common_round = (struct share_round){
        .dimension = 64, .server_count = (uint8_t)server_count, .degree = (uint8_t)degree};
    check_random_fill(&state, common_round.context.bytes, 32);
    for (unsigned j = 0; j < server_count; j++) {
        uint8_t random32[32] = {1, (uint8_t)j};
        ck_assert(secret_key_init(&keys[j], random32));
        point_of(&common_round.servers[j], &keys[j]);
    }
}

/* Server `server` deals with `about`, and what is on the chain is in `deal`. */
static void make_with(const struct share_round *about, unsigned server, uint32_t active)
{
    struct share_commitment commitment;
    struct hash root;
    deal = (struct zero_deal){.round = about, .active = active, .server = server};
    public_key_of(&deal.dealer, &keys[server - 1]);
    buffer_clear(&bytes);
    zero_deal_make(&bytes, &commitment, &deal, seed, seed);
    deal.round = &common_round;
    deal.ephemeral = commitment.ephemeral;
    deal.keys = buffer_bytes(&bytes);
    zero_deal_root(&root, deal.keys);
    ck_assert(hash_equal(&root, &commitment.root));
    ck_assert(share_commitment_valid(&commitment, &common_round.context, &deal.dealer));
    ck_assert_uint_eq(bytes.size, zero_deal_size(&common_round, server, active));
}

static void make(unsigned server, uint32_t active)
{
    make_with(&common_round, server, active);
}

static void stop(void)
{
    buffer_close(&bytes);
}

/* Every server outside a set has its key, no server of it, and all the same. */
START_TEST(deals_each_key_to_the_servers_outside_its_set)
{
    static const unsigned profiles[][3] = {{4, 1, 0xf}, {5, 1, 0x1e}, {7, 2, 0x7b}, {10, 3, 0x3ff}};
    const unsigned *profile = profiles[_i];
    static const uint8_t none[XOF_SEED_SIZE];
    unsigned covered = 0;
    start(profile[0], profile[1]);
    uint32_t dealers = zero_sharing_dealers(profile[0], profile[1], profile[2]);
    for (unsigned server = 1; server <= profile[0]; server++) {
        if (!shamir_set_has(dealers, server)) {
            ck_assert_uint_eq(zero_deal_size(&common_round, server, profile[2]), 0);
            continue;
        }
        make(server, profile[2]);
        for (unsigned member = 1; member <= profile[0]; member++) {
            struct zero_sharing sharing;
            uint32_t wrong = 1;
            zero_sharing_init(&sharing, profile[0], profile[1]);
            ck_assert(zero_deal_open(&sharing, &wrong, &deal, member, &keys[member - 1]));
            ck_assert_uint_eq(wrong, 0);
            for (unsigned i = 0; i < sharing.count; i++) {
                uint8_t key[XOF_SEED_SIZE];
                bool has = zero_deal_concerns(&deal, sharing.sets[i], member);
                zero_deal_key(key, &common_round.context, seed, sharing.sets[i]);
                ck_assert_mem_eq(sharing.keys[i], has ? key : none, XOF_SEED_SIZE);
                ck_assert(!has || !shamir_set_has(sharing.sets[i], member));
                covered += has && member == profile[0] ? 1 : 0;
            }
        }
    }
    /* The last server is no dealer, and has all keys but those of its own sets. */
    struct zero_sharing all;
    zero_sharing_init(&all, profile[0] - 1, profile[1]);
    ck_assert_uint_eq(covered, all.count);
}
END_TEST

START_TEST(the_same_seed_deals_the_same)
{
    start(4, 1);
    make(1, 0xf);
    struct buffer first = bytes;
    struct public_key ephemeral = deal.ephemeral;
    bytes = (struct buffer){0};
    make(1, 0xf);
    ck_assert(bytes_equal(buffer_bytes(&first), buffer_bytes(&bytes)));
    ck_assert_mem_eq(&ephemeral, &deal.ephemeral, 32);
    buffer_close(&first);
}
END_TEST

static enum zero_deal_verdict judge(uint32_t set, unsigned member, unsigned damage)
{
    struct zero_deal_opening opening = {.set = set, .member = member};
    ck_assert(zero_deal_show(&opening, &deal, &keys[member - 1], seed));
    opening.proof.challenge[3] ^= (uint8_t)damage;
    return zero_deal_judge(&deal, &opening);
}

/* A dealer gives server 3 of four other bytes than the keys it committed to. */
START_TEST(who_was_dealt_a_false_key_can_show_it)
{
    struct zero_sharing sharing;
    uint32_t wrong = 0;
    start(4, 1);
    struct share_round other = common_round;
    other.servers[2] = common_round.servers[3];
    make_with(&other, 1, 0xf);
    zero_sharing_init(&sharing, 4, 1);
    ck_assert(zero_deal_open(&sharing, &wrong, &deal, 2, &keys[1]));
    ck_assert_uint_eq(wrong, 0);
    ck_assert(zero_deal_open(&sharing, &wrong, &deal, 3, &keys[2]));
    ck_assert_uint_eq(wrong, 2); /* the set of server 2: the first that 3 is outside of */
    ck_assert_int_eq(judge(2, 3, 0), ZERO_DEAL_WRONG);
    ck_assert_int_eq(judge(8, 3, 0), ZERO_DEAL_WRONG);
    ck_assert_int_eq(judge(2, 3, 1), ZERO_DEAL_PROOF);
    ck_assert_int_eq(judge(8, 2, 0), ZERO_DEAL_RIGHT); /* whoever got the right one cannot */
    ck_assert_int_eq(judge(2, 4, 0), ZERO_DEAL_RIGHT);
}
END_TEST

/* D of another pair, with a proof that is right about it. */
START_TEST(nobody_can_show_anothers_point)
{
    struct zero_deal_opening opening = {.set = 2, .member = 3};
    start(4, 1);
    make(1, 0xf);
    ck_assert(zero_deal_show(&opening, &deal, &keys[3], seed));
    ck_assert_int_eq(zero_deal_judge(&deal, &opening), ZERO_DEAL_PROOF);
}
END_TEST

START_TEST(a_dealing_concerns_members_of_its_sets_only)
{
    start(4, 1);
    make(1, 0xf);
    ck_assert(zero_deal_concerns(&deal, 2, 3));
    ck_assert(!zero_deal_concerns(&deal, 2, 2)); /* of the set */
    ck_assert(!zero_deal_concerns(&deal, 2, 1)); /* the dealer */
    ck_assert(!zero_deal_concerns(&deal, 1, 3)); /* another's set */
    ck_assert(!zero_deal_concerns(&deal, 6, 4)); /* two servers */
    ck_assert(!zero_deal_concerns(&deal, 0, 4));
    ck_assert(!zero_deal_concerns(&deal, 16, 4));
    ck_assert(!zero_deal_concerns(&deal, 2, 5));
    ck_assert(!zero_deal_concerns(&deal, 2, 0));
}
END_TEST

/* Without the sets of a proven liar the masks are sharings of zero still, and not nothing. */
START_TEST(sets_of_a_proven_liar_are_left_out)
{
    struct shamir_values values = {0};
    const struct zero_sharing_pair pair = {.second = 1};
    start(4, 1);
    for (unsigned member = 2; member <= 4; member++) {
        struct zero_sharing sharing;
        uint32_t wrong = 0;
        zero_sharing_init(&sharing, 4, 1);
        make(2, 0xf);
        ck_assert(zero_deal_open(&sharing, &wrong, &deal, member, &keys[member - 1]));
        if (member == 2) {
            zero_deal_key(sharing.keys[0], &common_round.context, seed, 1);
        }
        zero_sharing_skip(&sharing, 0xf, 1);
        ck_assert(!sharing.skipped[0] && sharing.skipped[1] && sharing.skipped[3]);
        uint64_t value = zero_sharing_value(&sharing, member, &pair);
        ck_assert_uint_ne(value, 0);
        shamir_values_set(&values, member, field_ext_of(value));
    }
    ck_assert(field_ext_equal(shamir_interpolate(&values, 0xe, 2, 0), field_ext_of(0)));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("zero_deal");
    tcase_add_checked_fixture(tests, NULL, stop);
    tcase_add_loop_test(tests, deals_each_key_to_the_servers_outside_its_set, 0, 4);
    tcase_add_test(tests, the_same_seed_deals_the_same);
    tcase_add_test(tests, who_was_dealt_a_false_key_can_show_it);
    tcase_add_test(tests, nobody_can_show_anothers_point);
    tcase_add_test(tests, a_dealing_concerns_members_of_its_sets_only);
    tcase_add_test(tests, sets_of_a_proven_liar_are_left_out);
    return check_run("zero_deal", tests);
}
