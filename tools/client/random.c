#include "tools/client/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void random_fill(void *out, size_t size)
{
    uint8_t *next = out;
    while (size > 0) {
        ssize_t got = getrandom(next, size, 0);
        if (got < 0) {
            perror("getrandom");
            _exit(EXIT_FAILURE);
        }
        next += got;
        size -= (size_t)got;
    }
}

void random_secret_key(struct secret_key *out)
{
    uint8_t bytes[32];
    do {
        random_fill(bytes, sizeof(bytes));
    } while (!secret_key_init(out, bytes));
    explicit_bzero(bytes, sizeof(bytes));
}
