#include "market/refusals.h"

#include "market/operands.h"

#define MARKET_REFUSAL_TEXT(name, number, sentence) {(number), #name, (sentence)},
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
