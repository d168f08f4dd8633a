#include "market/rounds.h"

/* Beacon 2 is drawn for DECIDE, beacon 3 for CHECK: from the hash of a block that comes after every
 * message of the phase before it. */
void round_draw_beacon(struct round_work *work)
{
    struct round *round = &work->round;
    const struct model_terms *terms = &work->view.terms;
    bool decide = round->phase == PHASE_DECIDE_BEACON;
    assert(decide || round->phase == PHASE_CHECK_BEACON);
    assert(round->beacon_height + 1 == work->block->height);
    aggregate_beacon(decide ? &round->decide_beacon : &round->check_beacon, decide ? 2 : 3,
                     &round->context, &work->block->parent_digest);
    if (decide) {
        work_enter(work, PHASE_DECIDE, terms->decide_window);
    } else {
        work_enter(work, PHASE_CHECK, terms->check_window);
    }
}
