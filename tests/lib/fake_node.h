/* A node that knows what a test told it: HTTP and JSON-RPC on a free port of the loopback, in a
 * thread. For the tests of what clients do with answers, right and wrong. */
#ifndef TESTS_LIB_FAKE_NODE_H
#define TESTS_LIB_FAKE_NODE_H

#include <pthread.h>

#include "market/records.h"

#define FAKE_NODE_RECORDS_MAX 16
#define FAKE_NODE_ANSWERS_MAX 8

struct fake_node {
    char url[64];
    int listener;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    struct {
        struct market_key key;
        struct buffer value;
    } records[FAKE_NODE_RECORDS_MAX];
    size_t record_count;
    struct {
        const char *method;
        const char *body;
    } answers[FAKE_NODE_ANSWERS_MAX];
    size_t answer_count;
};

void fake_node_open(struct fake_node *node);
void fake_node_close(struct fake_node *node);

/* Set a record, which state_get answers. */
void fake_node_put(struct fake_node *node, const struct market_key *key,
                   const struct schema *schema, const void *record);
void fake_node_put_bytes(struct fake_node *node, const struct market_key *key, struct bytes value);

/* From now on a call of `method` is answered by `body`, whatever it is; texts are borrowed. */
void fake_node_answer(struct fake_node *node, const char *method, const char *body);

#endif /* TESTS_LIB_FAKE_NODE_H */
