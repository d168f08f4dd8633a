#include "market/rounds.h"

static void draw(struct round_work *work, struct hash *beacon, unsigned number)
{
    aggregate_beacon(beacon, number, &work->round.context, &work->block->parent_digest);
}

/* Beacon 1 is drawn for PROVE, 2 for DECIDE, 3 for CHECK: from the hash of a block that comes after
 * every message of the phase before it. */
void round_draw_beacon(struct round_work *work)
{
    struct round *round = &work->round;
    const struct model_terms *terms = &work->view.terms;
    assert(round->beacon_height + 1 == work->block->height);
    if (round->phase == PHASE_PROVE_BEACON) {
        draw(work, &round->prove_beacon, 1);
        work_enter(work, PHASE_PROVE, terms->prove_window);
    } else if (round->phase == PHASE_DECIDE_BEACON) {
        draw(work, &round->decide_beacon, 2);
        work_enter(work, PHASE_DECIDE, terms->decide_window);
    } else {
        assert(round->phase == PHASE_CHECK_BEACON);
        draw(work, &round->check_beacon, 3);
        work_enter(work, PHASE_CHECK, terms->check_window);
    }
}
