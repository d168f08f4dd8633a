/* What the market keeps in the state: one record type for each kind of key.
 *
 * Keys are a kind byte and big-endian ids, so that a scan by prefix is in order of id. Every record of
 * several fields is a schema, so wallets, explorers and proofs read what validators write; the others
 * are a number, an address, a bitmap or plain bytes, as enum market_key_kind says. */
#ifndef MARKET_RECORDS_H
#define MARKET_RECORDS_H

#include "base/schema.h"
#include "crypto/address.h"
#include "vm/state.h"

#define MARKET_SERVERS_MAX      10    /* S of one model */
#define MARKET_OWNERS_MAX       2000  /* of one round: 16 bytes for each fit in one program */
#define MARKET_TEXT_MAX         128   /* characters of names and endpoints */
#define MARKET_POLICY_MAX       16384 /* bytes of a policy program */
#define MARKET_TERMS_MAX        20000 /* bytes of encoded terms */
#define MARKET_DIMENSION_MIN    64    /* elements of an update */
#define MARKET_DIMENSION_MAX    (UINT32_C(1) << 24) /* an aggregate is one blob at most */
#define MARKET_PAIRS_OWNERS_MAX 80       /* owners_max with MODE_PAIRS: values fit in a program */
#define MARKET_ROWS_MIN         80       /* r: projection rows of the norm proof */
#define MARKET_ROWS_MAX         512      /* r and k */
#define MARKET_BOUND_MAX        30854650 /* B: its proof has no wrap-around up to here (2^28 / 8.7) */
#define MARKET_PROOF_MAX        1024     /* bytes of a norm proof: 912 at the largest dimension */
#define MARKET_DEAL_MAX         18816  /* bytes that one server deals: 84 sets, S = 10 and t = 3 */
#define MARKET_PAD_SEAT         0xffff /* stands for the pad where a seat is named */
#define MARKET_JUSTIFY_MAX      3      /* disputes a server must refute in one round */
#define MARKET_ROUNDS_OPEN_MAX  256    /* on the whole chain: bounds the work of one block */
#define MARKET_ROUNDS_OF_ONE    32     /* open rounds of one publisher's models */

/* What an account may do; a mask. Every account may transfer. */
enum role {
    ROLE_ADMIN = 1,       /* grant and revoke roles */
    ROLE_PUBLISHER = 2,   /* publish models and open rounds */
    ROLE_CONTRIBUTOR = 4, /* join rounds */
    ROLE_SERVER = 8,      /* register as an aggregation server */
};
#define ROLE_ALL 15

enum market_key_kind {
    KEY_CHAIN = 0x00,        /* -> struct chain_record */
    KEY_ACCOUNT = 0x01,      /* address -> struct account */
    KEY_SERVER = 0x02,       /* address -> struct server */
    KEY_SERVER_INDEX = 0x03, /* u32 -> address */
    KEY_MODEL = 0x04,        /* u64 -> struct model */
    KEY_ROUND = 0x05,        /* u64 model, u32 round -> struct round */
    KEY_PARTICIPANT = 0x06,  /* model, round, u16 index -> struct participant */
    KEY_SEAT = 0x07,         /* model, round, address -> u16 index */
    KEY_EPHEMERAL = 0x08,    /* 32-byte x-only key -> empty: it was used */
    KEY_DEADLINE = 0x09,     /* u64 height -> u32 count; height, u32 sequence -> struct deadline */
    KEY_PARAMETERS = 0x0a,   /* -> struct parameters */
    KEY_ACK = 0x0b,          /* model, round, u8 server -> bitmap */
    KEY_VALUES = 0x0c,       /* model, round, u8 server -> fallback values */
    /* 0x0d held parts of an aggregate; not used again. */
    KEY_PUBLISHER = 0x0e, /* address -> u32 open rounds of its models; absent: none */
    KEY_PROOF = 0x0f,     /* model, round, u16 index -> struct proof_record, until the round ends */
    KEY_PAD = 0x10,       /* model, round -> struct pad, until the round ends */
    KEY_DISPUTE = 0x11,   /* model, round, u16 index -> struct dispute, until JUSTIFY ends */
    KEY_PUBLISHED = 0x12, /* model, round, u16 index -> struct published, until PUBLISH ends */
    KEY_PUBLIC = 0x13,    /* model, round -> struct public_values, in the order of owner keys */
    KEY_DEAL = 0x14,      /* model, round, u8 server -> struct deal, until CONFIRM ends */
    /* 0x20 .. 0x2f: market/governance_records.h */
};

/* Rules of the chain, from genesis. */
struct parameters {
    struct address treasury;      /* receives forfeited stakes and penalties */
    uint64_t gas_price_min;       /* units for one gas */
    uint64_t gas_per_transaction; /* base cost: the signature */
    uint64_t gas_per_byte;        /* of transaction and sidecar; an eighth for those of a blob */
    uint64_t gas_limit_max;       /* of one transaction, and of all of a block together */
    uint64_t server_stake_min;    /* units */
    uint64_t server_penalty;      /* units for a missed or a wrong value; at most the stake */
    uint32_t window_min;          /* heights; every window of a round is at least this long */
    uint32_t window_max;          /* heights */
    uint64_t block_bytes_max;     /* of a block's body */
    uint32_t block_transactions_max;
    uint32_t empty_block_interval_ms; /* while a deadline or an uncertified root is pending */
};

struct chain_record {
    uint64_t supply;      /* units; never changes after genesis */
    uint64_t model_count; /* models are 1 .. model_count */
    uint32_t server_count;
    uint32_t admin_count;
    uint64_t rounds_open; /* rounds with a pending deadline: the chain must make blocks */
};

struct account {
    uint64_t balance; /* units */
    uint64_t nonce;   /* of the next transaction */
    uint8_t roles;    /* mask of enum role */
};

struct server {
    uint32_t index;              /* position in KEY_SERVER_INDEX */
    struct point encryption_key; /* PK_j */
    uint64_t stake;              /* units; penalties are taken from it */
    uint64_t fee_min;            /* units: least server_fee of models that name it */
    uint32_t models_active;      /* open models that name it; it may leave at 0 */
    uint32_t penalties;          /* times it was penalised */
    bool registered;             /* false after it left */
    struct bytes endpoint;       /* "http://host:port" */
};

enum model_status { MODEL_OPEN, MODEL_CLOSED };
enum reward_rule {
    REWARD_EQUAL,  /* the same to every accepted owner; the remainder to the model owner */
    REWARD_POLICY, /* by the model's policy program */
    REWARD_CREDIT, /* in proportion to max(credit, 0); needs MODE_CREDIT */
};

/* What a round has beside the norm proof, pv-snip.md section 6; a mask, `modes` of Params. */
enum round_mode {
    MODE_PAD = 1,           /* 6a: the model owner adds a pad, and alone reads the sum */
    MODE_SCORE = 2,         /* 6b: VALUES have <g0, x_i> */
    MODE_DISTANCE = 4,      /* 6c: VALUES have |x_i - g0|^2 */
    MODE_PAIRS = 8,         /* 6c: VALUES have sketch distances |P (x_a - x_b)|^2, of degree 2t */
    MODE_CREDIT = 16,       /* 6d: CREDITS have <x_i, A>; not with MODE_PAD */
    MODE_VALUES_ABORT = 32, /* VALUES that do not decode abort the round; else they are skipped */
};
#define MODE_ALL    63
#define MODE_VALUES (MODE_SCORE | MODE_DISTANCE | MODE_PAIRS) /* these have PHASE_VALUES */

/* Which owners stay in I after VALUES. */
enum select_rule {
    SELECT_ALL,
    SELECT_KRUM,  /* multi-Krum with krum_faults and krum_count; needs MODE_PAIRS */
    SELECT_SIGMA, /* distance at most mu + lambda sigma; needs MODE_DISTANCE or MODE_PAIRS */
};

/* What a model owner offers; fixed when the model is published. */
struct model_terms {
    struct bytes name;
    uint32_t dimension;   /* d: elements of an update */
    uint8_t scale_bits;   /* q: an update is round(value * 2^q) */
    uint32_t norm_bound;  /* B: largest |x|_2 in steps; 1 .. MARKET_BOUND_MAX */
    uint16_t rows;        /* r: projection rows of the norm proof */
    uint16_t sketch_rows; /* k >= r: rows of the sketch; r without MODE_PAIRS */
    uint32_t modes;       /* mask of enum round_mode */
    uint8_t threshold;    /* t: servers that may collude or lie */
    uint16_t owners_min;  /* of a round; at least 3 */
    uint16_t owners_max;
    uint32_t rounds;      /* paid for by the escrow */
    uint64_t reward;      /* units for the owners of one round together */
    uint64_t server_fee;  /* units for each server of one round */
    uint64_t owner_stake; /* units to join a round */
    uint64_t publish_cap; /* pub_cap: bytes of ciphertexts published in one round */
    uint32_t pad_window;  /* heights of the phases, each at least parameters.window_min; this one of
                             PAD, of DEAL and of CONFIRM */
    uint32_t commit_window;
    uint32_t prove_window;
    uint32_t ack_window;
    uint32_t publish_window; /* at least 10 + publish_cap / parameters.block_bytes_max */
    uint32_t decide_window;
    uint32_t fallback_window;
    uint32_t claim_window;
    uint32_t justify_window;
    uint32_t values_window;
    uint32_t aggregate_window; /* shared by the leaders in turn */
    uint32_t check_window;
    uint32_t credit_window;
    struct hash reference;    /* blob of g0, 8 d bytes; zero where nothing needs it */
    uint8_t reference_test;   /* enum norm_reference, 6b: every accepted owner passes it */
    uint8_t reference_bits;   /* kc; this and what follows are 0 where the test has no use for it */
    uint8_t reference_drop;   /* s */
    uint8_t reference_rest;   /* kw */
    uint64_t kappa;           /* of the cosine test */
    uint64_t reference_score; /* T0 of the inner test */
    uint8_t select_rule;      /* enum select_rule */
    uint16_t krum_faults;     /* f_K; 0 without SELECT_KRUM */
    uint16_t krum_count;      /* m_K; 0 without SELECT_KRUM */
    uint16_t sigma_lambda;    /* lambda in 1/256; 0 without SELECT_SIGMA */
    uint8_t reward_rule;      /* enum reward_rule */
    struct bytes policy;      /* vm program, for REWARD_POLICY; else empty */
    struct address servers[MARKET_SERVERS_MAX]; /* server j = 1 .. S is servers[j - 1] */
    uint32_t server_count;                      /* S >= 2t + 1 */
};

struct model {
    uint64_t id;
    struct address owner;
    uint8_t status;  /* enum model_status */
    uint64_t escrow; /* units left for rounds not yet settled */
    uint32_t rounds_opened;
    uint32_t rounds_settled;
    bool round_open;    /* round number rounds_opened has not ended */
    struct bytes terms; /* BCS of struct model_terms */
};

enum round_phase {
    PHASE_PAD,     /* MODE_PAD only: servers acknowledge the pad before owners join */
    PHASE_DEAL,    /* MODE_PAIRS only: servers deal the keys of their zero sharings */
    PHASE_CONFIRM, /* MODE_PAIRS only: servers say that they have theirs */
    PHASE_COMMIT,
    PHASE_PROVE_BEACON, /* waits for the block hash that becomes beacon 1 */
    PHASE_PROVE,
    PHASE_ACK,
    PHASE_PUBLISH,       /* where something was not acknowledged */
    PHASE_DECIDE_BEACON, /* waits for beacon 2 */
    PHASE_DECIDE,
    PHASE_FALLBACK, /* where the batch does not hold */
    PHASE_CLAIM,    /* where disputes need the owners' word */
    PHASE_JUSTIFY,  /* where servers are blamed */
    PHASE_VALUES,   /* MODE_VALUES only */
    PHASE_AGGREGATE,
    PHASE_CHECK_BEACON, /* waits for beacon 3 */
    PHASE_CHECK,
    PHASE_CREDITS, /* MODE_CREDIT only */
    PHASE_SETTLED,
    PHASE_ABORTED,
};

enum abort_reason {
    ABORT_NONE,
    ABORT_TOO_FEW_OWNERS,
    ABORT_TOO_FEW_SERVERS,
    ABORT_NO_AGGREGATE,   /* no leader posted an aggregate that held */
    ABORT_INCONSISTENT,   /* values that fit no polynomial, and no liar can be named */
    ABORT_TOO_MANY_LIARS, /* more than t servers were proven to lie */
    ABORT_PAD,            /* the pad was not delivered, or is not one polynomial */
    ABORT_PUBLISH_CAP,    /* more was published than publish_cap, and no server can be spared */
    ABORT_VALUES,         /* values of section 6 did not decode, and MODE_VALUES_ABORT is set */
    ABORT_FORK,           /* the chain goes on from its state as another one */
};

struct round {
    uint64_t model;
    uint32_t number;      /* 1 .. terms.rounds */
    uint8_t phase;        /* enum round_phase */
    uint8_t abort_reason; /* enum abort_reason */
    uint64_t opened_height;
    uint64_t phase_height;    /* block that closed the phase before: windows count from it */
    uint64_t deadline_height; /* last height at which this phase takes messages; of a beacon phase:
                                 the block that draws it, beacon_height + 1 */
    uint64_t beacon_height;   /* block whose hash is the beacon awaited or used */
    struct hash context;      /* ctx of pv-snip.md section 3 */
    struct hash model_root;   /* blob of the model that owners train on */
    uint32_t model_size;      /* bytes */
    uint16_t joined;
    uint16_t committed;
    uint16_t proved;
    uint16_t accepted;         /* |I|, from PHASE_DECIDE_BEACON on */
    uint16_t active;           /* Q, mask: bit j - 1 is server j */
    uint16_t posted;           /* servers of Q that posted in this phase, mask */
    uint16_t convicted;        /* servers proven to lie in this round, mask */
    uint16_t dealt;            /* Q when the keys of MODE_PAIRS were dealt, mask; 0: they are not */
    uint16_t misdealt;         /* dealers proven to have dealt falsely, mask */
    uint8_t liars;             /* f: their number */
    uint8_t leader;            /* j of the first leader in PHASE_AGGREGATE, then of who posted A */
    uint64_t published;        /* bytes of ciphertexts published */
    uint32_t missing;          /* in PUBLISH: ciphertexts neither acknowledged nor published */
    bool pad_guilty;           /* the model owner is proven to have shared no pad */
    uint16_t disputes;         /* owners in dispute that are not resolved, in CLAIM and JUSTIFY */
    struct hash prove_beacon;  /* B1, from PHASE_PROVE on */
    struct hash decide_beacon; /* B2, from PHASE_DECIDE on */
    struct hash check_beacon;  /* B3, from PHASE_CHECK on */
    struct hash aggregate_root;             /* blob of A, once posted */
    uint32_t aggregate_size;                /* bytes */
    uint64_t escrow;                        /* units held for this round: reward and fees */
    uint64_t stakes;                        /* units of owners' stakes held */
    uint8_t refuted[MARKET_SERVERS_MAX];    /* disputes in which server j was right, at [j-1] */
    uint8_t values[MARKET_SERVERS_MAX][16]; /* K element of server j in this phase */
    uint32_t value_count;                   /* always MARKET_SERVERS_MAX */
};

enum participant_status {
    PARTICIPANT_JOINED,
    PARTICIPANT_COMMITTED,
    PARTICIPANT_PROVED,
    PARTICIPANT_ACCEPTED,  /* in I */
    PARTICIPANT_DROPPED,   /* stake back, but for the fee of who never proved */
    PARTICIPANT_FORFEITED, /* joined, never committed: stake lost */
    PARTICIPANT_SLASHED,   /* proven to be wrong: stake lost */
    PARTICIPANT_PAID,
    PARTICIPANT_REFUNDED, /* the round was aborted */
};

struct participant {
    struct address owner;
    struct public_key owner_key; /* x-only identity key, as in ctx and PoK */
    uint8_t status;              /* enum participant_status */
    uint64_t stake;              /* units held */
    uint64_t committed_height;
    struct public_key ephemeral; /* EK_i */
    struct hash root;            /* root_i */
    uint64_t paid;               /* units */
};

/* What an owner proved in this round: KEY_PROOF. */
struct proof_record {
    uint8_t claim[16];  /* K: the claim that the replay of the sumcheck ends with */
    struct bytes proof; /* as posted: norm_proof_write() of crypto/norm_proof.h */
};

/* The model owner's contribution under MODE_PAD: KEY_PAD. */
struct pad {
    struct public_key owner_key;            /* of the model owner, "owner 0" of the specification */
    struct public_key ephemeral;            /* EK_0 */
    struct hash root;                       /* root_0 */
    struct hash root2;                      /* root2_0, over a beacon of zeros */
    uint8_t nonce[16];                      /* nonce2 */
    uint8_t values[MARKET_SERVERS_MAX][16]; /* f_0j, posted with E_j */
    uint32_t value_count;                   /* always MARKET_SERVERS_MAX */
};

/* What a server dealt under MODE_PAIRS: KEY_DEAL. */
struct deal {
    struct public_key dealer_key; /* of its account */
    struct public_key ephemeral;  /* EK */
    struct bytes keys;            /* crypto/zero_deal.h */
};

/* An owner whose values e_ij fit no polynomial, or the pad whose f_0j do not: KEY_DISPUTE. */
struct dispute {
    uint16_t posted; /* P: servers whose values are in dispute, mask */
    uint16_t blamed; /* who must justify, mask; 0 until the owner claimed */
    bool named;      /* the decoding named the blamed: pv-snip.md 4.3, case 1 */
    bool claimed;    /* the owner claimed: case 2 */
    bool resolved;   /* the owner was dropped or slashed, or every blamed server convicted */
    uint8_t values[MARKET_SERVERS_MAX][16]; /* e_ij as the servers posted it */
    uint32_t value_count;                   /* always MARKET_SERVERS_MAX */
};

/* Ciphertexts of an owner that it published: KEY_PUBLISHED. */
struct published {
    uint16_t servers; /* mask */
};

/* Verified values of the accepted owners, signed, in the order of their keys: KEY_PUBLIC. Lists that
 * the round does not have are empty. */
struct public_values {
    struct bytes owners;    /* u16 seats: whose values these are */
    struct bytes scores;    /* i64: <g0, x_i> */
    struct bytes distances; /* u64: |x_i - g0|^2, or the sketch distance to the mean times k */
    struct bytes credits;   /* i64: <x_i, A> */
};

struct deadline {
    uint64_t model;
    uint32_t round;
};

extern const struct schema parameters_schema, chain_record_schema, account_schema, server_schema,
    model_terms_schema, model_schema, round_schema, participant_schema, deadline_schema,
    proof_record_schema, pad_schema, deal_schema, dispute_schema, published_schema,
    public_values_schema;

/* Names of the enumerations, for people: "commit", "too few owners". NULL for unknown values. */
const char *round_phase_name(uint8_t phase);
const char *abort_reason_name(uint8_t reason);
const char *participant_status_name(uint8_t status);

/* Build a key in a fixed buffer. */
struct market_key {
    uint8_t data[STATE_KEY_MAX];
    size_t size;
};

/* The parts of a key: its kind, then ids of `size` bytes, big-endian. */
void key_begin(struct market_key *out, uint8_t kind);
void key_add(struct market_key *out, uint64_t value, size_t size);
void key_add_bytes(struct market_key *out, const uint8_t *data, size_t size);

void key_chain(struct market_key *out);
void key_parameters(struct market_key *out);
void key_account(struct market_key *out, const struct address *address);
void key_server(struct market_key *out, const struct address *address);
void key_server_index(struct market_key *out, uint32_t index);
void key_model(struct market_key *out, uint64_t model);
void key_round(struct market_key *out, uint64_t model, uint32_t round);
void key_participant(struct market_key *out, uint64_t model, uint32_t round, uint16_t index);
void key_seat(struct market_key *out, uint64_t model, uint32_t round, const struct address *owner);
void key_ephemeral(struct market_key *out, const struct public_key *ephemeral);
void key_deadline_count(struct market_key *out, uint64_t height);
void key_deadline(struct market_key *out, uint64_t height, uint32_t sequence);
void key_ack(struct market_key *out, uint64_t model, uint32_t round, uint8_t server);
void key_values(struct market_key *out, uint64_t model, uint32_t round, uint8_t server);
void key_publisher(struct market_key *out, const struct address *publisher);
void key_proof(struct market_key *out, uint64_t model, uint32_t round, uint16_t index);
void key_pad(struct market_key *out, uint64_t model, uint32_t round);
void key_deal(struct market_key *out, uint64_t model, uint32_t round, uint8_t server);
void key_dispute(struct market_key *out, uint64_t model, uint32_t round, uint16_t index);
void key_published(struct market_key *out, uint64_t model, uint32_t round, uint16_t index);
void key_public(struct market_key *out, uint64_t model, uint32_t round);
struct bytes key_bytes(const struct market_key *key);

/* Load and store whole records. Loading returns false and zeros where the key is absent; a record
 * that is there decodes, or the state is corrupt: asserted. Byte strings of a loaded record are
 * borrowed until the next write. */
bool record_load(struct state *state, const struct market_key *key, const struct schema *schema,
                 void *out);
void record_store(struct state *state, const struct market_key *key, const struct schema *schema,
                  const void *record);
void record_erase(struct state *state, const struct market_key *key);

/* The same for a key whose whole value is a number; 0 where it is absent. */
uint32_t record_load_count(struct state *state, const struct market_key *key);
void record_store_count(struct state *state, const struct market_key *key, uint32_t count);

#endif /* MARKET_RECORDS_H */
