#include "market/refusals.h"

#include "market/operands.h"

/* Sentences about the phase of a round say its name. */
#define ABOUT_PHASE(number)                                                                        \
    ((number) == REFUSAL_ROUND_PHASE_WRONG || (number) == REFUSAL_JOIN_LATE ||                     \
     (number) == REFUSAL_COMMIT_LATE)
#define MARKET_REFUSAL_TEXT(name, number, sentence)                                                \
    {(number), #name, (sentence), ABOUT_PHASE(number) ? round_phase_name : NULL},
static const struct refusal_text texts[] = {MARKET_REFUSAL_LIST(MARKET_REFUSAL_TEXT)};
#undef MARKET_REFUSAL_TEXT

const struct refusal_text *market_refusal_texts(size_t *count)
{
    *count = ARRAY_COUNT(texts);
    return texts;
}

bool refuse(struct native_call *call, enum market_refusal_code code, uint64_t got, uint64_t want)
{
    return native_refuse(call, (uint16_t)code, got, want);
}
