#include "tests/lib/refusals.h"

#include <check.h>
#include <string.h>

static bool seen[1000];

void refusals_saw(uint16_t code)
{
    seen[code] = true;
}

void refusals_expect(struct market_fixture *chain, enum market_refusal_code code, int account,
                     uint8_t native, const void *operand, struct bytes sidecar)
{
    struct hash before = chain->state_root;
    uint64_t height = chain->block.height;
    uint16_t got = fixture_try(chain, account, native, operand, sidecar);
    ck_assert_msg(got == code, "native %u: code %u, expected %u", native, got, (unsigned)code);
    refusals_saw(got);
    ck_assert_uint_eq(fixture_receipt(chain, 0).events.size, 0);
    ck_assert(!hash_equal(&before, &chain->state_root)); /* nonce and fee */
    ck_assert_uint_eq(chain->block.height, height + 1);
}

static enum refusals_topic topic_of(const struct refusal_text *text)
{
    if (text->code >= REFUSAL_NO_VOICE) {
        return REFUSALS_OF_GOVERNANCE;
    }
    bool published = text->code >= REFUSAL_MODEL_UNKNOWN && text->code <= REFUSAL_MODEL_HAS_ROUND;
    return strncmp(text->name, "MODEL_", 6) == 0 && !published ? REFUSALS_OF_TERMS
                                                               : REFUSALS_OF_ROUNDS;
}

void refusals_check(enum refusals_topic topic)
{
    size_t count;
    const struct refusal_text *texts = market_refusal_texts(&count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(topic_of(&texts[i]) != topic || seen[texts[i].code], "%s was never produced",
                      texts[i].name);
    }
}
