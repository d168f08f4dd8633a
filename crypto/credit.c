#include "crypto/credit.h"

__extension__ typedef __int128 credit_wide;

/* <A, A>. False where it is 2^126 or more: no sum of credits, but a leader may have posted anything. */
static bool squared(credit_wide *out, const uint64_t *aggregate, size_t dimension)
{
    field_wide sum = 0;
    field_wide limit = (field_wide)1 << 126;
    for (size_t k = 0; k < dimension; k++) {
        int64_t value = field_to_signed(aggregate[k]);
        uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
        sum += (field_wide)magnitude * magnitude; /* below 2^126 each */
        if (sum >= limit) {
            return false;
        }
    }
    *out = (credit_wide)sum;
    return true;
}

bool credit_check(const int64_t *credits, size_t owner_count, const uint64_t *aggregate,
                  size_t dimension)
{
    credit_wide sum = 0;
    credit_wide expected;
    for (size_t i = 0; i < owner_count; i++) {
        sum += credits[i];
    }
    return squared(&expected, aggregate, dimension) && sum == expected;
}

uint64_t credit_split(uint64_t *shares, const int64_t *credits, size_t owner_count, uint64_t reward)
{
    field_wide total = 0;
    uint64_t left = reward;
    for (size_t i = 0; i < owner_count; i++) {
        total += credits[i] > 0 ? (uint64_t)credits[i] : 0;
    }
    for (size_t i = 0; i < owner_count; i++) {
        field_wide weight = credits[i] > 0 ? (uint64_t)credits[i] : 0;
        shares[i] = total == 0 ? 0 : (uint64_t)(reward * weight / total);
        left -= shares[i];
    }
    return left;
}
