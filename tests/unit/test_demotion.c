#include "consensus/demotion.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"

static struct committee committee;
static struct demotions demotions;

static void setup(void)
{
    committee_init(&committee, 7);
    demotions = (struct demotions){0};
}

static const uint8_t nobody[VALIDATORS_MASK_SIZE];
static const uint8_t all_but_5[VALIDATORS_MASK_SIZE] = {0x5f};
static const uint8_t all_but_5_and_6[VALIDATORS_MASK_SIZE] = {0x1f};

/* Block `height` shows that the one before was decided in `round` by these, in a set that stays. */
static void shows_signed(uint64_t height, uint32_t round, const uint8_t *signers)
{
    const struct validators *set = &committee.validators;
    demotions_update(&demotions, &(struct demotion_evidence){.height = height,
                                                             .round = round,
                                                             .signers = signers,
                                                             .last = set,
                                                             .set = set,
                                                             .coming = set});
}

/* Where nobody is demoted that signed, it does not matter who did. */
static void shows(uint64_t height, uint32_t round)
{
    shows_signed(height, round, nobody);
}

static bool is_demoted(uint32_t index, uint64_t height)
{
    uint8_t mask[VALIDATORS_MASK_SIZE];
    demotions_mask(mask, &demotions, &committee.validators, height);
    return validators_masked(mask, index);
}

static uint32_t leader(uint64_t height, uint32_t round)
{
    uint8_t mask[VALIDATORS_MASK_SIZE];
    demotions_mask(mask, &demotions, &committee.validators, height);
    return validators_leader(&committee.validators, mask, height, round);
}

START_TEST(who_failed_does_not_lead_for_a_term)
{
    shows(5, 1); /* 4 leads height 4 */
    ck_assert_uint_eq(demotion_term(7, 1), 14);
    ck_assert(!is_demoted(4, 6));
    ck_assert(is_demoted(4, 7));
    ck_assert(is_demoted(4, 20));
    ck_assert(!is_demoted(4, 21));
    for (uint64_t height = 7; height < 21; height++) {
        for (uint32_t round = 0; round < 6; round++) {
            ck_assert_uint_ne(leader(height, round), 4);
        }
    }
    ck_assert_uint_eq(leader(25, 0), 4);
}
END_TEST

START_TEST(round_0_demotes_nobody)
{
    for (uint64_t height = 2; height < 30; height++) {
        shows(height, 0);
    }
    ck_assert_uint_eq(demotions.count, 0);
}
END_TEST

START_TEST(terms_double_and_are_bounded)
{
    uint64_t height = 4;
    for (uint32_t failures = 1; failures <= DEMOTION_FAILURES_MAX + 2; failures++) {
        ck_assert_uint_eq(leader(height, 0), 4);
        shows(height + 1, 1);
        uint32_t counted = failures < DEMOTION_FAILURES_MAX ? failures : DEMOTION_FAILURES_MAX;
        const struct demotion *demotion =
            demotions_find(&demotions, &committee.validators.list[4].key);
        ck_assert_uint_eq(demotion->failures, counted);
        ck_assert_uint_eq(demotion->until, height + 3 + ((uint64_t)7 << counted));
        height = (demotion->until / 7 + 1) * 7 + 4;
    }
    ck_assert_uint_eq(demotions.count, 1);
}
END_TEST

START_TEST(who_fails_before_its_term_begins_fails_once)
{
    shows(5, 1); /* 4 failed at height 4 */
    shows(6, 7); /* 5, 6, 0, 1, 2, 3 and 4 again failed at height 5 */
    const struct demotion *demotion = demotions_find(&demotions, &committee.validators.list[4].key);
    ck_assert_uint_eq(demotion->failures, 1);
    ck_assert_uint_eq(demotion->from, 7);
}
END_TEST

/* However bad the network was, two of seven lose their turns. */
START_TEST(never_more_than_f_are_demoted)
{
    shows(5, 6);
    shows(6, UINT32_MAX);
    uint32_t count = 0;
    for (uint32_t i = 0; i < 7; i++) {
        count += is_demoted(i, 10) ? 1 : 0;
    }
    ck_assert_uint_eq(count, 2);
    ck_assert(is_demoted(4, 10));
    ck_assert(is_demoted(5, 10));
    ck_assert_uint_eq(demotions.count, 2);
}
END_TEST

START_TEST(a_set_that_bears_no_faults_demotes_nobody)
{
    committee.validators.count = 3;
    shows(5, 2);
    ck_assert_uint_eq(demotions.count, 0);
}
END_TEST

START_TEST(who_leads_a_block_after_its_term_is_cleared)
{
    shows(5, 1);
    shows(26, 0); /* 4 led height 25 */
    ck_assert_uint_eq(demotions.count, 0);
}
END_TEST

/* Its own success between the failure and the term does not undo the failure. */
START_TEST(who_leads_a_block_before_its_term_is_not_cleared)
{
    shows(5, 1);
    shows(6, 6); /* height 5 was decided in round 6, which 4 leads */
    ck_assert_ptr_nonnull(demotions_find(&demotions, &committee.validators.list[4].key));
}
END_TEST

START_TEST(who_is_jailed_takes_no_place_of_others)
{
    shows(5, 1);
    shows(6, 1);
    committee.validators.list[4].jailed = true;
    ck_assert(!is_demoted(4, 8));
    shows(7, 1);
    ck_assert_uint_eq(demotions.count, 3);
    ck_assert(is_demoted(5, 9));
    ck_assert(is_demoted(6, 9) || is_demoted(0, 9));
}
END_TEST

/* ---- Who is alive gives way to who has no place. */

/* Of seven two are demoted: 0 from height 703 on for 14 heights, and 1 from 704 on for 112, its third term. */
static void demote_two(void)
{
    demotions.count = 2;
    demotions.list[0] = (struct demotion){
        .key = committee.validators.list[1].key, .failures = 3, .from = 704, .until = 816};
    demotions.list[1] = (struct demotion){
        .key = committee.validators.list[0].key, .failures = 1, .from = 703, .until = 717};
}

static const struct demotion *entry(uint32_t index)
{
    return demotions_find(&demotions, &committee.validators.list[index].key);
}

/* The first height from `height` on where this one leads round 0. */
static uint64_t turn(uint32_t index, uint64_t height)
{
    while (leader(height, 0) != index) {
        height++;
    }
    return height;
}

START_TEST(who_is_dead_takes_the_place_of_who_is_alive)
{
    demote_two();
    uint64_t failed = turn(5, 705);
    shows_signed(failed + 1, 1, all_but_5);
    ck_assert(is_demoted(5, failed + 3));
    ck_assert(!is_demoted(0, failed + 3)); /* it was demoted before 1 */
    ck_assert(is_demoted(0, failed + 2));
    ck_assert(is_demoted(1, failed + 3));
    ck_assert_uint_eq(entry(0)->until, failed + 3);
    ck_assert_uint_eq(entry(0)->failures, 0);
    ck_assert_uint_eq(entry(5)->until, failed + 3 + 14);
}
END_TEST

START_TEST(who_did_not_sign_gives_way_to_nobody)
{
    static const uint8_t all_but_0_and_5[VALIDATORS_MASK_SIZE] = {0x5e};
    demote_two();
    uint64_t failed = turn(5, 705);
    shows_signed(failed + 1, 1, all_but_0_and_5);
    ck_assert(is_demoted(0, failed + 3));
    ck_assert(!is_demoted(1, failed + 3));
    ck_assert(is_demoted(5, failed + 3));
    ck_assert_uint_eq(entry(1)->failures, 2);
}
END_TEST

START_TEST(who_fails_alone_releases_no_dead_one)
{
    demote_two();
    demotions.list[0].key = committee.validators.list[5].key;
    demotions.list[1].key = committee.validators.list[6].key;
    struct demotions before = demotions;
    uint64_t failed = turn(2, 705);
    shows_signed(failed + 1, 1, all_but_5_and_6);
    ck_assert_mem_eq(&before, &demotions, sizeof(before));
}
END_TEST

/* Who is released leads, and so is as if it had never failed. */
START_TEST(who_is_released_and_leads_is_cleared)
{
    demote_two();
    uint64_t failed = turn(5, 705);
    shows_signed(failed + 1, 1, all_but_5);
    uint64_t led = turn(0, failed + 3);
    shows_signed(led + 1, 0, all_but_5);
    ck_assert_ptr_null(entry(0));
    ck_assert_ptr_nonnull(entry(5));
}
END_TEST

/* A term that is cut short does not make the next one longer. */
START_TEST(who_is_released_and_fails_has_the_same_term_again)
{
    demote_two();
    demotions.list[1].failures = 3;
    uint64_t failed = turn(5, 705);
    shows_signed(failed + 1, 1, all_but_5);
    uint64_t again = turn(0, failed + 3);
    shows_signed(again + 1, 1, all_but_5);
    ck_assert_uint_eq(entry(0)->failures, 3);
    ck_assert_uint_eq(entry(0)->until, again + 3 + demotion_term(7, 3));
    ck_assert(is_demoted(0, again + 3));
    ck_assert(!is_demoted(1, again + 3));
    ck_assert(is_demoted(5, again + 3));
}
END_TEST

/* Two that are healthy hold both places, and two die: each costs one turn before it is demoted. */
START_TEST(f_dead_take_f_places_at_their_first_turn)
{
    static const uint8_t all_but_3_and_5[VALIDATORS_MASK_SIZE] = {0x57};
    demote_two();
    uint32_t failures = 0;
    uint64_t height = 705;
    while (!is_demoted(3, height) || !is_demoted(5, height)) {
        uint32_t round = 0;
        while (leader(height, round) == 3 || leader(height, round) == 5) {
            round++;
        }
        failures += round;
        shows_signed(++height, round, all_but_3_and_5);
    }
    ck_assert_uint_eq(failures, 2);
    ck_assert_uint_le(height, 705 + 7 + DEMOTION_DELAY);
}
END_TEST

/* A faulty one may sign, fail and take places as it likes: the place of an honest one is the oldest soon,
 * and then there is one for each faulty one. */
START_TEST(f_that_sign_and_fail_release_each_other_f_times_at_most)
{
    static const uint8_t all[VALIDATORS_MASK_SIZE] = {0x7f};
    demote_two();
    demotions.list[0].key = committee.validators.list[6].key; /* faulty, and 0 is honest */
    demotions.list[1].from = 704;
    demotions.list[0].from = 703;
    demotions.list[1].until = 5000;
    uint32_t failures = 0;
    uint64_t height = 705;
    while (height < 705 + 28) {
        uint32_t round = 0;
        while (leader(height, round) >= 5) {
            round++;
        }
        failures += round;
        shows_signed(++height, round, all);
        if (is_demoted(5, height + 2) && is_demoted(6, height + 2)) {
            break;
        }
    }
    ck_assert_uint_eq(failures, 2);
    ck_assert(!is_demoted(0, height + 2));
}
END_TEST

/* The set shrinks, so that one may be demoted: a healthy one is, and the dead one beside it is cut. */
START_TEST(who_is_cut_by_the_bound_takes_a_place_by_failing)
{
    static const uint8_t first_five[VALIDATORS_MASK_SIZE] = {0x1f};
    committee.validators.count = 6;
    demote_two();
    demotions.list[1].key = committee.validators.list[5].key;
    demotions.list[1].until = 1000;
    ck_assert(is_demoted(1, 710));
    ck_assert(!is_demoted(5, 710));
    uint64_t failed = turn(5, 705);
    shows_signed(failed + 1, 1, first_five);
    ck_assert(!is_demoted(1, failed + 3));
    ck_assert(is_demoted(5, failed + 3));
    ck_assert_uint_eq(entry(5)->failures, 1);
}
END_TEST

START_TEST(who_is_jailed_meanwhile_makes_nobody_give_way)
{
    demote_two();
    struct validators coming = committee.validators;
    struct demotions before = demotions;
    uint64_t failed = turn(5, 705);
    coming.list[5].jailed = true;
    demotions_update(&demotions, &(struct demotion_evidence){.height = failed + 1,
                                                             .round = 1,
                                                             .signers = all_but_5,
                                                             .last = &committee.validators,
                                                             .set = &committee.validators,
                                                             .coming = &coming});
    ck_assert_mem_eq(&before, &demotions, sizeof(before));
}
END_TEST

/* ---- f + 1 lead. */

static uint32_t leader_count(const struct demotions *list, const struct validators *set,
                             uint64_t height)
{
    uint8_t mask[VALIDATORS_MASK_SIZE];
    bool leads[VALIDATORS_MAX] = {false};
    uint32_t count = 0;
    demotions_mask(mask, list, set, height);
    for (uint32_t round = 0; round < set->count; round++) {
        uint32_t leader = validators_leader(set, mask, height, round);
        count += leads[leader] ? 0 : 1;
        leads[leader] = true;
    }
    return count;
}

/* Found by souk-sim --seed 476: two were jailed and one demoted of four, and the fourth was mute. */
START_TEST(f_plus_one_lead_whoever_is_jailed)
{
    shows(5, 2);
    ck_assert(is_demoted(4, 9) && is_demoted(5, 9));
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(leader_count(&demotions, &committee.validators, 9), 5 - i);
        committee.validators.list[i].jailed = true;
    }
    ck_assert_uint_eq(leader_count(&demotions, &committee.validators, 9), 3);
    ck_assert(!is_demoted(5, 9)); /* four may lead, so one at most is demoted */
    committee.validators.list[3].jailed = true;
    ck_assert_uint_eq(leader_count(&demotions, &committee.validators, 9), 3);
    ck_assert(!is_demoted(4, 9));
    committee.validators.list[6].jailed = true; /* two are left, who may both be faulty */
    ck_assert_uint_eq(leader_count(&demotions, &committee.validators, 9), 5);
    ck_assert(is_demoted(4, 9) && is_demoted(5, 9));
}
END_TEST

START_TEST(demotion_follows_the_key_and_ends_when_it_leaves)
{
    struct validators moved = committee.validators;
    struct validators left = committee.validators;
    shows(5, 1);
    moved.list[0] = committee.validators.list[4];
    moved.list[4] = committee.validators.list[0];
    uint8_t mask[VALIDATORS_MASK_SIZE];
    demotions_mask(mask, &demotions, &moved, 8);
    ck_assert(validators_masked(mask, 0));
    ck_assert(!validators_masked(mask, 4));
    left.list[4] = left.list[6];
    left.count = 6;
    struct demotion_evidence evidence = {.height = 9,
                                         .signers = nobody,
                                         .last = &committee.validators,
                                         .set = &committee.validators,
                                         .coming = &left};
    demotions_update(&demotions, &evidence);
    ck_assert_uint_eq(demotions.count, 1);
    evidence.height = 10;
    evidence.set = &left;
    demotions_update(&demotions, &evidence);
    ck_assert_uint_eq(demotions.count, 0);
}
END_TEST

START_TEST(the_hash_covers_the_list)
{
    struct hash before;
    struct hash after;
    demotions_hash(&before, &demotions);
    shows(5, 1);
    demotions_hash(&after, &demotions);
    ck_assert(!hash_equal(&before, &after));
    demotions.list[0].until++;
    demotions_hash(&before, &demotions);
    ck_assert(!hash_equal(&before, &after));
}
END_TEST

/* ---- Whatever happens, all that know a height agree on who is demoted there. */

enum { HISTORY = 400 };

static uint64_t chance;

static uint32_t below(uint32_t bound)
{
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(chance >> 33) % bound;
}

/* A set of four to ten of twelve validators, some of them jailed. */
static void make_set(struct validators *out)
{
    uint32_t first = below(12);
    uint32_t often = below(8);
    *out = (struct validators){.count = 4 + below(7)};
    for (uint32_t i = 0; i < out->count; i++) {
        out->list[i] = committee.validators.list[(first + i) % 12];
        out->list[i].jailed = below(8) < often;
    }
}

static void check_agreed(const struct demotions *lists, const struct validators *set,
                         uint64_t height)
{
    uint8_t mask[3][VALIDATORS_MASK_SIZE];
    uint32_t demoted = 0;
    for (uint64_t i = 0; i < 3; i++) {
        demotions_mask(mask[i], &lists[height - 2 + i], set, height);
    }
    ck_assert_mem_eq(mask[0], mask[1], VALIDATORS_MASK_SIZE);
    ck_assert_mem_eq(mask[0], mask[2], VALIDATORS_MASK_SIZE);
    for (uint32_t i = 0; i < set->count; i++) {
        demoted += validators_masked(mask[0], i) ? 1 : 0;
    }
    ck_assert_uint_le(demoted, validators_fault_count(set->count));
    ck_assert_uint_gt(leader_count(&lists[height], set, height),
                      validators_fault_count(set->count));
}

START_TEST(lists_of_three_blocks_agree_on_a_height)
{
    static struct demotions lists[HISTORY];
    static struct validators sets[HISTORY + 1];
    uint64_t entries = 0;
    committee_init(&committee, 12);
    chance = (uint64_t)_i;
    make_set(&sets[0]);
    for (uint64_t height = 1; height <= HISTORY; height++) {
        sets[height] = sets[height - 1];
        if (below(6) == 0) {
            make_set(&sets[height]);
        }
    }
    for (uint64_t height = 2; height < HISTORY; height++) {
        const uint8_t signers[VALIDATORS_MASK_SIZE] = {(uint8_t)below(256), (uint8_t)below(256)};
        lists[height] = lists[height - 1];
        demotions_update(&lists[height],
                         &(struct demotion_evidence){.height = height,
                                                     .round = below(3) == 0 ? below(5) : 0,
                                                     .signers = signers,
                                                     .last = &sets[height - 1],
                                                     .set = &sets[height],
                                                     .coming = &sets[height + 1]});
        check_agreed(lists, &sets[height], height);
        entries += lists[height].count;
    }
    ck_assert_uint_gt(entries, HISTORY / 4);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("demotion");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, who_failed_does_not_lead_for_a_term);
    tcase_add_test(tests, round_0_demotes_nobody);
    tcase_add_test(tests, terms_double_and_are_bounded);
    tcase_add_test(tests, who_fails_before_its_term_begins_fails_once);
    tcase_add_test(tests, never_more_than_f_are_demoted);
    tcase_add_test(tests, a_set_that_bears_no_faults_demotes_nobody);
    tcase_add_test(tests, who_leads_a_block_after_its_term_is_cleared);
    tcase_add_test(tests, who_leads_a_block_before_its_term_is_not_cleared);
    tcase_add_test(tests, who_is_jailed_takes_no_place_of_others);
    tcase_add_test(tests, who_is_dead_takes_the_place_of_who_is_alive);
    tcase_add_test(tests, who_did_not_sign_gives_way_to_nobody);
    tcase_add_test(tests, who_fails_alone_releases_no_dead_one);
    tcase_add_test(tests, who_is_released_and_leads_is_cleared);
    tcase_add_test(tests, who_is_released_and_fails_has_the_same_term_again);
    tcase_add_test(tests, f_dead_take_f_places_at_their_first_turn);
    tcase_add_test(tests, f_that_sign_and_fail_release_each_other_f_times_at_most);
    tcase_add_test(tests, who_is_cut_by_the_bound_takes_a_place_by_failing);
    tcase_add_test(tests, who_is_jailed_meanwhile_makes_nobody_give_way);
    tcase_add_test(tests, f_plus_one_lead_whoever_is_jailed);
    tcase_add_test(tests, demotion_follows_the_key_and_ends_when_it_leaves);
    tcase_add_test(tests, the_hash_covers_the_list);
    tcase_add_loop_test(tests, lists_of_three_blocks_agree_on_a_height, 0, 40);
    return check_run("demotion", tests);
}
