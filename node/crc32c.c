#include "node/crc32c.h"

#include <pthread.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u
#define CRC32C_SLICES     8u

static uint32_t table[CRC32C_SLICES][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ CRC32C_POLYNOMIAL : crc >> 1;
        }
        table[0][i] = crc;
    }
    for (uint32_t slice = 1; slice < CRC32C_SLICES; slice++) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t crc = table[slice - 1][i];
            table[slice][i] = crc >> 8 ^ table[0][crc & 0xff];
        }
    }
}

/* Eight bytes at a time by eight tables ("slicing-by-8", Kounavis and Berry 2005). */
static uint32_t add_eight(uint32_t crc, const uint8_t *p)
{
    crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return table[7][crc & 0xff] ^ table[6][crc >> 8 & 0xff] ^ table[5][crc >> 16 & 0xff] ^
           table[4][crc >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
}

uint32_t crc32c_add(uint32_t crc, struct bytes data)
{
    pthread_once(&table_once, make_table);
    crc = ~crc;
    size_t i = 0;
    for (; i + 8 <= data.size; i += 8) {
        crc = add_eight(crc, data.data + i);
    }
    for (; i < data.size; i++) {
        crc = crc >> 8 ^ table[0][(crc ^ data.data[i]) & 0xff];
    }
    return ~crc;
}
