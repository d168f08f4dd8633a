#include "node/fetch.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define REFUSED_MAX 16

struct fetch_peer {
    bool validator;
    struct fetch_offer offers[FETCH_OFFERS_MAX];
    uint32_t offer_count;
    uint32_t asked;
    uint32_t late;
    uint64_t banned_until_ms;
};

enum part_state { PART_MISSING, PART_ASKED, PART_HERE };

struct part {
    uint8_t state;
    uint32_t peer;
    uint64_t id;
    uint64_t deadline_ms;
};

struct fetch {
    struct fetch_config config;
    struct fetch_peer *peers;
    uint32_t cursor;
    uint64_t last_id;
    struct fetch_offer chosen;
    bool manifest; /* the manifest is what is fetched: parts has one entry */
    struct part *parts;
    uint32_t part_count;
    uint32_t asked;
    uint32_t missing; /* not here, asked for or not */
    struct hash refused[REFUSED_MAX];
    uint32_t refused_count;
};

struct fetch *fetch_new(const struct fetch_config *config)
{
    struct fetch *fetch = memory_new(sizeof(*fetch));
    fetch->config = *config;
    fetch->peers = memory_new(config->peer_count * sizeof(*fetch->peers));
    return fetch;
}

void fetch_free(struct fetch *fetch)
{
    if (fetch != NULL) {
        free(fetch->parts);
        free(fetch->peers);
        free(fetch);
    }
}

/* Who offers what. */

void fetch_offers(struct fetch *fetch, uint32_t peer, bool validator,
                  const struct fetch_offer *offers, uint32_t count)
{
    assert(peer < fetch->config.peer_count && count <= FETCH_OFFERS_MAX);
    struct fetch_peer *one = &fetch->peers[peer];
    one->validator = validator;
    one->offer_count = count;
    memcpy(one->offers, offers, count * sizeof(*offers));
}

static bool same(const struct fetch_offer *a, const struct fetch_offer *b)
{
    return a->height == b->height && hash_equal(&a->hash, &b->hash);
}

static bool peer_offers(const struct fetch_peer *peer, const struct fetch_offer *offer)
{
    for (uint32_t i = 0; i < peer->offer_count; i++) {
        if (same(&peer->offers[i], offer)) {
            return true;
        }
    }
    return false;
}

static bool is_refused(const struct fetch *fetch, const struct fetch_offer *offer)
{
    for (uint32_t i = 0; i < fetch->refused_count; i++) {
        if (hash_equal(&fetch->refused[i], &offer->hash)) {
            return true;
        }
    }
    return false;
}

static uint32_t count_support(const struct fetch *fetch, const struct fetch_offer *offer)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < fetch->config.peer_count; i++) {
        const struct fetch_peer *peer = &fetch->peers[i];
        count += (uint32_t)(peer->validator && peer_offers(peer, offer));
    }
    return count;
}

uint32_t fetch_support(const struct fetch *fetch)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < fetch->config.peer_count; i++) {
        for (uint32_t j = 0; j < fetch->peers[i].offer_count; j++) {
            uint32_t count = count_support(fetch, &fetch->peers[i].offers[j]);
            most = count > most ? count : most;
        }
    }
    return most;
}

bool fetch_choose(const struct fetch *fetch, uint64_t height, struct fetch_offer *out)
{
    bool found = false;
    for (uint32_t i = 0; i < fetch->config.peer_count; i++) {
        for (uint32_t j = 0; j < fetch->peers[i].offer_count; j++) {
            const struct fetch_offer *offer = &fetch->peers[i].offers[j];
            if ((!found || offer->height > out->height) &&
                (height == 0 || offer->height == height) && !is_refused(fetch, offer) &&
                (height != 0 || count_support(fetch, offer) > fetch->config.fault_count)) {
                *out = *offer;
                found = true;
            }
        }
    }
    return found;
}

/* The parts. */

static void begin_parts(struct fetch *fetch, uint32_t count)
{
    free(fetch->parts);
    fetch->parts = memory_new(count * sizeof(*fetch->parts));
    fetch->part_count = count;
    fetch->missing = count;
    fetch->asked = 0;
    for (uint32_t i = 0; i < fetch->config.peer_count; i++) {
        fetch->peers[i].asked = 0;
    }
}

void fetch_begin(struct fetch *fetch, const struct fetch_offer *offer)
{
    fetch->chosen = *offer;
    fetch->manifest = true;
    begin_parts(fetch, 1);
}

void fetch_chunks(struct fetch *fetch, uint32_t count)
{
    fetch->manifest = false;
    begin_parts(fetch, count);
}

static void forget_request(struct fetch *fetch, struct part *part)
{
    assert(part->state == PART_ASKED);
    part->state = PART_MISSING;
    fetch->asked--;
    fetch->peers[part->peer].asked--;
}

static void ban(struct fetch *fetch, uint32_t peer, uint64_t now_ms)
{
    fetch->peers[peer].late = 0;
    fetch->peers[peer].banned_until_ms = now_ms + FETCH_BAN_MS;
}

void fetch_peer_down(struct fetch *fetch, uint32_t peer)
{
    assert(peer < fetch->config.peer_count);
    fetch->peers[peer].offer_count = 0;
    for (uint32_t i = 0; i < fetch->part_count; i++) {
        if (fetch->parts[i].state == PART_ASKED && fetch->parts[i].peer == peer) {
            forget_request(fetch, &fetch->parts[i]);
        }
    }
}

static void check_deadlines(struct fetch *fetch, uint64_t now_ms)
{
    for (uint32_t i = 0; fetch->asked > 0 && i < fetch->part_count; i++) {
        struct part *part = &fetch->parts[i];
        if (part->state != PART_ASKED || now_ms < part->deadline_ms) {
            continue;
        }
        forget_request(fetch, part);
        fetch->peers[part->peer].late++;
        if (fetch->peers[part->peer].late >= 2) {
            ban(fetch, part->peer, now_ms);
        }
    }
}

/* The one that has least to do of those that offer it, the next in turn among equals. */
static bool choose_peer(struct fetch *fetch, uint64_t now_ms, uint32_t *out)
{
    bool found = false;
    for (uint32_t i = 0; i < fetch->config.peer_count; i++) {
        uint32_t index = (fetch->cursor + i) % fetch->config.peer_count;
        const struct fetch_peer *peer = &fetch->peers[index];
        if (peer_offers(peer, &fetch->chosen) && peer->banned_until_ms <= now_ms &&
            peer->asked < FETCH_PEER_ASKED && (!found || peer->asked < fetch->peers[*out].asked)) {
            *out = index;
            found = true;
        }
    }
    return found;
}

bool fetch_next(struct fetch *fetch, uint64_t now_ms, struct fetch_request *out)
{
    uint32_t peer;
    uint32_t at = 0;
    check_deadlines(fetch, now_ms);
    while (at < fetch->part_count && fetch->parts[at].state != PART_MISSING) {
        at++;
    }
    if (at == fetch->part_count || fetch->asked >= FETCH_ASKED_MAX ||
        !choose_peer(fetch, now_ms, &peer)) {
        return false;
    }
    fetch->parts[at] =
        (struct part){PART_ASKED, peer, ++fetch->last_id, now_ms + fetch->config.timeout_ms};
    fetch->asked++;
    fetch->peers[peer].asked++;
    fetch->cursor = (peer + 1) % fetch->config.peer_count;
    *out = (struct fetch_request){peer, fetch->last_id, fetch->manifest ? FETCH_MANIFEST : at};
    return true;
}

bool fetch_answer(struct fetch *fetch, uint32_t peer, uint64_t id, struct fetch_request *out)
{
    for (uint32_t i = 0; i < fetch->part_count; i++) {
        struct part *part = &fetch->parts[i];
        if (part->state == PART_ASKED && part->id == id && part->peer == peer) {
            forget_request(fetch, part);
            fetch->peers[peer].late = 0;
            *out = (struct fetch_request){peer, id, fetch->manifest ? FETCH_MANIFEST : i};
            return true;
        }
    }
    return false;
}

void fetch_got(struct fetch *fetch, uint32_t part)
{
    struct part *one = &fetch->parts[part == FETCH_MANIFEST ? 0 : part];
    assert(one->state == PART_MISSING);
    one->state = PART_HERE;
    fetch->missing--;
}

void fetch_failed(struct fetch *fetch, const struct fetch_request *request, uint64_t now_ms)
{
    ban(fetch, request->peer, now_ms);
}

uint32_t fetch_missing(const struct fetch *fetch)
{
    return fetch->missing;
}

bool fetch_complete(const struct fetch *fetch)
{
    return !fetch->manifest && fetch->part_count > 0 && fetch->missing == 0;
}

void fetch_refuse(struct fetch *fetch)
{
    if (fetch->refused_count == REFUSED_MAX) {
        fetch->refused_count--;
        memmove(fetch->refused, fetch->refused + 1, fetch->refused_count * sizeof(struct hash));
    }
    fetch->refused[fetch->refused_count++] = fetch->chosen.hash;
    fetch->part_count = 0;
    fetch->missing = 0;
    fetch->asked = 0;
    for (uint32_t i = 0; i < fetch->config.peer_count; i++) {
        fetch->peers[i].asked = 0;
    }
}
