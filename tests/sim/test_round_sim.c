/* Rounds with Byzantine servers and owners, simulated from a seed: at most t servers lie, are silent or
 * crash at any step, any owners lie, alone and together; everybody else follows the protocol. Then
 *
 *   - the round ends by its last deadline;
 *   - a settled sum is that of the vectors of the paid owners (the fixture compares), and no vector
 *     above the bound and no owner with inconsistent shares among Q's is paid;
 *   - whom multi-Krum took is whom it takes by the true distances of the sketches, and nobody else is dropped;
 *   - no honest owner loses its place or its stake, no honest server any stake;
 *   - money is conserved (the fixture compares after each block).
 *
 * The cryptography is real. SEEDS in the environment is how many, FIRST the first of them. */
#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include "crypto/projection.h"
#include "crypto/selection.h"

#include <stdio.h>
#include <string.h>

#define SEEDS 300

enum habit { HABIT_HONEST, HABIT_SILENT, HABIT_LIAR, HABIT_COUNT };

struct person {
    bool honest;
    bool crashed;
};

struct owner_plan {
    struct person person;
    bool commits;
    bool proves;
    enum owner_fault fault;
    uint32_t undelivered; /* servers that got nothing */
    uint32_t published;   /* servers for which it published */
};

struct world {
    uint64_t random;
    struct market_fixture chain;
    struct round_fixture party;
    struct model_terms terms;
    struct person servers[MARKET_SERVERS_MAX];
    struct owner_plan owners[ROUND_FIXTURE_OWNERS];
    unsigned owner_count;
    bool pad_honest;                     /* the model owner follows the protocol */
    bool expected[ROUND_FIXTURE_OWNERS]; /* taken by multi-Krum, as the vectors say */
    bool selected;                       /* the chain has done it */
};

static unsigned ended[2]; /* settled, aborted */
static unsigned slashed_owners;
static unsigned convicted_servers;
static unsigned convicted_dealers;
static unsigned selection_counts[2]; /* by multi-Krum; without, as values did not decode */

static uint64_t below(struct world *world, uint64_t bound)
{
    assert(bound > 0);
    return check_random(&world->random) % bound;
}

static bool one_in(struct world *world, uint64_t n)
{
    return below(world, n) == 0;
}

/* What a party that need not be honest does at this step. */
static enum habit habit_of(struct world *world, struct person *person)
{
    if (person->honest) {
        return HABIT_HONEST;
    }
    person->crashed = person->crashed || one_in(world, 20);
    return person->crashed ? HABIT_SILENT : (enum habit)below(world, HABIT_COUNT);
}

static struct round record_of(const struct world *world)
{
    return round_fixture_record(&world->party);
}

/* ---- Who takes part */

static void choose_servers(struct world *world)
{
    static const struct {
        uint8_t servers;
        uint8_t threshold;
    } profiles[] = {{4, 1}, {4, 1}, {3, 1}, {5, 1}, {7, 2}, {6, 2}};
    size_t profile = below(world, ARRAY_COUNT(profiles));
    world->terms.threshold = profiles[profile].threshold;
    world->terms.server_count = profiles[profile].servers;
    for (unsigned i = 0; i < world->terms.server_count; i++) {
        world->servers[i].honest = true;
        world->terms.servers[i] = *fixture_address(&world->chain, FIXTURE_SERVER_1 + (int)i);
    }
    unsigned bad = (unsigned)below(world, world->terms.threshold + 1U);
    for (unsigned i = 0; i < bad; i++) {
        world->servers[below(world, world->terms.server_count)].honest = false;
    }
}

static void choose_owner(struct world *world, struct owner_plan *plan)
{
    *plan = (struct owner_plan){
        .person = {.honest = !one_in(world, 3)}, .commits = true, .proves = true};
    if (plan->person.honest) {
        return;
    }
    plan->commits = !one_in(world, 8);
    plan->proves = !one_in(world, 8);
    plan->fault = (enum owner_fault)below(world, 3);
    if (one_in(world, 3)) {
        plan->undelivered = (uint32_t)check_random(&world->random);
    }
}

/* Enough servers, elements and owners for multi-Krum. */
static void choose_pairs(struct world *world)
{
    struct model_terms *terms = &world->terms;
    while (terms->server_count < 3U * terms->threshold + 1U) {
        unsigned next = terms->server_count++;
        world->servers[next].honest = true;
        terms->servers[next] = *fixture_address(&world->chain, FIXTURE_SERVER_1 + (int)next);
    }
    terms->dimension = 64 * 82;
    terms->select_rule = SELECT_KRUM;
    terms->krum_count = 3;
    terms->krum_faults = (uint16_t)below(world, 2);
}

static void choose_modes(struct world *world)
{
    static const uint32_t modes[] = {0,
                                     0,
                                     MODE_PAD,
                                     MODE_SCORE,
                                     MODE_PAD | MODE_DISTANCE,
                                     MODE_CREDIT,
                                     MODE_SCORE | MODE_VALUES_ABORT,
                                     MODE_PAIRS,
                                     MODE_PAIRS,
                                     MODE_PAIRS | MODE_SCORE | MODE_PAD,
                                     MODE_PAIRS | MODE_VALUES_ABORT};
    world->terms.modes = modes[below(world, ARRAY_COUNT(modes))];
    if ((world->terms.modes & MODE_PAIRS) != 0) {
        choose_pairs(world);
    }
    if ((world->terms.modes & (MODE_SCORE | MODE_DISTANCE)) != 0) {
        round_fixture_use_reference(&world->terms);
    }
    if ((world->terms.modes & MODE_CREDIT) != 0) {
        world->terms.reward_rule = REWARD_CREDIT;
    }
    world->pad_honest = !one_in(world, 3);
    if (one_in(world, 3)) {
        world->terms.publish_cap = 40000; /* two ciphertexts */
    }
}

static void begin(struct world *world, uint64_t seed)
{
    memset(world, 0, sizeof(*world));
    world->random = seed;
    market_fixture_init(&world->chain);
    world->chain.check_bodies = false;
    for (unsigned server = 1; server <= 7; server++) {
        fixture_register(&world->chain, server);
    }
    fixture_block(&world->chain);
    world->chain.gas_price = 1;
    fixture_terms(&world->chain, &world->terms);
    world->terms.rounds = 1;
    choose_servers(world);
    choose_modes(world);
    unsigned least = (world->terms.modes & MODE_PAIRS) != 0 ? 6 : 3;
    world->owner_count = least + (unsigned)below(world, 5);
    for (unsigned i = 0; i < world->owner_count; i++) {
        choose_owner(world, &world->owners[i]);
    }
    round_fixture_open_only(&world->party, &world->chain, &world->terms);
}

/* ---- What owners do */

static void enter(struct world *world)
{
    if (world->party.joined > 0) {
        return;
    }
    for (unsigned i = 0; i < world->owner_count; i++) {
        round_fixture_join(&world->party, i);
        if (world->owners[i].commits) {
            round_fixture_make(&world->party, i, world->owners[i].fault);
            round_fixture_commit(&world->party, i);
        }
    }
}

static void prove(struct world *world)
{
    for (unsigned i = 0; i < world->owner_count; i++) {
        struct round_fixture_owner *owner = &world->party.owners[i];
        if (owner->committed && !owner->proved && world->owners[i].proves) {
            round_fixture_prove(&world->party, i);
        }
    }
}

static bool holds(const struct world *world, unsigned owner, unsigned server)
{
    return server <= world->terms.threshold ||
           (world->owners[owner].undelivered >> (server - 1) & 1) == 0;
}

static bool acknowledged(const struct world *world, unsigned owner, unsigned server)
{
    struct market_key key;
    struct bytes bitmap;
    uint16_t seat = world->party.owners[owner].seat;
    key_ack(&key, world->party.model, world->party.number, (uint8_t)server);
    return server <= world->terms.threshold ||
           (state_get(world->chain.state, key_bytes(&key), &bitmap) &&
            (bitmap.data[seat / 8] >> (seat % 8) & 1) != 0);
}

static void publish(struct world *world)
{
    uint16_t active = record_of(world).active;
    for (unsigned i = 0; i < world->owner_count; i++) {
        for (unsigned server = 1; server <= world->terms.server_count; server++) {
            if (world->party.owners[i].proved && shamir_set_has(active, server) &&
                !acknowledged(world, i, server) &&
                habit_of(world, &world->owners[i].person) == HABIT_HONEST) {
                round_fixture_publish(&world->party, i, server);
                world->owners[i].published |= shamir_set_of(server);
            }
        }
    }
}

/* A false claim: what a polynomial through the first shares would be, or a value off by one. */
static void claim_falsely(struct world *world, unsigned owner)
{
    struct round_fixture_owner *self = &world->party.owners[owner];
    struct field_ext kept[MARKET_SERVERS_MAX];
    struct shamir_values values = {0};
    unsigned degree = world->terms.threshold;
    unsigned last = world->terms.server_count;
    for (unsigned server = 1; server <= last; server++) {
        shamir_values_set(&values, server, round_fixture_value(&world->party, owner, server));
    }
    memcpy(kept, self->e, sizeof(kept));
    if (one_in(world, 2)) {
        self->e[last - 1] = shamir_interpolate(&values, (1U << (degree + 1)) - 1, degree, last);
    } else {
        unsigned server = (unsigned)below(world, last);
        self->e[server] = field_ext_add(self->e[server], field_ext_of(1));
    }
    round_fixture_claim(&world->party, owner);
    memcpy(self->e, kept, sizeof(kept));
}

static struct person *person_of(struct world *world, unsigned owner)
{
    static struct person model_owner;
    model_owner = (struct person){.honest = world->pad_honest};
    return owner == ROUND_FIXTURE_PAD ? &model_owner : &world->owners[owner].person;
}

static void claim(struct world *world)
{
    for (unsigned i = 0; i <= ROUND_FIXTURE_PAD; i++) {
        struct dispute dispute;
        bool party = i == ROUND_FIXTURE_PAD || world->party.owners[i].proved;
        if (!party || !round_fixture_dispute(&world->party, i, &dispute) || dispute.named ||
            dispute.claimed) {
            continue;
        }
        enum habit habit = habit_of(world, person_of(world, i));
        if (habit == HABIT_HONEST) {
            round_fixture_claim(&world->party, i);
        } else if (habit == HABIT_LIAR) {
            claim_falsely(world, i);
        }
    }
}

static void justify_one(struct world *world, unsigned owner, unsigned server)
{
    if (habit_of(world, &world->servers[server - 1]) == HABIT_HONEST) {
        round_fixture_justify(&world->party, owner, server, false);
    }
    if (habit_of(world, person_of(world, owner)) == HABIT_HONEST) {
        round_fixture_justify(&world->party, owner, server, true);
    }
}

static void justify(struct world *world)
{
    uint16_t convicted = record_of(world).convicted;
    for (unsigned i = 0; i <= ROUND_FIXTURE_PAD; i++) {
        struct dispute dispute;
        bool party = i == ROUND_FIXTURE_PAD || world->party.owners[i].proved;
        if (!party || !round_fixture_dispute(&world->party, i, &dispute) || dispute.resolved) {
            continue;
        }
        for (unsigned server = 1; server <= world->terms.server_count; server++) {
            if (shamir_set_has(dispute.blamed & ~(uint32_t)convicted, server)) {
                justify_one(world, i, server);
            }
        }
    }
}

/* ---- What servers do */

static uint32_t withheld_from(struct world *world, unsigned server, enum habit habit)
{
    uint32_t withheld = 0;
    for (unsigned i = 0; i < world->owner_count; i++) {
        withheld |= holds(world, i, server) ? 0 : 1U << i;
    }
    if (habit == HABIT_LIAR) {
        withheld |= one_in(world, 2) ? 0xffff : (uint32_t)check_random(&world->random);
    }
    return withheld;
}

/* Lies about single owners are told in DECIDE and FALLBACK alike; a wrong total only once. */
static void decide(struct world *world, unsigned server, enum habit habit)
{
    if (habit == HABIT_LIAR && one_in(world, 2)) {
        world->party.wrong[NATIVE_BATCH_DECIDE] = true;
    } else if (habit == HABIT_LIAR) {
        world->party.lies[server - 1] = (uint32_t)check_random(&world->random);
    }
    round_fixture_decide(&world->party, server);
}

static void lead(struct world *world, unsigned server, enum habit habit)
{
    struct hash owners;
    struct buffer sum = {0};
    struct round record = record_of(world);
    bool turn = world->chain.block.height >= round_turn_height(&record, &world->terms, server);
    if (turn && record.posted == 0 && round_fixture_sum(&world->party, &owners, &sum)) {
        world->party.wrong[NATIVE_BATCH_AGGREGATE] = habit == HABIT_LIAR;
        round_fixture_aggregate(&world->party, server);
        world->party.wrong[NATIVE_BATCH_AGGREGATE] = false;
    }
    buffer_close(&sum);
}

/* A cheat gives false keys to any of the others; who is cheated refutes, unless it lies itself. */
static void deal(struct world *world, unsigned server, enum habit habit)
{
    uint32_t others = ((1U << world->terms.server_count) - 1) & ~shamir_set_of(server);
    world->party.cheat[server - 1] =
        habit == HABIT_LIAR ? (uint32_t)check_random(&world->random) & others : 0;
    round_fixture_deal(&world->party, server);
}

static void confirm(struct world *world, unsigned server, enum habit habit)
{
    struct round record = record_of(world);
    uint32_t dealers =
        zero_sharing_dealers(world->terms.server_count, world->terms.threshold, record.dealt) &
        record.active & ~shamir_set_of(server);
    if (habit == HABIT_LIAR && dealers != 0 && one_in(world, 2)) {
        /* Of a key that was right, as a rule. */
        round_fixture_refute(&world->party, server, shamir_set_first(dealers),
                             (uint32_t)below(world, 1U << world->terms.server_count));
        return;
    }
    round_fixture_ack(&world->party, server, 0);
}

static void act(struct world *world, unsigned server, enum round_phase phase)
{
    enum habit habit = habit_of(world, &world->servers[server - 1]);
    bool lie = habit == HABIT_LIAR;
    if (habit == HABIT_SILENT) {
        return;
    }
    if (phase == PHASE_PAD || phase == PHASE_ACK) {
        round_fixture_ack(&world->party, server, withheld_from(world, server, habit));
    } else if (phase == PHASE_DEAL) {
        deal(world, server, habit);
    } else if (phase == PHASE_CONFIRM) {
        confirm(world, server, habit);
    } else if (phase == PHASE_DECIDE) {
        decide(world, server, habit);
    } else if (phase == PHASE_FALLBACK) {
        world->party.wrong[NATIVE_BATCH_FALLBACK] = lie && one_in(world, 2);
        round_fixture_fallback(&world->party, server);
    } else if (phase == PHASE_VALUES || phase == PHASE_CREDITS) {
        world->party.wrong[NATIVE_BATCH_VALUES] = lie;
        round_fixture_values(&world->party, server);
    } else if (phase == PHASE_AGGREGATE) {
        lead(world, server, habit);
    } else if (phase == PHASE_CHECK) {
        world->party.wrong[NATIVE_BATCH_CHECK] = lie;
        round_fixture_check(&world->party, server);
    }
}

static void servers_act(struct world *world, enum round_phase phase)
{
    struct round record = record_of(world);
    for (unsigned server = 1; server <= world->terms.server_count; server++) {
        bool lies = !world->servers[server - 1].honest && one_in(world, 2);
        world->party.wrong_sums = lies ? world->party.wrong_sums | shamir_set_of(server)
                                       : world->party.wrong_sums & ~shamir_set_of(server);
    }
    for (unsigned server = 1; server <= world->terms.server_count; server++) {
        if (shamir_set_has(record.active & ~(uint32_t)record.posted, server)) {
            act(world, server, phase);
        }
    }
}

/* A pad that a server does not acknowledge is published by an honest model owner. */
static void deliver_pad(struct world *world)
{
    struct round record = record_of(world);
    if (!world->pad_honest || record.opened_height + 3 > world->chain.block.height) {
        return;
    }
    for (unsigned server = 1; server <= world->terms.server_count; server++) {
        if (shamir_set_has(record.active & ~(uint32_t)record.posted, server)) {
            round_fixture_publish(&world->party, ROUND_FIXTURE_PAD, server);
        }
    }
}

/* Whom multi-Krum takes of I, by the vectors themselves. */
static void expect_selection(struct world *world)
{
    const struct model_terms *terms = &world->terms;
    struct round record = record_of(world);
    unsigned owners[ROUND_FIXTURE_OWNERS];
    int64_t sketches[ROUND_FIXTURE_OWNERS][MARKET_ROWS_MAX];
    uint64_t distances[ROUND_FIXTURE_OWNERS * ROUND_FIXTURE_OWNERS] = {0};
    bool taken[ROUND_FIXTURE_OWNERS] = {false};
    unsigned count = round_fixture_accepted(&world->party, owners);
    const struct projection projection = {record.prove_beacon, terms->dimension,
                                          terms->sketch_rows};
    for (unsigned i = 0; i < count; i++) {
        projection_apply(sketches[i], &projection, world->party.owners[owners[i]].values);
    }
    for (unsigned a = 0; a < count; a++) {
        for (unsigned b = 0; b < count; b++) {
            for (unsigned w = 0; w < terms->sketch_rows; w++) {
                int64_t difference = sketches[a][w] - sketches[b][w];
                distances[a * count + b] += (uint64_t)(difference * difference);
            }
        }
    }
    memset(world->expected, 0, sizeof(world->expected));
    bool enough = selection_krum(taken, distances, count, terms->krum_faults, terms->krum_count);
    for (unsigned i = 0; enough && i < count; i++) {
        world->expected[owners[i]] = taken[i];
    }
}

static void step(struct world *world)
{
    struct round record = record_of(world);
    enum round_phase phase = (enum round_phase)record.phase;
    if (world->chain.block.height + 2 < record.deadline_height && one_in(world, 4)) {
        fixture_block(&world->chain); /* everybody is slow */
        return;
    }
    if (phase == PHASE_COMMIT) {
        enter(world);
    } else if (phase == PHASE_PROVE) {
        prove(world);
    } else if (phase == PHASE_PUBLISH) {
        publish(world);
    } else if (phase == PHASE_CLAIM) {
        claim(world);
    } else if (phase == PHASE_JUSTIFY) {
        justify(world);
    } else {
        if (phase == PHASE_PAD) {
            deliver_pad(world);
        }
        if (phase == PHASE_VALUES && world->terms.select_rule == SELECT_KRUM) {
            expect_selection(world);
        }
        servers_act(world, phase);
    }
    fixture_block(&world->chain);
}

/* ---- What must hold at the end */

static uint64_t last_deadline(const struct world *world)
{
    const struct model_terms *terms = &world->terms;
    uint64_t length = terms->pad_window + terms->commit_window + terms->prove_window +
                      terms->ack_window + terms->publish_window + terms->decide_window +
                      terms->fallback_window + terms->claim_window + terms->justify_window +
                      terms->values_window + terms->credit_window;
    /* DEAL begins anew for each server that can be spared, and once more; then CONFIRM. */
    length += (terms->server_count - 2U * terms->threshold + 1ULL) * terms->pad_window;
    /* Each leader that posts a wrong sum begins AGGREGATE anew: at most t, and the one that holds. */
    length += (terms->threshold + 1U) * (terms->aggregate_window + terms->check_window + 2ULL);
    return record_of(world).opened_height + length + 4;
}

static void check_owner(const struct world *world, unsigned owner, const struct round *record)
{
    const struct owner_plan *plan = &world->owners[owner];
    struct participant participant = round_fixture_participant(&world->party, owner);
    bool paid = participant.status == PARTICIPANT_PAID;
    ck_assert_uint_eq(participant.stake, 0);
    slashed_owners += participant.status == PARTICIPANT_SLASHED ? 1 : 0;
    bool refunded = participant.status == PARTICIPANT_REFUNDED && record->phase == PHASE_ABORTED;
    bool unselected =
        participant.status == PARTICIPANT_DROPPED && world->selected && !world->expected[owner];
    if (plan->person.honest) {
        ck_assert_msg(paid || refunded || unselected, "honest owner %u is %s", owner,
                      participant_status_name(participant.status));
    }
    ck_assert_msg(!paid || !world->selected || world->expected[owner], "owner %u was not taken",
                  owner);
    if (paid && record->phase == PHASE_SETTLED) {
        ck_assert_msg(plan->fault != OWNER_LARGE, "owner %u is above the bound", owner);
        ck_assert_msg(plan->fault != OWNER_INCONSISTENT ||
                          !shamir_set_has(record->active, world->terms.server_count),
                      "owner %u shared inconsistently", owner);
        for (unsigned server = 1; server <= world->terms.server_count; server++) {
            bool has = holds(world, owner, server) || shamir_set_has(plan->published, server);
            ck_assert_msg(has || !shamir_set_has(record->active, server) ||
                              !world->servers[server - 1].honest,
                          "honest server %u never got the share of owner %u", server, owner);
        }
    }
}

/* Did multi-Krum decide? With honest servers, all of them, it always does where the round came so far. */
static void check_selection(struct world *world, const struct round *record)
{
    struct market_key key;
    struct public_values values;
    key_public(&key, world->party.model, world->party.number);
    bool known = record_load(world->chain.state, &key, &public_values_schema, &values);
    world->selected = world->terms.select_rule == SELECT_KRUM && known;
    if (world->terms.select_rule != SELECT_KRUM || record->phase != PHASE_SETTLED) {
        return;
    }
    /* Owners who deliver nothing can have a server leave. */
    bool honest = record->active == (1U << world->terms.server_count) - 1;
    for (unsigned server = 0; server < world->terms.server_count; server++) {
        honest = honest && world->servers[server].honest;
    }
    ck_assert_msg(known || !honest, "no distances from honest servers");
    selection_counts[known ? 0 : 1]++;
    ck_assert(!known || record->accepted == world->terms.krum_count);
}

static void check_end(struct world *world)
{
    struct round record = record_of(world);
    check_selection(world, &record);
    convicted_dealers += shamir_set_count(record.misdealt);
    bool settled = record.phase == PHASE_SETTLED;
    ck_assert_msg(settled || record.phase == PHASE_ABORTED, "the round is in phase %s",
                  round_phase_name(record.phase));
    ended[settled ? 0 : 1]++;
    ck_assert_uint_eq(record.escrow, 0);
    ck_assert_uint_eq(record.stakes, 0);
    for (unsigned owner = 0; owner < world->party.joined; owner++) {
        check_owner(world, owner, &record);
    }
    for (unsigned server = 1; server <= world->terms.server_count; server++) {
        struct server state = fixture_server(&world->chain, server);
        convicted_servers += shamir_set_has(record.convicted, server) ? 1 : 0;
        if (world->servers[server - 1].honest) {
            ck_assert_msg(state.stake == FIXTURE_STAKE && state.penalties == 0,
                          "honest server %u lost stake, the round is %s", server,
                          abort_reason_name(record.abort_reason));
        }
    }
}

static void run(uint64_t seed)
{
    static struct world world;
    begin(&world, seed);
    uint64_t end = last_deadline(&world);
    while (record_of(&world).phase < PHASE_SETTLED && world.chain.block.height <= end) {
        step(&world);
    }
    check_end(&world);
    round_fixture_close(&world.party);
    market_fixture_close(&world.chain);
}

static uint64_t setting(const char *name, uint64_t fallback)
{
    const char *text = getenv(name); // NOLINT(concurrency-mt-unsafe): one thread here
    return text != NULL ? strtoull(text, NULL, 10) : fallback;
}

START_TEST(rounds_with_byzantine_parties_keep_their_promises)
{
    uint64_t first = setting("FIRST", 1);
    uint64_t count = setting("SEEDS", SEEDS);
    for (uint64_t seed = first; seed < first + count; seed++) {
        printf("%s%llu", seed == first ? "seed " : " ", (unsigned long long)seed);
        (void)fflush(stdout);
        run(seed);
    }
    printf(
        "\n%u rounds settled, %u aborted, %u owners slashed, %u servers convicted, %u of them as "
        "dealers; multi-Krum decided %u, %u had no distances\n",
        ended[0], ended[1], slashed_owners, convicted_servers, convicted_dealers,
        selection_counts[0], selection_counts[1]);
    if (count >= SEEDS) {
        ck_assert_uint_gt(ended[0], SEEDS / 4);
        ck_assert_uint_gt(ended[1], SEEDS / 20);
        ck_assert_uint_gt(slashed_owners, SEEDS / 10);
        ck_assert_uint_gt(convicted_servers, SEEDS / 20);
        ck_assert_uint_gt(convicted_dealers, SEEDS / 100);
        ck_assert_uint_gt(selection_counts[0], SEEDS / 20);
        ck_assert_uint_gt(selection_counts[1], SEEDS / 60);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rounds");
    tcase_add_test(tests, rounds_with_byzantine_parties_keep_their_promises);
    return check_run_within("simulated rounds", tests, 1800);
}
